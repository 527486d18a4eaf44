"""The parts of pages that change while somebody looks at them."""

import asyncio
import zlib
from collections.abc import Mapping
from typing import Any

from .picture import MOST, picture
from .speech import fragment
from .view import Overview

__all__ = ["PAGES", "PageParts", "hashed", "values_of"]

_LISTED = 50
PAGES = {
    "overview": ("count", "headline", "troubles", "map", "networks", "conversations"),
    "conversation": ("count", "conversation"),
    "network": ("count", "network"),
}
"""The parts of each page, by name: each has a template."""


def values_of(view: Overview, query: Mapping[str, str]) -> dict[str, Any]:
    """Return what the templates show, of what a query asks for."""
    wanted, name = query.get("q", "").casefold()[:100], query.get("name", "")
    found = [
        one
        for one in view.conversations
        if wanted in one.name.casefold() or any(wanted in room.room.casefold() for room in one.rooms)
    ]
    listed = found if query.get("all") else found[:_LISTED]
    return {
        "view": view,
        "wanted": query.get("q", "")[:100],
        "found": found,
        "listed": listed,
        "drawn": MOST,
        "conversation": view.by_name.get(name),
        "network": next((one for one in view.networks if one.name == name), None),
        "name": name,
    }


class PageParts:
    """Makes them in a thread, since the relay must not stand still for them, and once for all who look at the
    same.
    """

    def __init__(self) -> None:
        self._view: Overview | None = None
        self._made: dict[tuple[str, ...], asyncio.Task[dict[str, str]]] = {}

    async def made(
        self, page: str, view: Overview, query: Mapping[str, str], language: str
    ) -> dict[str, str]:
        """Return each part of a page as it is now."""
        if view is not self._view:
            self._view, self._made = view, {}
        asked = page, language, *(query.get(key, "")[:100] for key in ("q", "name", "all"))
        if asked not in self._made:
            work = asyncio.to_thread(_parts, page, view, dict(query), language)
            self._made[asked] = asyncio.ensure_future(work)
        return await asyncio.shield(self._made[asked])


def _parts(page: str, view: Overview, query: Mapping[str, str], language: str) -> dict[str, str]:
    values = values_of(view, query)
    if page == "overview":
        values["blocks"] = picture(view.networks, values["found"])
    return {name: fragment(name, language, values) for name in PAGES[page]}


def hashed(text: str) -> str:
    """Return what tells a text from another one, for what a page may have already."""
    return f"{zlib.crc32(text.encode()):08x}"
