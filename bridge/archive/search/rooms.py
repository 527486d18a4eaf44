"""Answers what somebody in a room looks for, in the archive's process."""

from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from bridge.archive.filing.tags import numbers_of
from bridge.archive.store import Reader
from bridge.clock import SYSTEM
from bridge.language import Locale, locale

from .answers import Hit, Searched, ask
from .query import Query, QueryError, read_query
from .questions import FoundInRoom, FoundThere, RoomSearch
from .reach import Readable, since_known

__all__ = ["search_in_room"]

_COUNTED = 50
"""So many are counted."""
_SECONDS = 3.0
_WIDTH = 160
"""Characters of a snippet."""


def search_in_room(reader: Reader, question: RoomSearch) -> FoundInRoom:
    """Return what somebody finds, within what they could hear."""
    speech = locale(question.language, question.zone)
    try:
        query = read_query(question.text, SYSTEM.now(), ZoneInfo(question.zone or "UTC"))
        rooms = [room for name in question.conversations if (room := _room(reader, question, name))]
        if not rooms:
            return FoundInRoom(known=False)
        found = _told([_search(query, reader, room) for room in rooms], speech)
        return msgspec.structs.replace(found, since=min(room.since for room in rooms))
    except QueryError as error:
        return FoundInRoom(remarks=(error.told(speech),))


def _room(reader: Reader, question: RoomSearch, conversation: str) -> Readable | None:
    room = Readable(conversation, question.network, question.room)
    return room if question.whole else since_known(reader, room, question.person)


def _search(query: Query, reader: Reader, room: Readable) -> Searched:
    tagged = partial(numbers_of, reader)
    return ask(query, reader, reach=room, tagged=tagged, limit=_COUNTED, seconds=_SECONDS)


def _told(answers: list[Searched], speech: Locale) -> FoundInRoom:
    hits = sorted((hit for one in answers for hit in one.hits), key=lambda hit: -hit.entry.number)
    more = len(hits) > _COUNTED or any(one.before is not None for one in answers)
    stopped = any(one.stopped for one in answers)
    return FoundInRoom(
        tuple(map(_hit, hits[:_COUNTED])),
        more=more,
        remarks=tuple(Searched(hits=(), stopped=True).told(speech)) if stopped else (),
    )


def _hit(hit: Hit) -> FoundThere:
    header = hit.entry.header
    assert header is not None
    return FoundThere(
        header.at,
        header.by.name if header.by is not None else "",
        "".join(piece.text for piece in hit.snippet(_WIDTH)),
        hit.newest_text[:_WIDTH] if hit.newest is not None else None,
    )
