"""The capability record of a room."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from bridge import Authorship, Capabilities, Feature, Mark, RoomId, Support, Unit

from . import encode
from .config import NetworkConfig
from .decode import REDACTION
from .session import Session
from .wire.line import MARK, REACT, REPLY, TAGS, TYPING, UNREACT

__all__ = ["of_two", "record", "records"]

_BACKLOG = 20
"""More lines at once than fill a screen are a flood to the people there."""
_NONE: frozenset[str] = frozenset()
_MARKS: Mapping[str, frozenset[Mark]] = {"": frozenset(), "plain": encode.MARKS - {Mark.CODE}}
_COSTS = {"": 0, "backticks": encode.MARK_COST + encode.BACKTICKS_COST}
_NO_FEATURES: frozenset[Feature] = frozenset()


def record(  # noqa: PLR0913 - what differs from room to room
    session: Session,
    room: RoomId,
    length: int,
    expansion: int,
    config: NetworkConfig,
    *,
    how: Authorship = Authorship.PREFIX,
    own: bool = True,
) -> Capabilities:
    """Return the record of a room as it is now.

    `length` is that of the longest line in bytes, `expansion` that of the encoding (`config.expansion`).
    `own`: whether it is that of the bot's own connection.
    """
    caps = session.caps
    passing = session.passing if "message-tags" in caps else _NONE
    return _record(
        room,
        length,
        expansion,
        passing,
        session.naming,
        config.replies == "tag",
        REDACTION in caps,
        room in session.locked,
        "" if session.forms.plain(room) else config.code,
        how,
        own,
    )


@lru_cache(maxsize=1024)
def of_two(record: Capabilities) -> Capabilities:
    """Return what can be done in a room of two, where it is so much in a channel."""
    no = Support.NO
    return replace(record, delete=no, reaction=no, topic=no, doubt=no, typing=no)


def records() -> Mapping[str, Capabilities]:
    """Return the records of typical servers, by name."""
    room, length = RoomId("#channel"), 512 - Session("").prefix("")
    return {
        "IRC": _record(room, length, 1, _NONE, False, True, False, False, "mirc"),
        "IRC with IRCv3 message-tags": _record(room, length, 1, TAGS, True, True, False, False, "mirc"),
        "IRC with IRCv3 message-redaction": _record(room, length, 1, TAGS, True, True, True, False, "mirc"),
    }


@lru_cache(maxsize=1024)
def _record(  # noqa: PLR0913, PLR0917 - a key of the cache: keywords would cost every message
    room: RoomId,
    length: int,
    expansion: int,
    passing: frozenset[str],
    names: bool,
    tags: bool,
    removes: bool,
    locked: bool,
    code: str,
    how: Authorship = Authorship.PREFIX,
    own: bool = True,
) -> Capabilities:
    """Build the record. `code` is empty where nothing is to be marked at all."""
    around = len(f"PRIVMSG {room} :\r\n".encode()) + encode.ACTION_COST
    return Capabilities(
        text_limit=(length - around) // expansion,
        unit=Unit.BYTES,
        lines=False,
        marks=_MARKS.get(code, encode.MARKS),
        features=encode.FEATURES if code else _NO_FEATURES,
        mark_cost=_COSTS.get(code, encode.MARK_COST),
        reply=_full(tags and names and REPLY in passing),
        delete=_full(removes),
        # who has no client for it sees nothing
        reaction=Support.PARTIAL if own and names and {REPLY, REACT, UNREACT} <= passing else Support.NO,
        topic=Support.NO if not own else Support.PARTIAL if locked else Support.FULL,
        # where the server keeps a history and the mark stands in it
        doubt=Support.PARTIAL if MARK in passing else Support.NO,
        typing=_full(TYPING in passing),
        authorship=how,
        whisper=Support.FULL,
        away=Support.FULL,
        rooms=Support.FULL,
        own_connection=how is Authorship.PUPPET,
        name_pings=True,
        backlog=_BACKLOG,
        window=1,
    )


def _full(able: bool) -> Support:
    return Support.FULL if able else Support.NO
