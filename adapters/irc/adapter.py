"""IRC for the core: configuration in, events out, commands in, receipts out."""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from bridge import (
    Adapter,
    Author,
    Authorship,
    Capabilities,
    Command,
    ConnectionLost,
    DeleteMessage,
    Emit,
    Event,
    Model,
    Position,
    Receipt,
    Rejected,
    RoomId,
    RoomState,
    RoomStateChanged,
    SendMessage,
    Settle,
    Support,
    Txn,
    Unit,
    Unsupported,
    landing,
)

from . import encode
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .config import expansion
from .decode import REDACTION
from .flood import Bucket
from .link import Link
from .reading import find
from .session import Session, fold_ascii

__all__ = ["IrcAdapter"]

log = logging.getLogger(__name__)

_MOST_IN_DOUBT = 256
_LINE = 512
_LONGEST_LINE = 4096
_LOOK_TIMEOUT = 60.0
_BACKLOG = 20
"""More lines at once than fill a screen are a flood to the people there."""
_SLOW_FOR = 600.0
_SPEEDS = {1 / 2: "half", 1 / 4: "a quarter of the", 1 / 8: "an eighth of the"}
_SLOWEST = min(_SPEEDS)
_TOKENS = 2
"""What a message costs of the flood control: its line, and the PING that confirms it."""


class IrcAdapter(Adapter):
    """One IRC network, spoken to by one bot."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    config: Network

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._link: Link | None = None
        self._session = Session(config.nick)
        self._expansion = expansion(config.encoding)
        self._tags_replies = config.replies == "tag"
        self._removing: deque[Txn] = deque(maxlen=_MOST_IN_DOUBT)
        """Removals that we sent last: safe to be sent again."""
        self._slow_until = 0.0
        self._pace = 1.0
        """What part of the configured speed the server takes, learnt from being closed for flooding."""

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        """A channel in lower case, of ASCII letters: what every server takes for the same."""
        if text[:1] not in set("#&+!"):
            raise ValueError(f"{text!r} is not an IRC channel: those begin with # (write it in quotes)")
        if len(text) == 1:
            raise ValueError(f"{text!r} is not an IRC channel: a name must follow the sign")
        if " " in text or "," in text or any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
            raise ValueError(
                f"{text!r} is not an IRC channel: it holds a space, a comma or a control character"
            )
        if len(text.encode("utf-8", "replace")) > 200:
            raise ValueError(f"{text[:40]!r}... is not an IRC channel: it is longer than 200 bytes")
        return RoomId(fold_ascii(text))

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        if self._link:
            self._link.serve(rooms)

    async def run(self, emit: Emit) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._slow_until:
            self._pace = 1.0
        bucket = _bucket(self.config, self._pace)
        link = Link(self.config, bucket, emit, self.introduce, self.catch_up)
        self._link, self._session = link, link.session
        try:
            await link.run(self.rooms)
        finally:
            self._link = None
            if link.ears.flooded:
                self._slow_until = loop.time() + _SLOW_FOR
                self._pace = max(self._pace / 2, _SLOWEST)
                log.warning(
                    "%s: the server closed the connection for flooding; talking at %s speed for %d minutes,"
                    " lower flood.burst and flood.per_second to avoid this",
                    self.network,
                    _SPEEDS[self._pace],
                    _SLOW_FOR // 60,
                )

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        link, data = self._line(command)
        await link.bucket.take(_TOKENS)
        landed, settle = landing()
        link.say(command, data, settle)
        return landed

    def send_now(self, command: Command, settle: Settle) -> bool:
        link, data = self._line(command)
        if not link.bucket.take_now(_TOKENS):
            return False
        link.say(command, data, settle)
        return True

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        link = self._link
        if link is None or not link.alive:
            raise ConnectionLost(f"{self.network} is not connected")
        found = await find(link, room, since, txns)
        # a message that is removed already is no error
        return {**{txn: None for txn in txns if txn in self._removing}, **found}

    def _line(self, command: Command) -> tuple[Link, bytes]:
        """The connection, and the line that a command takes on it. Raises Unsupported."""
        link = self._link
        if link is None or not link.alive:
            raise ConnectionLost(f"{self.network} is not connected")
        most = self._line_length() - link.session.prefix(self.config.nick)
        encoding = self.config.encoding
        match command:
            case SendMessage():
                data = encode.message(command.room, command.content, command.kind, encoding)
            case DeleteMessage() if REDACTION in link.session.caps:
                data = encode.redaction(command.room, command.target.id, command.reason, encoding)
                if len(data) + 2 > most:
                    data = encode.redaction(command.room, command.target.id, "", encoding)
                self._removing.append(command.txn)
            case _:
                raise Unsupported(f"{self.network} cannot do {type(command).__name__}")
        if len(data) + 2 > most:
            raise Rejected("the message is longer than a line of IRC can be")
        return link, data

    def _line_length(self) -> int:
        return min(self._session.number("LINELEN", _LINE, _LINE), _LONGEST_LINE)

    def capabilities(self, room: RoomId, author: Author | None = None) -> Capabilities:
        """Measured with the prefix that the server puts before our lines. It is the same for every author."""
        session = self._session
        caps = session.caps
        return _record(
            room,
            self._line_length() - session.prefix(self.config.nick),
            self._expansion,
            answers=self._tags_replies and session.answering and session.naming and "message-tags" in caps,
            removes=REDACTION in caps,
        )

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        looker = _Looker(rooms.keys())
        found, done = looker.found, looker.done
        config = self.config.model_copy(update={"nick": f"{self.config.nick}-check"})
        link = Link(config, _bucket(config), looker, lambda _: None, self.catch_up)
        running = asyncio.create_task(link.run(rooms))
        looked = asyncio.create_task(done.wait() if rooms else link.arrived.wait())
        try:
            await asyncio.wait({running, looked}, timeout=_LOOK_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        finally:
            looked.cancel()
            running.cancel()
            await asyncio.wait({running, looked})
        if not rooms.keys() <= found.keys() and not running.cancelled():
            running.result()
        return {
            room: found.get(room, f"the server does not say whether {room} can be joined") for room in rooms
        }


def _bucket(config: Network, pace: float = 1.0) -> Bucket:
    flood = config.flood
    return Bucket(max(flood.burst * pace, _TOKENS), flood.per_second * pace)


class _Looker:
    """Takes what is emitted while rooms are only looked at."""

    def __init__(self, rooms: Collection[RoomId]) -> None:
        self._rooms = rooms
        self.found: dict[RoomId, str | None] = {}
        self.done = asyncio.Event()

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        for event in events:
            if isinstance(event, RoomStateChanged) and event.state is not RoomState.JOINING:
                self.found.setdefault(event.room, event.reason or None)
        if set(self._rooms) <= self.found.keys():
            self.done.set()
        taken = asyncio.get_running_loop().create_future()
        taken.set_result(None)
        return taken

    def position(self, scope: str = "") -> str | None:
        return None


@lru_cache(maxsize=1024)
def _record(room: RoomId, length: int, expansion: int, *, answers: bool, removes: bool) -> Capabilities:
    around = len(f"PRIVMSG {room} :\r\n".encode()) + encode.ACTION_COST
    return Capabilities(
        text_limit=(length - around) // expansion,
        unit=Unit.BYTES,
        lines=False,
        marks=encode.MARKS,
        features=encode.FEATURES,
        mark_cost=encode.MARK_COST,
        reply=Support.PARTIAL if answers else Support.NO,
        delete=Support.PARTIAL if removes else Support.NO,
        authorship=Authorship.PREFIX,
        name_pings=True,
        backlog=_BACKLOG,
        window=1,
    )
