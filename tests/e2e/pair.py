"""Two real servers: IRC (ngIRCd) and XMPP (Prosody with an archive), where the bridge has an account."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.irc.testing import Demo as Ngircd
from tests.adapters.xmpp.servers import Archive

__all__ = ["pair"]


@contextlib.asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[tuple[Ngircd, Archive]]:
    """Run both, each in a folder of its own."""
    for name in ("irc", "jabber"):
        (folder / name).mkdir()
    irc, jabber = Ngircd(folder / "irc"), Archive(folder / "jabber")
    try:
        await asyncio.gather(irc.start(), jabber.start())
        await jabber.register("hubbub", "hubbub")
        yield irc, jabber
    finally:
        await asyncio.gather(irc.stop(), jabber.stop())
