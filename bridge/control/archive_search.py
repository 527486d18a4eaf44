"""Searches in the archive, as an owner asks: everything is within their reach."""

from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.archive.filing.tags import numbers_of
from bridge.archive.search import ask
from bridge.archive.search.query import Condition, Key, Query, QueryError, read_query
from bridge.archive.store import Reader
from bridge.clock import SYSTEM
from bridge.config.words import quoted
from bridge.errors import ArchiveError
from bridge.language import LANGUAGES, Locale, locale

from .archive_answers import FoundEntry, SearchAnswer
from .archive_requests import SearchRequest
from .archive_shown import told

__all__ = ["search", "speech_of", "zone_named"]

_WIDTH = 240
"""Characters of a snippet."""


def search(request: SearchRequest, seconds: float, reader: Reader) -> SearchAnswer:
    """Return what was found within so many seconds. Raises ArchiveError for what cannot be understood."""
    speech = speech_of(request.language)
    try:
        query = _query(request)
    except QueryError as error:
        raise ArchiveError(error.told(speech)) from None
    answer = ask(
        query,
        reader,
        tagged=partial(numbers_of, reader),
        limit=request.limit,
        before=request.before,
        best=request.best,
        seconds=seconds,
    )
    return SearchAnswer(
        found=[
            FoundEntry(
                entry=told(hit.entry),
                message=hit.root.number,
                snippet=[(piece.text, piece.marked) for piece in hit.snippet(_WIDTH)],
                newest=hit.newest_text if hit.newest is not None else None,
            )
            for hit in answer.hits
        ],
        before=answer.before,
        remarks=answer.told(speech),
    )


def _query(request: SearchRequest) -> Query:
    """Return what is asked for, in words and beside them."""
    text, zone = request.q.strip(), zone_named(request.time_zone)
    query = read_query(text, SYSTEM.now(), zone) if text else Query(text)
    beside = (
        (Key.IN, request.conversation),
        (Key.FROM, request.person),
        (Key.ON, request.network),
        (Key.TAG, request.tag),
        (Key.HAS, "file" if request.has_file else ""),
    )
    more = [Condition(key, value, wanted=True) for key, value in beside if value]
    since = [one for one in (query.since, request.since) if one is not None]
    until = [one for one in (query.until, request.until) if one is not None]
    return replace(
        query,
        conditions=(*query.conditions, *more),
        since=max(since, default=None),
        until=min(until, default=None),
    )


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone. Raises ArchiveError."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ArchiveError(f"there is no time zone {quoted(name)}: write it like Europe/Berlin") from None


def speech_of(language: str) -> Locale:
    """Return a language. Raises ArchiveError."""
    if language not in LANGUAGES:
        raise ArchiveError(f"there is no language {quoted(language)}: there is {', '.join(LANGUAGES)}")
    return locale(language, None)
