"""Asks the server for a room's past (IRCv3 draft/chathistory; channel mode H)."""

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from adapters.irc.wire.line import line
from bridge import Receipt, RoomId, TalkEvent, TemporaryFailure, Txn, Unsupported

from .catch_up import CHATHISTORY
from .state import NEVER, SLACK, RoomReading, Seen, stamp

if TYPE_CHECKING:
    from adapters.irc.connection.connection import IrcConnection

__all__ = ["find", "past", "read_on"]

_LIMIT = 100
_LONGEST_LIMIT = 500
_MOST_PAGES = 50
_CLOCKS = 600.0
"""Seconds further back that we look for our own messages: clocks differ."""
_PATIENCE = 30.0


async def read_on(connection: "IrcConnection") -> None:
    """Read the past of rooms that were joined, one after another, for ever."""
    dispatcher = connection.dispatcher
    while True:
        place = await connection.unread.get()
        room = place.room
        reading = dispatcher.history.readings.get(room)
        if reading is None:
            continue
        async with connection.one_reads:
            if connection.session.bouncer:
                await _ask_since_when(connection)
            match dispatcher.history.wants(room):
                case "MODE":
                    await connection.ask(line("MODE", room, encoding=connection.config.encoding))
                case "CHATHISTORY":
                    await _catch_up(connection, reading)
        if dispatcher.history.readings.get(room) is reading and dispatcher.channels.places.get(room) is place:
            dispatcher.channels.settle(place, connection.now())
            connection.flush()


async def _ask_since_when(connection: "IrcConnection") -> None:
    """Ask the network since when the bouncer is on it: the bouncer cannot have kept what was said before.

    The bouncer's PONG comes before the network's answer, so the answer itself is waited for.
    """
    session, end = connection.session, connection.now() + _PATIENCE
    if session.online is None:
        await connection.polite(line("WHOIS", session.nick, encoding=connection.config.encoding))
    while session.online is None and connection.now() < end:
        await connection.stirred(end - connection.now())
    if session.online is None:
        session.online = NEVER


async def _catch_up(connection: "IrcConnection", reading: RoomReading) -> None:
    history, room = connection.dispatcher.history, reading.room
    await _read_back(connection, room, reading.seen, reading.reach - SLACK)
    while history.readings.get(room) is reading and history.again(room):
        await _read_back(connection, room, reading.seen, reading.reach - SLACK)


async def _read_back(connection: "IrcConnection", room: RoomId, seen: Seen, until: float) -> None:
    """Ask for the newest lines, then page by page for older ones, until one is older than `until`."""
    limit = min(connection.session.number("CHATHISTORY", _LIMIT), _LONGEST_LIMIT)
    where = ("LATEST", room, "*")
    for _ in range(_MOST_PAGES):
        before = seen.oldest
        seen.turn()
        await connection.ask(line("CHATHISTORY", *where, str(limit), encoding=connection.config.encoding))
        # lines of the same millisecond may stand on two pages: the last one is asked for again
        if seen.oldest >= before or seen.oldest <= until or seen.enough:
            return
        where = ("BEFORE", room, f"timestamp={stamp(seen.oldest + 0.001)}")


async def find(
    connection: "IrcConnection", room: RoomId, since: float, txns: Collection[Txn]
) -> Mapping[Txn, Receipt | None]:
    """Look for messages of ours that we said since then, by our own clock. See `Adapter.find_sent`."""
    history = connection.dispatcher.history
    shown = history.shown.get(room)
    if shown is None:
        return {}
    seen, said = shown.seen, since + history.skew
    if CHATHISTORY in connection.session.caps:
        seen = Seen(0)
        try:
            async with asyncio.timeout(_PATIENCE), connection.one_reads:
                history.looks[room] = seen
                await _read_back(connection, room, seen, said - _CLOCKS)
        except TimeoutError:
            raise TemporaryFailure(
                f"{connection.config.server} does not show the history of {room}"
            ) from None
        finally:
            history.looks.pop(room, None)
    elif since >= shown.here:
        # the server showed its history before we sent them
        return {}
    # where a line of ours stands without its mark, history keeps no marks: a missing one tells nothing
    sure = shown.alone and seen.covers <= said and seen.unmarked < said - 1
    # a bouncer may still have them in its own queue
    sure = sure and not connection.session.bouncer
    found = {txn: seen.sent.get(txn) for txn in txns}
    return {txn: Receipt(part) if part else None for txn, part in found.items() if part or sure}


async def past(connection: "IrcConnection", room: RoomId, since: float) -> list[TalkEvent]:
    """Return what was said since then, by our own clock. See `Adapter.past`."""
    if CHATHISTORY not in connection.session.caps:
        raise Unsupported(
            f"{connection.config.server} shows what was said in {room} only to who comes in, if at all"
        )
    history = connection.dispatcher.history
    seen = Seen(_MOST_PAGES * _LONGEST_LIMIT, after=since + history.skew)
    async with connection.one_reads:
        history.looks[room] = seen
        try:
            await _read_back(connection, room, seen, seen.after)
        finally:
            history.looks.pop(room, None)
    return seen.events()
