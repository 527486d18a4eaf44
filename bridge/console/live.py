"""What changes on a page while somebody looks at it."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial

from aiohttp import web

from bridge.clock import Clock
from bridge.control.abilities import Abilities
from bridge.control.answers import DeliveryEnded, EventTaken, LiveMissed, ManyGivenUp
from bridge.control.requests import TailRequest
from bridge.web.events import EventStream, tell

from .doorman import Visitor
from .frame import HEADERS
from .parts import PAGES, PageParts, hashed
from .recent import LogLine, RecentLog
from .speech import fragment, language_of
from .watch import Watch

__all__ = ["Streams", "log_filter"]

_MOST = 40
"""So many pages are live at once; others stand still."""
_TICK = 1.0


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
        sources: list[Callable[[web.Request, EventStream], Awaitable[None]]] = []
        if name in PAGES:
            sources.append(self._parts)
        if name in ("overview", "conversation", "messages"):
            sources.append(self._messages)
        if name == "log":
            sources.append(self._lines)
        if not sources or self._open >= _MOST:
            return web.Response(status=503 if sources else 404, headers=HEADERS)
        self._open += 1
        try:
            return await tell(request, HEADERS, self._clock, *(partial(one, request) for one in sources))
        finally:
            self._open -= 1

    async def _parts(self, request: web.Request, stream: EventStream) -> None:
        query, language = request.query, language_of(request)
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

    async def _messages(self, request: web.Request, stream: EventStream) -> None:
        language, page = language_of(request), request.query["page"]
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

    async def _lines(self, request: web.Request, stream: EventStream) -> None:
        wanted, language = log_filter(request), language_of(request)
        after = request.query.get("after", "")[:18]
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


def log_filter(request: web.Request) -> Callable[[LogLine], bool]:
    """Return which lines of the log somebody wants to see."""
    words = request.query.get("q", "").casefold()[:200]
    levels = {"warning": ("warning", "error", "critical"), "error": ("error", "critical")}.get(
        request.query.get("level", "")
    )
    return lambda line: (levels is None or line.level in levels) and words in line.text.casefold()
