"""What can be done in a room: the facts, in one place."""

from collections.abc import Mapping
from functools import lru_cache

from bridge import Authorship, Capabilities, Feature, Mark, RoomId, Support, Unit

from . import encode
from .decode import REDACTION
from .session import Session
from .wire import REACT, REPLY, TAGS, TYPING, UNREACT

__all__ = ["record", "records"]

_BACKLOG = 20
"""More lines at once than fill a screen are a flood to the people there."""
_NONE: frozenset[str] = frozenset()
_NO_MARKS: frozenset[Mark] = frozenset()
_NO_FEATURES: frozenset[Feature] = frozenset()


def record(session: Session, room: RoomId, length: int, expansion: int, *, tags: bool) -> Capabilities:
    """Now, on this connection. `length` is that of the longest line, `expansion` that of the encoding;
    `tags`: answers are to be tagged.
    """
    caps = session.caps
    passing = session.passing if "message-tags" in caps else _NONE
    return _record(
        room,
        length,
        expansion,
        passing,
        session.naming,
        tags,
        REDACTION in caps,
        room in session.locked,
        session.forms.plain(room),
    )


def records() -> Mapping[str, Capabilities]:
    """Typical servers."""
    room, length = RoomId("#channel"), 512 - Session("").prefix("")
    return {
        "IRC": _record(room, length, 1, _NONE, False, True, False, False, False),
        "IRC with IRCv3 message-tags": _record(room, length, 1, TAGS, True, True, False, False, False),
        "IRC with IRCv3 message-redaction": _record(room, length, 1, TAGS, True, True, True, False, False),
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
    plain: bool,
) -> Capabilities:
    around = len(f"PRIVMSG {room} :\r\n".encode()) + encode.ACTION_COST
    return Capabilities(
        text_limit=(length - around) // expansion,
        unit=Unit.BYTES,
        lines=False,
        marks=_NO_MARKS if plain else encode.MARKS,
        features=_NO_FEATURES if plain else encode.FEATURES,
        mark_cost=0 if plain else encode.MARK_COST,
        reply=_full(tags and names and REPLY in passing),
        delete=_full(removes),
        # who has no client for it sees nothing
        reaction=Support.PARTIAL if names and {REPLY, REACT, UNREACT} <= passing else Support.NO,
        topic=Support.PARTIAL if locked else Support.FULL,
        typing=_full(TYPING in passing),
        authorship=Authorship.PREFIX,
        name_pings=True,
        backlog=_BACKLOG,
        window=1,
    )


def _full(able: bool) -> Support:
    return Support.FULL if able else Support.NO
