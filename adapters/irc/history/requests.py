"""Asking the server for a room's past (IRCv3 draft/chathistory; channel mode H)."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Protocol

from adapters.irc.channels import Place
from adapters.irc.config import NetworkConfig
from adapters.irc.dispatch import Ears
from adapters.irc.session import Session
from adapters.irc.wire import line
from bridge import MessageId, Part, Receipt, RoomId, TalkEvent, TemporaryFailure, Txn, Unsupported

from .catch_up import CHATHISTORY
from .state import NEVER, SLACK, Reading, Seen, stamp

__all__ = ["Reader", "find", "past", "read_on"]

_LIMIT = 100
_LONGEST_LIMIT = 500
_MOST_PAGES = 50
_CLOCKS = 600.0
"""How far further back we look for our own messages."""
_PATIENCE = 30.0


class Reader(Protocol):
    """What of a connection is needed to read."""

    config: NetworkConfig
    ears: Ears
    session: Session
    unread: "asyncio.Queue[Place]"
    one_reads: asyncio.Lock

    def now(self) -> float:
        """The loop's clock."""

    def flush(self) -> None:
        """Hand over what happened."""

    async def polite(self, data: bytes) -> None:
        """Send a line when the server's flood control allows it."""

    async def stirred(self, timeout: float | None) -> None:  # noqa: ASYNC109  # what is waited for may come first
        """Wait until something changes, at most so long."""

    async def ask(self, data: bytes) -> None:
        """Send a line when flood control allows it, and wait until the server has answered it."""


async def read_on(reader: Reader) -> None:
    """Read the past of rooms that were joined, one after another, for ever."""
    ears = reader.ears
    while True:
        place = await reader.unread.get()
        room = place.room
        reading = ears.history.readings.get(room)
        if reading is None:
            continue
        async with reader.one_reads:
            if reader.session.bouncer:
                await _ask_since_when(reader)
            match ears.history.wants(room):
                case "MODE":
                    await reader.ask(line("MODE", room, encoding=reader.config.encoding))
                case "CHATHISTORY":
                    await _catch_up(reader, reading)
        if ears.history.readings.get(room) is reading and ears.channels.places.get(room) is place:
            ears.channels.settle(place, reader.now())
            reader.flush()


async def _ask_since_when(reader: Reader) -> None:
    """Ask the network since when the bouncer is there: what was said before, it could not keep.

    The bouncer's PONG comes before the network's answer, so the answer itself is waited for.
    """
    session, end = reader.session, reader.now() + _PATIENCE
    if session.online is None:
        await reader.polite(line("WHOIS", session.nick, encoding=reader.config.encoding))
    while session.online is None and reader.now() < end:
        await reader.stirred(end - reader.now())
    if session.online is None:
        session.online = NEVER


async def _catch_up(reader: Reader, reading: Reading) -> None:
    history, room = reader.ears.history, reading.room
    await _read_back(reader, room, reading.seen, reading.reach - SLACK)
    while history.readings.get(room) is reading and history.again(room):
        await _read_back(reader, room, reading.seen, reading.reach - SLACK)


async def _read_back(reader: Reader, room: RoomId, seen: Seen, until: float) -> None:
    """Ask for the newest lines, then page by page for older ones, until one is older than `until`."""
    limit = min(reader.session.number("CHATHISTORY", _LIMIT), _LONGEST_LIMIT)
    where = ("LATEST", room, "*")
    for _ in range(_MOST_PAGES):
        before = seen.oldest
        seen.turn()
        await reader.ask(line("CHATHISTORY", *where, str(limit), encoding=reader.config.encoding))
        # lines of the same millisecond may stand on two pages: the last one is asked for again
        if seen.oldest >= before or seen.oldest <= until or seen.enough:
            return
        where = ("BEFORE", room, f"timestamp={stamp(seen.oldest + 0.001)}")


async def find(
    reader: Reader, room: RoomId, since: float, txns: Collection[Txn]
) -> Mapping[Txn, Receipt | None]:
    """Look for messages of ours that we said since then, by our own clock. See `Adapter.find_sent`."""
    history = reader.ears.history
    shown = history.shown.get(room)
    if shown is None:
        return {}
    seen, said = shown.seen, since + history.skew
    if CHATHISTORY in reader.session.caps:
        seen = Seen(0)
        try:
            async with asyncio.timeout(_PATIENCE), reader.one_reads:
                history.looks[room] = seen
                await _read_back(reader, room, seen, said - _CLOCKS)
        except TimeoutError:
            raise TemporaryFailure(f"{reader.config.server} does not show the history of {room}") from None
        finally:
            history.looks.pop(room, None)
    elif since >= shown.here:
        # the server replayed before we said it
        return {}
    # without a mark on what we said, history keeps none, and nothing can be told from their absence
    sure = shown.alone and seen.covers <= said and seen.unmarked < said - 1
    # a bouncer may still have them in its own queue
    sure = sure and not reader.session.bouncer
    found = {txn: seen.sent.get(txn) for txn in txns}
    return {txn: _receipt(msgid) for txn, msgid in found.items() if msgid or sure}


async def past(reader: Reader, room: RoomId, since: float) -> list[TalkEvent]:
    """What was said since then, by our own clock. See `Adapter.past`."""
    if CHATHISTORY not in reader.session.caps:
        raise Unsupported(
            f"{reader.config.server} shows what was said in {room} only to who comes in, if at all"
        )
    history = reader.ears.history
    seen = Seen(_MOST_PAGES * _LONGEST_LIMIT, after=since + history.skew)
    async with reader.one_reads:
        history.looks[room] = seen
        try:
            await _read_back(reader, room, seen, seen.after)
        finally:
            history.looks.pop(room, None)
    return seen.events()


def _receipt(msgid: MessageId | None) -> Receipt | None:
    return Receipt(Part(msgid)) if msgid else None
