"""What changes while somebody looks, by server-sent events (HTML Living Standard, section 9.2)."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any

import msgspec
from aiohttp import web

from bridge.clock import Clock
from bridge.control.abilities import Abilities
from bridge.control.answers import DeliveryEnded, EventTaken, LiveMissed, ManyGivenUp
from bridge.control.requests import TailRequest
from bridge.errors import HubbubError

from .doorman import Visitor
from .frame import HEADERS, STREAM
from .parts import PAGES, PageParts, hashed
from .recent import LogLine, RecentLog
from .speech import fragment, language_of
from .watch import Watch

__all__ = ["Streams", "log_filter"]

_MOST = 40
"""So many pages are live at once; others stand still."""
_TICK = 1.0
_BEAT = 15.0
"""So often a stream says something, in seconds, so that a connection that is dead is noticed."""
_PATIENCE = 10.0


class Streams:
    """Tells pages what is new on them."""

    def __init__(
        self, abilities: Abilities, watch: Watch, parts: PageParts, log: RecentLog, clock: Clock
    ) -> None:
        self._abilities = abilities
        self._watch = watch
        self._made = parts.made
        self._log = log
        self._clock = clock
        self._open = 0

    async def stream(self, request: web.Request, _: Visitor) -> web.StreamResponse:
        """Tell a page what is new, until it is closed."""
        name = request.query.get("page", "")
        sources: list[Callable[[_Stream], Coroutine[Any, Any, None]]] = []
        if name in PAGES:
            sources.append(self._parts)
        if name in ("overview", "conversation", "messages"):
            sources.append(self._messages)
        if name == "log":
            sources.append(self._lines)
        if not sources or self._open >= _MOST:
            return web.Response(status=503 if sources else 404, headers=HEADERS)
        stream = _Stream(request)
        self._open += 1
        try:
            await stream.response.prepare(request)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._beat(stream))
                for source in sources:
                    group.create_task(source(stream))
        except* (ConnectionError, TimeoutError, HubbubError):
            pass  # the page was closed, nobody reads it, or it has nothing to show any more
        finally:
            self._open -= 1
        return stream.response

    async def _beat(self, stream: "_Stream") -> None:
        while True:
            await stream.write(": here\n\n")
            await self._clock.sleep(_BEAT)

    async def _parts(self, stream: "_Stream") -> None:
        query, language = stream.request.query, language_of(stream.request)
        has = dict(one.split(".", 1) for one in query.get("has", "").split(",") if "." in one)
        last = None
        while True:
            view = await self._watch.look()
            if view != last:
                last = view
                made = await self._made(query["page"], view, query, language)
                for name, text in made.items():
                    if has.get(name) != (new := hashed(text)):
                        has[name] = new
                        await stream.say("part", [name, text, new])
            await self._clock.sleep(_TICK)

    async def _messages(self, stream: "_Stream") -> None:
        request, language = stream.request, language_of(stream.request)
        page = request.query["page"]
        text = page != "overview" and "hubbub-text" in request.cookies
        asked = TailRequest(
            text=text, conversation=request.query.get("name", "") if page != "overview" else ""
        )
        async with aclosing(self._abilities.stream(asked)) as answers:
            async for answer in answers:
                match answer:
                    case EventTaken():
                        await stream.say("pass", [answer.conversations, answer.network])
                        if page != "overview":
                            values = {"message": answer, "shows_text": text}
                            await stream.say("message", fragment("message", language, values))
                    case DeliveryEnded() if page != "overview":
                        await stream.say("end", [answer.number, fragment("end", language, {"end": answer})])
                    case ManyGivenUp() | LiveMissed() if page != "overview":
                        await stream.say("message", fragment("remark", language, {"remark": answer}))

    async def _lines(self, stream: "_Stream") -> None:
        wanted, language = log_filter(stream.request), language_of(stream.request)
        after = stream.request.query.get("after", "")[:18]
        number = int(after) if after.isdecimal() else 0
        with self._log.listening() as news:
            while True:
                for line in self._log.lines(number):
                    number = line.number
                    if wanted(line):
                        await stream.say("line", [number, fragment("line", language, {"line": line})])
                await news.wait()
                news.clear()
                await self._clock.sleep(0.1)


class _Stream:
    """One page that is told."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.response = web.StreamResponse(headers=STREAM)
        self._writing = asyncio.Lock()

    async def say(self, event: str, data: object) -> None:
        await self.write(f"event: {event}\ndata: {msgspec.json.encode(data).decode()}\n\n")

    async def write(self, text: str) -> None:
        async with self._writing, asyncio.timeout(_PATIENCE):
            await self.response.write(text.encode())


def log_filter(request: web.Request) -> Callable[[LogLine], bool]:
    """Return which lines of the log somebody wants to see."""
    words = request.query.get("q", "").casefold()[:200]
    levels = {"warning": ("warning", "error", "critical"), "error": ("error", "critical")}.get(
        request.query.get("level", "")
    )
    return lambda line: (levels is None or line.level in levels) and words in line.text.casefold()
