"""The two pages to which mails lead, over HTTP."""

import sqlite3
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from bridge.kit import PAGE_HEADERS
from bridge.web import Site
from bridge.web.app import nothing

from .codes import LEAVE, LINK_CONFIRMS
from .door import ListDoor

__all__ = ["add_list_pages"]


def add_list_pages(site: Site, public_url: str, door: Callable[[], ListDoor | None]) -> None:
    """Add the pages to a site. A proxy before us may take the path of `public_url` away, or leave it."""

    def answering(purpose: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            there = door()
            entry = there.found(purpose, request.match_info["token"]) if there is not None else None
            if there is None or entry is None:
                return nothing()
            status = 200
            try:
                text = (there.done if request.method == "POST" else there.shown)(purpose, entry)
            except sqlite3.Error:
                text, status = there.failed(entry), 503
            return web.Response(text=text, status=status, content_type="text/html", headers=PAGE_HEADERS)

        return answer

    for purpose in (LINK_CONFIRMS, LEAVE):
        answer = answering(purpose)
        for prefix in dict.fromkeys(("", urlsplit(public_url).path)):
            for method in ("GET", "POST"):
                site.add(f"{prefix}/{purpose}/{{token}}", answer, method=method, public=True)
