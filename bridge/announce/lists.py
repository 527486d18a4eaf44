"""Lists on the relay: what people ask of them, what their owner does, and who is told what."""

import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.complaints import Complaints
from bridge.config import Config
from bridge.config.announce import AnnounceRules
from bridge.errors import HubbubError
from bridge.instructions import Asked
from bridge.language import Locale, locale
from bridge.model import (
    US,
    Approached,
    Change,
    FleetingEvent,
    MemberChanged,
    MessageCreated,
    RoomId,
    Sender,
    Support,
    TalkEvent,
    Whisper,
)
from bridge.relay import Router

from .announcing import OWNER, ListPlan
from .delivering import Mouth
from .door import ListDoor
from .ledger import Subscription
from .parts import ListParts
from .persons import LedgerPersons
from .store import lists_file
from .subscribing import ended_sentence
from .verbs import LIST_VERBS, ListVerb

if TYPE_CHECKING:  # its library is a sixth of the memory of a service
    from bridge.web import Site

__all__ = ["Lists"]

log = logging.getLogger(__name__)


class Lists:
    """Conversations with `announce:` in the map. Where there is none, nothing is done and no file is made."""

    def __init__(
        self, router: Router, answer: Callable[[Asked, str], None], config: Callable[[], Config]
    ) -> None:
        """`answer` tells whoever asked something, `config` gives the configuration that is followed."""
        self._router = router
        self._answer = answer
        self._config = config
        self._clock = router.journal.clock
        self._complaints = Complaints(log, self._clock)
        self._parts: ListParts | None = None
        self.instructions = [ListVerb(self, name, text) for name, text in LIST_VERBS.items()]
        """What can be asked by name."""

    def rules(self) -> Mapping[str, AnnounceRules]:
        """Return the lists of the map."""
        found = self._config().conversations.values()
        return {one.name: one.announce for one in found if one.announce is not None}

    def follow(self) -> None:
        """Follow another map."""
        file = lists_file(self._config().journal)
        if self._parts is None and (self.rules() or file.exists()):
            mouth = Mouth(self._reaches, self._whisper, lambda *_: None)
            try:
                self._parts = ListParts(file, self._config, self.rules, mouth, self._clock)
            except HubbubError as error:
                log.error("nobody can subscribe, and nothing is announced: %s", error)  # noqa: TRY400
        if self._parts is None:
            return
        self._router.heeds = self._heed_in_room
        for name, network in self._config().networks.items():
            if network.was is not None:
                with self._kept("a network's other name"):
                    self._parts.ledger.rename(network.was, name)

    def patrol(self) -> None:
        """Tell who is due, and look after what waits: every few seconds."""
        if self._parts is not None:
            with self._kept("what is announced"):
                self._parts.patrol()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the file open while in this context."""
        try:
            yield
        finally:
            self._router.heeds = None
            parts, self._parts = self._parts, None
            if parts is not None:
                await parts.close()

    # What is heard

    def hear(self, network: str, event: FleetingEvent) -> None:
        """Hear who wrote to us alone, and who has another id now."""
        if self._parts is None:
            return
        if isinstance(event, Approached):
            if not event.to:
                self._heed(network, event.room, event.sender.speaking, event.text, alone=True)
        elif (
            isinstance(event, MemberChanged)
            and event.change is Change.RENAMED
            and event.id
            and not event.speaker
        ):
            with self._kept("another id of somebody"):
                self._parts.ledger.move(
                    network, event.sender.id, event.id, name=event.name, now=self._clock.now()
                )

    def _heed_in_room(self, network: str, event: TalkEvent) -> None:
        """Heed who wants nothing more, also those whom nobody hears."""
        if isinstance(event, MessageCreated) and event.sender.id != US and not event.mark:
            self._heed(network, event.room, event.sender, event.content.text, alone=False)

    def _heed(self, network: str, room: RoomId, sender: Sender, text: str, *, alone: bool) -> None:
        assert self._parts is not None
        where = f"{network}, alone" if alone else f"{network} {room}"
        ended = self._parts.subscribing.heed(network, sender, text, alone=alone, where=where)
        if ended:
            worker = self._router.rooms.by_name.get((network, room))
            spoken = worker.composer.view.locale if worker is not None else self._locale(network)
            number = worker.room.number if worker is not None else None
            asked = Asked(network, room, number, sender.speaking, "", spoken, alone)
            self._answer(asked, ended_sentence(ended, spoken))

    def _locale(self, network: str) -> Locale:
        known = self._router.rooms.directory.network(network)
        return locale(known.show.language, known.show.time_zone) if known is not None else locale("en", None)

    # What is asked

    def here(self, verb: str) -> bool:
        return self._parts is not None and bool(self.rules())

    def do(self, verb: str, asked: Asked) -> str:
        try:
            return self._do(verb, asked)
        except HubbubError as error:
            return str(error)
        except sqlite3.Error as error:
            self._complaints.tell("asked", f"the file of the lists cannot be written: {error}", error)
            return asked.locale.gettext("That cannot be done now: try again later.")

    def _do(self, verb: str, asked: Asked) -> str:
        assert self._parts is not None
        if asked.number is None:
            asked = replace(asked, locale=self._locale(asked.network))
        subscribing, announcing = self._parts.subscribing, self._parts.announcing
        match verb:
            case "subscribe":
                return subscribing.subscribe(asked, can_be_told=self._can_be_told(asked))
            case "confirm":
                return subscribing.confirm(asked)
            case "announce":
                return announcing.asked(asked, self._of_room(asked))
            case "approve":
                return announcing.agreed(asked, self._of_room(asked))
        return subscribing.unsubscribed(asked)

    def _can_be_told(self, asked: Asked) -> bool:
        """Whether whoever asks can be told something alone, and be known again."""
        adapter = self._router.rooms.adapters.get(asked.network)
        if adapter is None:
            return False
        whispers = asked.alone or adapter.capabilities(asked.room).whisper is not Support.NO
        return whispers and adapter.reaches(asked.room, asked.sender.id)

    def _of_room(self, asked: Asked) -> list[str]:
        """Return the lists that are announced in a room."""
        rules = self.rules()
        held = self._router.rooms.directory.routes.conversations(asked.number) if asked.number else ()
        return [name for name in held if name in rules]

    # What the owner may ask

    def plan(self, name: str) -> ListPlan:
        """Say to whom an announcement would go. Raises HubbubError."""
        return self._working().announcing.plan(name)

    def announce(self, name: str, text: str) -> tuple[int, ListPlan, str]:
        """Announce something, as the owner: see `Announcing.announce`. Raises HubbubError."""
        try:
            return self._working().announcing.announce(name, text, OWNER, OWNER)
        except sqlite3.Error as error:
            raise HubbubError(f"the file of the lists cannot be written: {error}") from None

    def by_mail(self) -> Collection[str]:
        """Return the lists that a mail address can be asked about; none where no mail can be sent."""
        return self.rules() if self._parts is not None and self._parts.post.works() else ()

    def subscribe_by_mail(self, name: str, address: str, *, where: str, language: str) -> None:
        """Ask an address whether it wants a list, for somebody who asks for that elsewhere (`where`), such as
        on a web page. Raises HubbubError with a sentence for them, in their language.
        """
        try:
            self._working().subscribing.by_mail(name, address, where=where, language=language)
        except sqlite3.Error:
            sentence = locale(language, None).gettext("That cannot be done now: try again later.")
            raise HubbubError(sentence) from None

    @property
    def persons(self) -> LedgerPersons | None:
        """The people in the ledger; None: there is none."""
        return self._parts.persons if self._parts is not None else None

    def add_pages(self, site: "Site") -> None:
        """Add the pages to which mails lead."""
        from .pages import add_list_pages

        if (public_url := self._config().media.public_url) is not None:
            add_list_pages(site, public_url, self._door)

    def _door(self) -> ListDoor | None:
        return self._parts.door if self._parts is not None else None

    def _working(self) -> ListParts:
        if self._parts is None:
            raise HubbubError("there is no list: give a conversation `announce: {}` in the map")
        return self._parts

    # How people are told something

    def _reaches(self, entry: Subscription) -> bool:
        rooms = self._router.rooms
        adapter = rooms.adapters.get(entry.network)
        joined = any(
            worker.joined for (network, _), worker in rooms.by_name.items() if network == entry.network
        )
        return adapter is not None and joined and adapter.reaches(entry.room, entry.user)

    def _whisper(self, entry: Subscription, text: str) -> None:
        if (adapter := self._router.rooms.adapters.get(entry.network)) is not None:
            adapter.hint(Whisper(room=entry.room, user=entry.user, text=text))

    @contextlib.contextmanager
    def _kept(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._complaints.tell(what, f"{what} cannot be kept in the file of the lists: {error}", error)
