"""The widget as it is handed out: one file, without what is there for who reads it, packed once."""

import gzip
import hashlib
import re
from importlib.resources import files

from aiohttp import web

__all__ = ["Widget"]

_FILE = "chat.js"
_KEPT = 600
"""Seconds for which a browser asks no more whether there is another one."""
_FOR_READERS = re.compile(rb"^[ \t]*(?://.*)?", re.MULTILINE)
"""Parts that browsers need not have: indentation, and comments that stand alone."""


class Widget:
    """The script that a page names."""

    def __init__(self) -> None:
        source = files(__package__).joinpath("static", _FILE).read_bytes()
        self._script = _FOR_READERS.sub(b"", source)
        self.packed = gzip.compress(self._script, mtime=0)
        self._tag = f'"{hashlib.sha256(self._script).hexdigest()[:20]}"'

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Hand it out, unless the browser has it."""
        headers = {
            "Cache-Control": f"public, max-age={_KEPT}",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": self._tag,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if any(tag.value == self._tag.strip('"') for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        body = self._script
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"], body = "gzip", self.packed
        return web.Response(body=body, headers=headers, content_type="text/javascript", charset="utf-8")
