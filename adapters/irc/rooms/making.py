"""Rooms that are made for some people: channels that nobody else sees or enters.

They are invite-only and secret (RFC 2811 sections 4.2.6 and 4.2.8). Whoever leaves such a channel needs to
be invited again, ourselves after a restart as well: an exception for our own mask (section 4.3.3) lets us
back in where the server has those.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from adapters.irc import encode
from adapters.irc.session import Session, fold_ascii
from adapters.irc.wire.line import Line, line, nick_of
from bridge import Rejected, RoomId, RoomUnavailable, Unsupported, UserId

if TYPE_CHECKING:
    from adapters.irc.connection.connection import IrcConnection

    from .channels import Place

__all__ = ["empty", "invite", "lock_new", "make"]

_TRIES = 5
_CLOSED = "ins"
"""Invite-only, nothing from outside, secret."""
_SIGNS = "~&!@"
"""The signs before the nick of an operator in NAMES, or of who is more than that."""
_REFUSED = {"401", "403", "442", "482", "473", "518", "716", "738"}
"""Why an INVITE does nothing: nobody bears that nick, or we may not. Who is in it already (443) is."""


async def make(connection: "IrcConnection", name: str, topic: str, invited: Collection[UserId]) -> RoomId:
    """Make a channel and invite these people. Raises an AdapterError, and has made nothing."""
    if connection.session.bouncer:
        raise Unsupported("behind a bouncer no rooms can be made: it keeps channels of its own")
    nicks = [nick_of(_found(connection, user)) for user in invited]
    room = await _opened(connection, name)
    try:
        await _closed(connection, room)
        if topic:
            most = connection.session.number("TOPICLEN", 200)
            await connection.ask(encode.topic(room, topic, most, connection.config.encoding))
        for nick in nicks:
            await _invite(connection, room, nick)
    except BaseException:
        connection.session.held.discard(connection.session.fold(room))
        connection.post(line("PART", room))
        raise
    return room


async def invite(connection: "IrcConnection", room: RoomId, users: Collection[UserId]) -> None:
    """Let these people into a channel that was made. Raises an AdapterError for those who cannot be."""
    refused: Rejected | None = None
    for user in users:
        try:
            await _invite(connection, room, nick_of(_found(connection, user)))
        except Rejected as error:
            refused = error
    if refused is not None:
        raise refused


async def empty(connection: "IrcConnection", room: RoomId) -> None:
    """Send out whoever is in a channel that was made. Where we may not, they stay among themselves."""
    place = connection.dispatcher.channels.places.get(room)
    if place is not None and place.inside:
        for source in list(place.members.values()):
            await connection.ask(line("KICK", room, nick_of(source), trailing="it is closed"))


def lock_new(connection: "IrcConnection", places: Iterable["Place"]) -> None:
    """Close those channels of ours anew that everybody had left: the one that we have entered is another."""
    for place in places:
        if place.inside and not place.members and place.room in connection.made:
            for data in _lock(connection.session, place.room):
                connection.write(data)


def _lock(session: Session, room: RoomId) -> list[bytes]:
    """Return the lines that close a channel which is ours."""
    known = session.isupport.get("CHANMODES", ",,,ins").split(",")
    flags = "".join(mode for mode in _CLOSED if mode in "".join(known[3:]) or mode == "i")
    lines = [line("MODE", room, f"+{flags}")]
    exception = session.isupport.get("INVEX", "I" if "I" in known[0] else "") or "I"
    if session.mask and ("INVEX" in session.isupport or "I" in known[0]):
        lines.append(line("MODE", room, f"+{exception[0]}", f"*!{session.mask}"))
    return lines


async def _opened(connection: "IrcConnection", name: str) -> RoomId:
    """Enter a channel that nobody is in, where we are an operator then."""
    session, why = connection.session, "the names were taken"
    for room in _names(session, name):
        folded = session.fold(room)
        if session.room(room) is not None or folded in session.held:
            continue
        session.held.add(folded)
        heard = await _asked(connection, line("JOIN", room))
        people = [
            one
            for got in heard
            if got.command == "353" and session.fold(got.params[2]) == folded
            for one in got.params[-1].split()
        ]
        if len(people) == 1 and people[0][0] in _SIGNS:
            return room
        session.held.discard(folded)
        if people:
            why = f"{room} was not ours" if len(people) == 1 else why
            await connection.ask(line("PART", room))
        else:
            why = next((got.params[-1] for got in heard if room in got.params[1:]), why)
    raise Rejected(f"no channel can be made for {name}: {why}")


async def _closed(connection: "IrcConnection", room: RoomId) -> None:
    """Close a channel, and see that it is. Raises Rejected."""
    session = connection.session
    heard = await _asked(connection, *_lock(session, room), line("MODE", room))
    modes = [got.params[2] for got in heard if got.command == "324" and len(got.params) > 2]
    if not modes or "i" not in modes[-1]:
        raise Rejected(f"the server does not let hubbub close the channel {room} (mode i)")


async def _invite(connection: "IrcConnection", room: RoomId, nick: str) -> None:
    for got in await _asked(connection, line("INVITE", nick, room)):
        if got.command in _REFUSED and nick in got.params:
            raise Rejected(f"{nick} cannot be invited into {room}: {got.params[-1]}")
        if got.command in _REFUSED - {"401"} and room in got.params:
            raise RoomUnavailable(f"hubbub cannot invite anybody into {room}: {got.params[-1]}")


async def _asked(connection: "IrcConnection", *lines: bytes) -> list[Line]:
    """Say these lines. Returns what the server said until it had answered."""
    heard: list[Line] = []
    connection.dispatcher.overhear = heard.append
    try:
        await connection.ask(b"\r\n".join(lines))
    finally:
        connection.dispatcher.overhear = None
    return heard


def _found(connection: "IrcConnection", user: UserId) -> str:
    """Return the mask of somebody who is in a room of ours: a nick alone may be another's by now."""
    fold = connection.session.fold
    for place in connection.dispatcher.channels.places.values():
        source = place.members.get(fold(nick_of(user)), "")
        if place.inside and fold(source) == fold(user):
            return source
    raise Rejected(f"{nick_of(user)} is in no channel where hubbub is, or is somebody else by now")


def _names(session: Session, name: str) -> Iterator[RoomId]:
    """Yield names of channels to try, each no longer than the server takes."""
    types = session.isupport.get("CHANTYPES", "#") or "#"
    sign = "#" if "#" in types else types[0]
    word = "".join(one for one in fold_ascii(name) if one.isprintable() and one not in " ,:")
    longest = session.number("CHANNELLEN", 50) - 1
    for number in range(1, _TRIES + 1):
        tail = f"-{number}" if number > 1 else ""
        yield RoomId(sign + word.encode()[: longest - len(tail)].decode(errors="ignore") + tail)
