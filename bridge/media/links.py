"""Addresses of our own for files: signed, so that nobody can make one, and with an end."""

import asyncio
import hmac
import logging
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote, urlsplit

from aiohttp import web

from bridge.config import Media
from bridge.errors import HubbubError

from .cache import Note
from .door import Door
from .naming import short_quoted

__all__ = ["Links"]

log = logging.getLogger(__name__)

_HOUR = 3600
"""So long a browser may keep a file: what is taken back should be gone."""
_SECURITY = {
    # A picture or film that is opened by itself is a page too: it may show itself and do nothing.
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; "
    "style-src 'unsafe-inline'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Links:
    """Makes addresses and serves them."""

    def __init__(self, config: Media, key: bytes, find: Callable[[str], tuple[Path, Note] | None]) -> None:
        """`find` gives what lies under an id."""
        self._config = config
        self._key = blake2b(key, person=b"hubbub links").digest()
        self._find = find
        self._prefix = urlsplit(config.public_url or "").path

    def make(self, name: str, note: Note) -> str | None:
        """The address of the file with this id: always the same one. None: we have no public address."""
        if self._config.public_url is None:
            return None
        expiry = f"{int(note.fetched + self._config.keep):x}"
        signature = self._sign(name, expiry)
        return f"{self._config.public_url}/{name}/{expiry}/{signature}/{short_quoted(note.name)}"

    def _sign(self, name: str, expiry: str) -> str:
        digest = blake2b(f"{name}/{expiry}".encode(), key=self._key, digest_size=15).digest()
        return urlsafe_b64encode(digest).decode()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve while in this context, where there is a public address."""
        if self._config.public_url is None:
            yield
            return
        application = web.Application(client_max_size=1024)
        application.router.add_route("*", "/{path:.*}", self._answer)
        application.on_response_prepare.append(_without_banner)
        quiet = log.getChild("requests")
        quiet.setLevel(logging.CRITICAL)  # what strangers send is not worth a line
        runner = web.AppRunner(application, access_log=None, logger=quiet, shutdown_timeout=1.0)
        await runner.setup()
        assert runner.server is not None
        door = self._door = Door(runner.server)
        host, _, port = self._config.listen.rpartition(":")
        async with AsyncExitStack() as stack:
            stack.push_async_callback(runner.cleanup)
            stack.callback(door.close)
            try:
                listeners = await door.open(host.strip("[]"), int(port))
            except OSError as error:
                raise HubbubError(
                    f"media: listen: {self._config.listen} cannot be used ({error.strerror or error}): "
                    "choose another address or port"
                ) from None
            for listener in listeners:
                stack.callback(listener.close)
                stack.callback(asyncio.ensure_future(door.serve(listener)).cancel)
            yield

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        found = self._checked(request)
        self._door.asked(request, found[1].size if found else 0)
        response = self._response(found)
        response.force_close()  # one request for each visitor; the proxy before us keeps people's connections
        return response

    def _response(self, found: tuple[Path, Note, int] | None) -> web.StreamResponse:
        if found is None:
            return web.Response(status=404, text="There is nothing here, or no longer.\n", headers=_SECURITY)
        path, note, expiry = found
        age = max(0, min(expiry - int(time.time()), _HOUR))
        headers = _SECURITY | {
            "Cache-Control": f"private, max-age={age}",
            "Content-Disposition": _disposition(note),
            "Content-Type": "text/plain; charset=utf-8" if note.type == "text/plain" else note.type,
        }
        return web.FileResponse(path, headers=headers)

    def _checked(self, request: web.Request) -> tuple[Path, Note, int] | None:
        """What is asked for, if it may be had: nobody learns why not."""
        if request.method not in ("GET", "HEAD"):
            return None
        path = request.path
        if self._prefix and path.startswith(self._prefix + "/"):
            path = path.removeprefix(self._prefix)
        parts = path.split("/")
        if len(parts) != 5:
            return None
        _, name, expiry, signature, _ = parts
        if not hmac.compare_digest(self._sign(name, expiry).encode(), signature.encode(errors="replace")):
            return None
        found = self._find(name)
        if int(expiry, 16) <= time.time() or found is None:
            return None
        return *found, int(expiry, 16)


async def _without_banner(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)


def _disposition(note: Note) -> str:
    """Whether a browser shows the file or stores it, and its name: RFC 6266, RFC 8187."""
    shown = note.type.startswith(("image/", "audio/", "video/")) and note.type != "image/svg+xml"
    way = "inline" if shown or note.type == "text/plain" else "attachment"
    simple = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_"
        for letter in note.name
    )
    return f"{way}; filename=\"{simple}\"; filename*=UTF-8''{quote(note.name, safe='')}"
