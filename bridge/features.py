"""What people can ask of Hubbub and do through it besides talking, built on the relay."""

import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping

from bridge.archive.service.archiving import Archiving

from .adapter import Adapter
from .announce import Lists
from .compose.forging import whole
from .config import Config
from .direct import DirectTalks
from .identity import safe_name
from .instructions import Asked, Instructions, Who
from .language import Locale
from .model import RoomId, Support, UserId, Whisper
from .moderation import Moderation
from .notices import OwnersVoice, Teller
from .presence import PuppetPresence
from .relay import Router
from .relay.onlookers import Onlookers

__all__ = ["Features"]


class Features:
    """All of them; they hear what counts only now, and are `observers` of what is taken."""

    def __init__(
        self,
        router: Router,
        teller: Teller,
        adapter: Callable[[str], Adapter],
        config: Callable[[], Config],
    ) -> None:
        """`adapter` gives the adapter of a network that runs, `config` the configuration that is followed."""
        self._router = router
        self._announcer = teller.announcer
        self._adapter = adapter
        who = Who(self._announcer.sources, self._members, self._announcer.place)
        direct = DirectTalks(router, self._answer)
        archive = self.archive = Archiving(router, teller, config)
        lists = self.lists = Lists(router, self._answer, config)
        known = [who, *direct.instructions, *archive.instructions, *lists.instructions]
        clock = router.journal.clock
        instructions = Instructions(known, self._place, self._answer, clock, self._theirs)
        self.observers = (instructions,)
        direct.instruct = instructions.hear
        presence = self._presence = PuppetPresence(router)
        self.moderation = Moderation(router, self._announcer.place, self._tell, presence.left)
        router.hears += (
            lists.hear,
            direct.hear,
            instructions.hear,
            self.moderation.hear,
            presence.hear,
            archive.hear,
        )
        self.voice = OwnersVoice(router.rooms)
        self.onlookers = Onlookers(router.rooms)
        teller.many_lost.append(self.onlookers.lost)
        router.strays, router.instructs = direct.strays, instructions.asks
        router.rooms.opened.append(archive.follow_opened)
        router.rooms.forgets, router.rooms.archived = archive.forgetting.forget, archive.told_first
        router.rooms.followed += (self.moderation.follow, direct.follow, archive.follow, lists.follow)

    def patrol(self) -> None:
        """Look after what changes with time: every few seconds."""
        self.moderation.patrol()
        self._presence.patrol()
        self.archive.patrol()
        self.lists.patrol()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do what goes on beside the relay while in this context."""
        async with self.lists.running(), self.archive.running():
            yield

    def _place(self, network: str, room: RoomId) -> tuple[int, Locale] | None:
        worker = self._router.rooms.by_name.get((network, room))
        if worker is None or not worker.room.adapter.instructed:
            return None
        if worker.composer.view.show.instructions == "off":
            return None
        return worker.room.number, worker.composer.view.locale

    def _theirs(self, network: str, room: RoomId) -> Mapping[str, str]:
        """Return what the networks that hear a room answer there themselves, by the names of that."""
        source = self._router.rooms.directory.routes.sources.get((network, room))
        hearing = [self._router.workers.get(number) for number in source.rooms] if source is not None else []
        return {
            name: told
            for worker in hearing
            if worker is not None
            for name, told in worker.room.adapter.answers(worker.room.id).items()
        }

    def _members(self, number: int) -> Collection[str]:
        worker = self._router.workers.get(number)
        return worker.room.adapter.members(worker.room.id) if worker is not None and worker.joined else ()

    def _tell(self, number: int, user: UserId, told: Callable[[Locale], str]) -> None:
        """Tell somebody something: alone where that can be, and else the room that they spoke in."""
        worker = self._router.workers.get(number)
        locale = self._announcer.locale(number)
        if worker is None or locale is None or not worker.joined:
            return
        room, adapter = worker.room.id, worker.room.adapter
        if adapter.capabilities(room).whisper is not Support.NO:
            adapter.hint(Whisper(room=room, user=user, text=told(locale)))
        else:
            self._announcer.say(number, self._announcer.reachable([number]), told)

    def _answer(self, asked: Asked, text: str) -> None:
        """Tell whoever asked alone where that can be, and else by their name in the room."""
        adapter = self._adapter(asked.network)
        if asked.alone or adapter.capabilities(asked.room).whisper is not Support.NO:
            adapter.hint(Whisper(room=asked.room, user=asked.sender.id, text=text))
        elif asked.number is not None:
            told = f"{whole(safe_name(asked.sender.name))}: {text}"
            self._announcer.say(asked.number, self._announcer.reachable([asked.number]), lambda _: told)
