"""The console: pages that show the owner of a running service how it stands, and let them change its map.

They are made here as text, small and without anything to be built; the script only puts in what is new.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from bridge.clock import SYSTEM, Clock
from bridge.config import Config
from bridge.control.abilities import Abilities
from bridge.levels import is_shown
from bridge.web import Site

from .archive import ArchivePages
from .desk import DeskPages
from .doorman import Doorman
from .frame import Frame
from .live import Streams
from .mapping import MapForm
from .pages import Pages
from .parts import PageParts
from .recent import RecentLog
from .watch import Watch

__all__ = ["console"]


@contextlib.asynccontextmanager
async def console(
    site: Site,
    abilities: Abilities,
    file: Path,
    check: Callable[[Path], Awaitable[Config]],
    clock: Clock = SYSTEM,
) -> AsyncIterator[None]:
    """Add the console to a site, before that is served. `file` is the map, `check` reads one with all that is
    checked in it. Where the site has a token, one has to log in with it.
    """
    watch, parts, recent = Watch(abilities, clock), PageParts(), RecentLog()
    recent.addFilter(is_shown)
    frame = Frame(site, Doorman(site, clock), watch.undelivered)
    Pages(frame, abilities, watch, parts, recent)
    ArchivePages(frame, abilities)
    DeskPages(frame, abilities)
    MapForm(frame, abilities, watch, file, check)
    live = Streams(abilities, watch, parts, recent, clock)
    frame.add("/live", live.stream, lasting=True, script=True)
    watching = asyncio.ensure_future(watch.run())
    logging.getLogger().addHandler(recent)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(recent)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
