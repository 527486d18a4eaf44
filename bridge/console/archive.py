"""The pages of the archive: what was said is searched, read and taken along. All of it without a script."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bridge.archive.entries import EntryKind
from bridge.archive.exports import EXPORTERS
from bridge.control.abilities import Abilities
from bridge.control.archive_answers import EntryAnswer
from bridge.control.archive_requests import (
    ArchiveRequest,
    EntriesRequest,
    EntryRequest,
    EvidenceRequest,
    SearchRequest,
    TranscriptRequest,
)
from bridge.control.filing_requests import TagRequest, UntagRequest
from bridge.errors import ArchiveError, HubbubError
from bridge.web.download import send

from .doorman import Visitor
from .frame import HEADERS, Answer, Frame, led_to
from .pages import by
from .speech import day_of, language_of, zone_of
from .transcript import lines

__all__ = ["ArchivePages"]

_HITS = 30
_LINES = 500
_AROUND = 5
_FILTERS = ("conversation", "person", "network", "tag", "since", "until", "file")
_LONGEST = 1000
_DIGITS = 18


class ArchivePages:
    """Shows the archive, to visitors who logged in alone: not to whoever is on this machine."""

    def __init__(self, frame: Frame, abilities: Abilities) -> None:
        self._frame = frame
        self._abilities = abilities
        frame.add("/archive", self._archive)
        frame.add("/entry", self._guarded(self._entry))
        frame.add("/transcript", self._guarded(self._transcript))
        frame.add("/export", self._guarded(self._export), lasting=True)
        frame.add("/evidence", self._guarded(self._evidence), lasting=True)
        frame.form("/tag", self._guarded(self._tag))

    def _guarded(self, answer: Answer) -> Answer:
        async def guarded(request: web.Request, visitor: Visitor) -> web.StreamResponse:
            if not self._frame.asks_for_token:
                return self._frame.page(request, visitor, "refused", {"why": "token"}, status=403)
            return await answer(request, visitor)

        return guarded

    async def _archive(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        query = request.query
        stand = await self._abilities.do(ArchiveRequest(), by(visitor))
        filtered = any(query.get(name) for name in _FILTERS)
        asked = self._frame.asks_for_token and bool(filtered or query.get("q", "").strip())
        found, mistake = None, ""
        if asked:
            try:
                found = await self._abilities.do(_search(request), by(visitor))
            except HubbubError as error:
                mistake = str(error)
        values = {
            "stand": stand,
            "asked": asked,
            "filtered": filtered,
            "found": found,
            "mistake": mistake,
            "zone": zone_of(request),
            "networks": list(self._abilities.bridge.config.networks),
            "saved": self._abilities.bridge.config.archive.searches,
            "tags": sorted({tag for one in stand.conversations for tag in one.tags}),
        }
        return self._frame.page(request, visitor, "archive", values)

    async def _entry(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        return await self._shown(request, visitor, _number(request.query.get("number", "")))

    async def _shown(
        self, request: web.Request, visitor: Visitor, number: int, mistake: str = ""
    ) -> web.StreamResponse:
        found = await self._abilities.do(EntryRequest(number=number, around=_AROUND), by(visitor))
        values = _of_entry(found) | {"zone": zone_of(request), "mistake": mistake}
        return self._frame.page(request, visitor, "entry", values)

    async def _tag(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        """Put a tag on an entry, or take one away."""
        form = await request.post()
        number, tag, gone = (str(form.get(name, ""))[:_LONGEST] for name in ("number", "tag", "remove"))
        first = _number(number)
        asked: TagRequest | UntagRequest = TagRequest(tag=tag, first=first)
        if gone:
            asked = UntagRequest(tag=gone, first=first)
        try:
            await self._abilities.do(asked, by(visitor))
        except HubbubError as error:
            return await self._shown(request, visitor, first, str(error))
        return led_to(f"entry?number={first}#filed")

    async def _transcript(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        query, zone = request.query, zone_of(request)
        name = query.get("name", "")[:_LONGEST]
        day = _day(query.get("day", "")) or await self._last_day(name, zone, visitor)
        since, until = _begin(day, zone), _begin(day + timedelta(1), zone)
        found = await self._abilities.do(
            EntriesRequest(
                conversation=name,
                since=since,
                until=until,
                after=_number(query.get("after", "")),
                limit=_LINES,
            ),
            by(visitor),
        )
        values = {
            "conversation": name,
            "day": day.isoformat(),
            "zone": zone,
            "lines": lines(found.entries, found.about),
            "after": found.after,
            "earlier": found.earlier and day_of(found.earlier, zone),
            "later": found.later and day_of(found.later, zone),
            "formats": EXPORTERS.values(),
        }
        return self._frame.page(request, visitor, "transcript", values)

    async def _last_day(self, name: str, zone: ZoneInfo, visitor: Visitor) -> date:
        """Return the day on which something was said last."""
        stand = await self._abilities.do(ArchiveRequest(), by(visitor))
        at = next((one.last_at for one in stand.conversations if one.name == name), None)
        if at is None:
            raise ArchiveError(f"the archive has nothing of a conversation {name!r}")
        return datetime.fromtimestamp(at, zone).date()

    async def _evidence(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        query, zone = request.query, zone_of(request)
        since, until = _between(query, zone)
        asked = EvidenceRequest(
            conversation=query.get("name", "")[:_LONGEST],
            number=_number(query.get("number", "")),
            since=since,
            until=until,
        )
        return await send(request, HEADERS, await self._abilities.download(asked, by(visitor)))

    async def _export(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        query, zone = request.query, zone_of(request)
        since, until = _between(query, zone)
        asked = TranscriptRequest(
            conversation=query.get("name", "")[:_LONGEST],
            format=query.get("format", "text"),
            since=since,
            until=until,
            time_zone=zone.key,
            language=language_of(request),
        )
        return await send(request, HEADERS, await self._abilities.download(asked, by(visitor)))


def _search(request: web.Request) -> SearchRequest:
    query, zone = request.query, zone_of(request)
    since, until = _between(query, zone)
    texts = {
        name: query.get(name, "").strip()[:_LONGEST]
        for name in ("q", "conversation", "person", "network", "tag")
    }
    return SearchRequest(
        **texts,
        has_file=bool(query.get("file")),
        since=since,
        until=until,
        best=query.get("order") == "best",
        before=_number(query.get("before", "")) or None,
        limit=_HITS,
        time_zone=zone.key,
        language=language_of(request),
    )


def _of_entry(found: EntryAnswer) -> dict[str, Any]:
    """Return what the page of an entry shows of what is about it."""
    by_kind: dict[EntryKind, list[Any]] = {}
    for one in found.about:
        if one.header is not None:
            by_kind.setdefault(one.header.kind, []).append(one)
    words = found.entry.words
    fetched = {
        file.name: file for one in by_kind.get(EntryKind.FILE, ()) if one.words for file in one.words.files
    }
    files = {file.name: file for file in words.files} if words else {}
    return {
        "found": found,
        "versions": [
            one
            for one in found.about
            if one.header and one.header.kind in (EntryKind.EDIT, EntryKind.REMOVAL)
        ],
        "reactions": by_kind.get(EntryKind.REACTION, []),
        "copies": by_kind.get(EntryKind.COPY, []),
        "files": list((files | fetched).values()),
    }


def _number(text: str) -> int:
    """Return the number that somebody asks for; 0: none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < _DIGITS else 0


def _between(query: Mapping[str, str], zone: ZoneInfo) -> tuple[float | None, float | None]:
    """Return when the days that somebody chose begin and end."""
    since, until = _day(query.get("since", "")), _day(query.get("until", ""))
    return _begin(since, zone) if since else None, _begin(until + timedelta(1), zone) if until else None


def _day(text: str) -> date | None:
    """Return the day that somebody chose; None: none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _begin(day: date, zone: ZoneInfo) -> float:
    """Return when a day begins in a zone, in seconds since 1970."""
    return datetime.combine(day, time(), zone).timestamp()
