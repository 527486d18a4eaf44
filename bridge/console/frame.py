"""What stands around every answer of the console: who asks, the headers, the language."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import Any, TypeAlias

from aiohttp import web

from bridge.errors import HubbubError
from bridge.web import Site
from bridge.web.app import is_from_our_page

from .doorman import Doorman, Visitor, is_secure
from .speech import COOKIE, LANGUAGES, language_of, page

__all__ = ["HEADERS", "Answer", "Frame"]

log = logging.getLogger(__name__)

Answer: TypeAlias = Callable[[web.Request, Visitor], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
_STATIC = files(__package__) / "static"
_KINDS = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}
_YEAR = 31_536_000
_PATIENCE = 10.0
"""How long a client may take for a form, in seconds."""


class Frame:
    """Puts answers onto a site, for visitors alone."""

    def __init__(self, site: Site, doorman: Doorman, undelivered: Callable[[], int]) -> None:
        """`undelivered`: how much was given up, when somebody looked last."""
        self._site = site
        self._doorman = doorman
        self._undelivered = undelivered
        self.has_desk: Callable[[], bool] = lambda: False
        """Whether there is a page of desks."""
        self._files = {name: (_STATIC / name).read_bytes() for name in _KINDS}
        self._version = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]
        for name in _KINDS:
            site.add(f"/{name}", self._file, public=True)
        site.add("/login", self._login, public=True)
        site.add("/login", self._log_in, method="POST", public=True)
        self.form("/logout", self._log_out)

    @property
    def asks_for_token(self) -> bool:
        """Whether visitors had to log in: else they are whoever is on this machine."""
        return self._doorman.asks_for_token

    def add(self, path: str, answer: Answer, *, lasting: bool = False, script: bool = False) -> None:
        """Answer for a path to visitors; others are led to the login, unless a script asks. What is lasting
        sees for itself that it is read.
        """

        async def guarded(request: web.Request) -> web.StreamResponse:
            visitor = self._doorman.visitor(request)
            if visitor is not None:
                return await self._answered(answer, request, visitor)
            if script:
                return web.Response(status=401, headers=HEADERS)
            return self._turned_away(request)

        self._site.add(path, guarded, public=True, lasting=lasting)

    def form(self, path: str, answer: Answer) -> None:
        """Take a form from visitors, if a page of ours sent it."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            visitor = self._doorman.visitor(request)
            if visitor is None:
                return self._turned_away(request)
            try:
                given = (await _sent(request)).get("form", "")
            except web.HTTPException as error:
                return self._misread(request, visitor, error)
            if not isinstance(given, str) or not self._doorman.is_meant(request, visitor, given):
                return self.page(request, visitor, "refused", {"why": "form"}, status=403)
            return await self._answered(answer, request, visitor)

        self._site.add(path, guarded, method="POST", public=True)

    def page(
        self,
        request: web.Request,
        visitor: Visitor | None,
        name: str,
        values: Mapping[str, Any],
        *,
        status: int = 200,
    ) -> web.Response:
        """Return a page, for somebody who may be no visitor yet."""
        language = language_of(request)
        response = web.Response(status=status, content_type="text/html", charset="utf-8", headers=HEADERS)
        token = self._doorman.greet(request, response) if visitor else ""
        response.text = page(
            name,
            language,
            {
                "page": name,
                "form_token": token,
                "logs_in": self._doorman.asks_for_token,
                "inside": visitor is not None,
                "version": self._version,
                "undelivered": self._undelivered(),
                "has_desk": self.has_desk(),
                "query": {key: text for key, text in request.query.items() if key != "lang"},
                "shows_text": "hubbub-text" in request.cookies,
                **values,
            },
        )
        if request.query.get("lang") in LANGUAGES:
            response.set_cookie(
                COOKIE, language, path="/", max_age=_YEAR, samesite="Strict", secure=is_secure(request)
            )
        response.enable_compression()
        return response

    async def _answered(self, answer: Answer, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        try:
            return await answer(request, visitor)
        except (ConnectionError, web.HTTPException):
            raise
        except Exception as error:
            if not isinstance(error, HubbubError):
                log.exception("a page of the console cannot be shown: a bug")
            values = {"why": "error", "mistakes": [str(error)] if isinstance(error, HubbubError) else []}
            return self.page(request, visitor, "refused", values, status=500)

    def _turned_away(self, request: web.Request) -> web.StreamResponse:
        if self._doorman.asks_for_token:
            return led_to("login")
        return self.page(request, None, "refused", {"why": "elsewhere"}, status=403)

    def _misread(
        self, request: web.Request, visitor: Visitor | None, error: web.HTTPException
    ) -> web.StreamResponse:
        return self.page(request, visitor, "refused", {"why": "form"}, status=error.status)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        lasts = "max-age=31536000, immutable" if request.query.get("v") == self._version else "no-cache"
        response = web.Response(
            body=self._files[name],
            content_type=_KINDS[name],
            charset="utf-8",
            headers=HEADERS | {"Cache-Control": lasts},
        )
        response.enable_compression()
        return response

    async def _login(self, request: web.Request) -> web.StreamResponse:
        if self._doorman.visitor(request) is not None or not self._doorman.asks_for_token:
            return led_to("./")
        return self.page(request, None, "login", {"wrong": ""})

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        if not self._doorman.asks_for_token:
            return led_to("./")
        if not is_from_our_page(request):
            return self.page(request, None, "refused", {"why": "form"}, status=403)
        if not self._doorman.may_try(request):
            response = self.page(request, None, "login", {"wrong": "often"}, status=429)
            response.headers["Retry-After"] = "60"
            return response
        try:
            given = (await _sent(request)).get("token", "")
        except web.HTTPException as error:
            return self._misread(request, None, error)
        response = led_to("./")
        if isinstance(given, str) and self._doorman.log_in(request, given, response):
            return response
        return self.page(request, None, "login", {"wrong": "token"}, status=401)

    async def _log_out(self, request: web.Request, _: Visitor) -> web.StreamResponse:
        response = led_to("login")
        self._doorman.log_out(request, response)
        return response


async def _sent(request: web.Request) -> Mapping[str, Any]:
    """Return the fields of a form. Raises HTTPException for one that cannot be read, or comes too slowly."""
    if request.content_type != "application/x-www-form-urlencoded":  # as all of ours are
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(_PATIENCE):
            return await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, LookupError):  # it is in no encoding that there is
        raise web.HTTPBadRequest from None


def led_to(place: str) -> web.Response:
    """Return the answer that leads to another page, which stands beside this one."""
    return web.Response(status=303, headers=HEADERS | {"Location": place})
