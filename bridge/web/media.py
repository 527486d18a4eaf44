"""Files, by the links to them: what a browser may do with each."""

from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

from bridge.config import Media
from bridge.media import Files, Linked

from .app import SECURITY, Site, nothing
from .download import disposition

__all__ = ["add_files", "files_site"]

_HOUR = 3600
"""So long a browser may keep a file: what is taken back should be gone."""
_PATH = "/{name}/{expiry}/{signature}/{file}"


def files_site(media: Media, files: Files, add: Callable[[Site], None] = lambda _: None) -> Site:
    """Return the site that hands out files by their links, at `media:` in the map; `add` adds what else is
    for anybody.
    """
    site = Site("media", media.listen, proxied=True)
    if media.public_url is not None:
        add(site)
        add_files(site, files, media.public_url)
    return site


def add_files(site: Site, files: Files, public_url: str) -> None:
    """Hand out the files that are linked to. A proxy before us may take the path of `public_url` away, or
    leave it.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = request.match_info
        found = files.linked(asked["name"], asked["expiry"], asked["signature"])
        return nothing() if found is None else _file(found, files.clock.now())

    for prefix in dict.fromkeys(("", urlsplit(public_url).path)):
        site.add(prefix + _PATH, answer, public=True)


def _file(found: Linked, now: float) -> web.FileResponse:
    age = max(0, min(found.until - int(now), _HOUR))
    headers = SECURITY | {
        "Cache-Control": f"private, max-age={age}",
        "Content-Disposition": _disposition(found),
        "Content-Type": "text/plain; charset=utf-8" if found.type == "text/plain" else found.type,
    }
    return web.FileResponse(found.path, headers=headers)


def _disposition(found: Linked) -> str:
    """Say whether a browser shows or stores the file."""
    shown = found.type.startswith(("image/", "audio/", "video/")) and found.type != "image/svg+xml"
    return disposition("inline" if shown or found.type == "text/plain" else "attachment", found.name)
