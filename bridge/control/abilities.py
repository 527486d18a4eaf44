"""What an owner can have a running service do. Here is no socket and no HTTP: these are faces of it."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, cast

from bridge.app import Bridge
from bridge.boundary.texts import is_text
from bridge.clock import SYSTEM, Clock
from bridge.config import Config
from bridge.config.words import quoted
from bridge.desk.tally import DeskCounts
from bridge.errors import HubbubError
from bridge.journal.admin.dead_letters import Choice, Letter, choose, look_at_letters
from bridge.levels import levels, set_level
from bridge.moderation import Mute
from bridge.status import Status
from bridge.troubles import troubles
from bridge.web.download import Download

from .announce import ListAbilities
from .answers import (
    CatchUpAnswer,
    LogLevelAnswer,
    MutedAnswer,
    MutedPerson,
    RetryAnswer,
    RoomsAnswer,
    SendAnswer,
    StatusAnswer,
    TrafficAnswer,
    UndeliveredAnswer,
    UndeliveredMessage,
    UnmuteAnswer,
)
from .archive import ArchiveReading
from .choosing import chosen
from .desk import DeskAbilities
from .evidence import EvidenceAbilities
from .filing import FilingAbilities
from .live import live
from .reloading import Reloading
from .requests import (
    A,
    CatchUpRequest,
    DownloadRequest,
    LogLevelRequest,
    MutedRequest,
    ReloadRequest,
    Request,
    RetryRequest,
    RoomsRequest,
    SendRequest,
    StatusRequest,
    StreamRequest,
    TailRequest,
    UndeliveredRequest,
    UnmuteRequest,
    told,
)
from .rooms import rooms

__all__ = ["Abilities"]

log = logging.getLogger(__name__)

_HOSTS = 50
_WEEK = 7 * 86400
_AT_ONCE = 1000
"""So many are sent again in one step, so that the relay is never held up for long."""


class Abilities:
    """All of them, for a bridge that runs."""

    def __init__(
        self,
        bridge: Bridge,
        read: Callable[[], Awaitable[Config]],
        file: Path | None = None,
        clock: Clock = SYSTEM,
        changing: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        """`read` reads the configuration anew, from this file; `changing` is entered while it is followed."""
        self._clock = clock
        self.bridge = bridge
        self._lock = asyncio.Lock()
        self._able: dict[type[Request[Any]], Callable[[Any], Awaitable[Any]]] = {
            StatusRequest: self._status,
            RoomsRequest: self._rooms,
            ReloadRequest: Reloading(bridge, read, file, self._lock, changing).reload,
            UndeliveredRequest: self._undelivered,
            RetryRequest: self._retry,
            CatchUpRequest: self._catch_up,
            MutedRequest: self._muted,
            UnmuteRequest: self._unmute,
            LogLevelRequest: self._log_level,
            SendRequest: self._send,
            **ListAbilities(bridge).able,
            **FilingAbilities(bridge).able,
            **EvidenceAbilities(bridge, clock).able,
        }
        self._archive, self._desks = ArchiveReading(bridge, clock), DeskAbilities(bridge, clock)
        self._able |= {**self._archive.able, **self._desks.able}
        self._files = self._archive.files

    async def do(self, request: Request[A], by: str) -> A:
        """Do what is asked for; `by` is who asks and how, for the log. Raises HubbubError, and NotFollowed
        for a configuration with mistakes.
        """
        if not request.changes:
            return cast("A", await self._able[type(request)](request))
        try:
            answer = await self._able[type(request)](request)
        except HubbubError as error:
            log.info("asked by %s, and not done: %s (%s)", by, told(request), str(error).partition("\n")[0])
            raise
        log.info("asked by %s, and done: %s", by, told(request))
        return cast("A", answer)

    def stream(self, request: StreamRequest[A]) -> AsyncGenerator[A, None]:
        """Yield one answer after another until it is closed, which is to be done (`aclosing`). Who reads
        slowly is told how much was left out; nothing waits for them. Raises HubbubError at the first.
        """
        assert isinstance(request, TailRequest)
        return cast("AsyncGenerator[A, None]", live(self.bridge, request))

    async def download(self, request: DownloadRequest, by: str) -> Download:
        """Return a file that is made while somebody takes it; `by` is who asks and how, for the log. Raises
        HubbubError, as its first piece may.
        """
        found = await self._files[type(request)](request)
        log.info("asked by %s, and begun: %s", by, told(request))
        return found

    async def status(self) -> Status:
        """Return how everything stands now, the archive too."""
        archive, mail = await self._archive.report(), await self._desks.mail()
        return replace(await self.bridge.status(), archive=archive, mail=mail)

    def now(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._clock.now()

    async def desks(self) -> Sequence[DeskCounts]:
        """Return how the desks stand now, and what was counted at each."""
        return await self._desks.counts()

    async def _status(self, _: StatusRequest) -> StatusAnswer:
        async with self._lock:
            status = await self.status()
        known = {field.name: getattr(status, field.name) for field in fields(Status)}
        known["files"] = {way: hosts[:_HOSTS] for way, hosts in status.files.items()}
        return StatusAnswer(counts=self._traffic(), wrong=troubles(status), **known)

    def _traffic(self) -> TrafficAnswer:
        counts = self.bridge.counts()
        delivered = Counter[str]()
        for (_, target), waits in counts.delivered.items():
            delivered[target] += sum(waits.counts)
        return TrafficAnswer(taken=counts.taken, delivered=delivered, given_up=counts.given_up)

    async def _rooms(self, request: RoomsRequest) -> RoomsAnswer:
        async with self._lock:
            return await rooms(self.bridge, request)

    async def _undelivered(self, request: UndeliveredRequest) -> UndeliveredAnswer:
        since = self._clock.now() - _WEEK
        found = await asyncio.to_thread(look_at_letters, self.bridge.journal, request.limit, since)
        return UndeliveredAnswer(
            count=found.count,
            messages=[_letter(letter, text=request.text) for letter in found.letters],
            reasons=found.reasons,
            repeated=found.repeated,
        )

    async def _retry(self, request: RetryRequest) -> RetryAnswer:
        letters = request.letters
        by_choice = bool(request.numbers or request.room)
        if [bool(letters), by_choice, request.everything].count(True) != 1:
            raise HubbubError("say which, in one way: letters, numbers or room, or everything")
        if not letters:
            choice = Choice(set(request.numbers), request.room or None)
            letters = await asyncio.to_thread(choose, self.bridge.journal, choice)
        rooms = {room.number for room in self.bridge.rooms()}
        mapped = [(room, number) for room, number in letters if room in rooms]
        queued = 0
        for start in range(0, len(mapped), _AT_ONCE):
            queued += self.bridge.revive(mapped[start : start + _AT_ONCE])
            await asyncio.sleep(0)
        return RetryAnswer(queued=queued, unmapped=len(letters) - len(mapped))

    async def _catch_up(self, request: CatchUpRequest) -> CatchUpAnswer:
        async with self._lock:
            taken = await self.bridge.catch_up(request.network, request.room, request.since)
        return CatchUpAnswer(taken=taken)

    async def _muted(self, _: MutedRequest) -> MutedAnswer:
        return MutedAnswer(muted=[self._mute(mute) for mute in self.bridge.features.moderation.muted()])

    def _mute(self, mute: Mute) -> MutedPerson:
        room = self.bridge.room(mute.room)
        where = room.title if room is not None else "a room that left the map"
        return MutedPerson(**asdict(mute) | {"room": where})

    async def _unmute(self, request: UnmuteRequest) -> UnmuteAnswer:
        lifted = self.bridge.features.moderation.unmute(request.who, request.conversation)
        return UnmuteAnswer(lifted=lifted)

    async def _log_level(self, request: LogLevelRequest) -> LogLevelAnswer:
        if request.level:
            set_level(request.level, request.logger)
        return LogLevelAnswer(levels=levels())

    async def _send(self, request: SendRequest) -> SendAnswer:
        if not (request.room or request.conversation):
            raise HubbubError("say where: in a conversation, or in a room of a network")
        if not request.text.strip() or not is_text(request.text):
            raise HubbubError("there is nothing to say: the text is empty, or no text that can be written")
        meant = chosen(self.bridge.config, request.network, request.room, request.conversation)
        if not request.conversation and len(meant) > 1:
            where = ", ".join(network for network, _ in meant)
            raise HubbubError(f"there is a room {quoted(request.room)} on {where}: name the network too")
        voice = self.bridge.features.voice
        rooms = [
            room
            for room in self.bridge.rooms()
            if (room.network, room.id) in meant and voice.may_speak(room.number)
        ]
        if not rooms:
            raise HubbubError("nothing is ever written there: the map has only `direction: from`")
        number = voice.say(request.text, [room.number for room in rooms])
        return SendAnswer(number=number, rooms=[(room.network, str(room.id)) for room in rooms])


def _letter(letter: Letter, *, text: bool) -> UndeliveredMessage:
    known = {name: getattr(letter, name) for name in UndeliveredMessage.__struct_fields__}
    author, said = letter.author and letter.author.name, letter.text if text else None
    return UndeliveredMessage(**known | {"author": author, "text": said})
