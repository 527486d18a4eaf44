"""The pages."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from bridge.control.abilities import Abilities
from bridge.control.requests import RetryRequest, UndeliveredRequest
from bridge.errors import HubbubError

from .doorman import Visitor, is_secure
from .frame import Frame, led_to
from .live import log_filter
from .parts import PAGES, PageParts, hashed, values_of
from .recent import RecentLog
from .speech import language_of
from .watch import Watch

__all__ = ["Pages"]

log = logging.getLogger(__name__)

_LETTERS = 200
_LINES = 300


class Pages:
    """What can be looked at, and what needs no more than a button."""

    def __init__(
        self, frame: Frame, abilities: Abilities, watch: Watch, parts: PageParts, recent: RecentLog
    ) -> None:
        self._frame = frame
        self._abilities = abilities
        self._watch = watch
        self._made = parts.made
        self._recent = recent
        for path, name in (("/", "overview"), ("/conversation", "conversation"), ("/network", "network")):
            frame.add(path, partial(self._shown, name=name))
        frame.add("/messages", self._messages)
        frame.add("/undelivered", self._undelivered)
        frame.add("/log", self._log)
        frame.form("/undelivered", self._retry)
        frame.form("/text", self._text)

    async def _shown(self, request: web.Request, visitor: Visitor, *, name: str) -> web.StreamResponse:
        """Show a page whose parts change while somebody looks."""
        view = await self._watch.look()
        values = values_of(view, request.query)
        if name in values and values[name] is None:
            return self._frame.page(request, visitor, "refused", {"why": "unknown"}, status=404)
        found = await self._made(name, view, request.query, language_of(request))
        has = ",".join(f"{part}.{hashed(found[part])}" for part in PAGES[name])
        known = self._abilities.bridge.config.conversations.get(values["name"])
        more = {"parts": found, "has": has, "archived": known is not None and known.archive is not None}
        return self._frame.page(request, visitor, name, values | more)

    async def _messages(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        names = [one.name for one in (await self._watch.look()).conversations]
        return self._frame.page(request, visitor, "messages", {"names": names})

    async def _text(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        """Show what people say, or hide it, in this browser until it is closed."""
        form = await request.post()
        name = str(form.get("name", ""))
        response = led_to(f"conversation?{urlencode({'name': name})}" if name else "messages")
        if form.get("text") == "show":
            log.info("asked by %s, and done: what people say is shown in the console", by(visitor))
            response.set_cookie(
                "hubbub-text", "1", path="/", httponly=True, samesite="Strict", secure=is_secure(request)
            )
        else:
            response.del_cookie("hubbub-text", path="/")
        return response

    async def _log(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        wanted, lines = log_filter(request), self._recent.lines()
        found = [line for line in lines if wanted(line)][-_LINES:]
        last = lines[-1].number if lines else 0
        return self._frame.page(request, visitor, "log", {"lines": found, "last": last})

    async def _undelivered(
        self, request: web.Request, visitor: Visitor, outcome: "_Retried | None" = None
    ) -> web.StreamResponse:
        shows_text = "hubbub-text" in request.cookies
        found = await self._abilities.do(UndeliveredRequest(limit=_LETTERS, text=shows_text), "the console")
        values = {"found": found, "outcome": outcome, "newest": found.messages[::-1]}
        return self._frame.page(request, visitor, "undelivered", values)

    async def _retry(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        form = await request.post()
        outcome = _Retried()
        if "everything" in form:
            requests = [RetryRequest(everything=True)]
        else:
            by_room = defaultdict[str, list[int]](list)
            for letter in map(str, form.getall("letter", [])):
                number, _, room = letter.partition(" ")
                if number.isdecimal() and room:
                    by_room[room].append(int(number[:18]))
            requests = [RetryRequest(numbers=numbers, room=room) for room, numbers in by_room.items()]
        try:
            for one in requests:
                answer = await self._abilities.do(one, by(visitor))
                outcome.queued += answer.queued
                outcome.unmapped += answer.unmapped
        except HubbubError as error:
            outcome.errors = [str(error)]
        self._watch.stale()
        return await self._undelivered(request, visitor, outcome)


@dataclass(slots=True)
class _Retried:
    """What became of a second try."""

    queued: int = 0
    unmapped: int = 0
    errors: Sequence[str] = ()


def by(visitor: Visitor) -> str:
    """Say who asks, for the log."""
    return f"the console ({visitor.address})"
