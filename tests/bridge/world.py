"""A bridge over scripted networks, for tests: a map in short form, and everything running."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from bridge import app
from bridge.config import Config, Conversation, Direction, Network, RoomEntry
from bridge.model import RoomId
from bridge.testing import ScriptedAdapter, ScriptedNetwork

PROTOCOL = "bridge.testing:ScriptedAdapter"


def entry(text: str) -> RoomEntry:
    """A room from "network room" or "network room direction"."""
    network, room, *direction = text.split()
    way = Direction(direction[0]) if direction else Direction.BOTH
    return RoomEntry(network, RoomId(room), way, ScriptedAdapter.RoomConfig())


def config(
    folder: Path,
    conversations: Mapping[str, list[str]],
    *,
    ignore: Mapping[str, tuple[str, ...]] | None = None,
    prefix: Mapping[str, str] | None = None,
) -> Config:
    """A configuration; `ignore` and `prefix` are by the name of a network or conversation."""
    ignore, prefix = ignore or {}, prefix or {}
    rooms = {name: tuple(entry(text) for text in texts) for name, texts in conversations.items()}
    names = dict.fromkeys(entry.network for entries in rooms.values() for entry in entries)
    networks = {
        name: Network(
            name,
            PROTOCOL,
            ScriptedAdapter.NetworkConfig(server=name),
            ignore.get(name, ()),
            prefix.get(name),
        )
        for name in names
    }
    return Config(
        networks,
        {
            name: Conversation(name, entries, ignore.get(name, ()), prefix.get(name))
            for name, entries in rooms.items()
        },
        "Ann",
        folder / "journal.sqlite3",
    )


@contextlib.asynccontextmanager
async def running(config: Config) -> AsyncIterator[app.Bridge]:
    """The bridge, running, with every room that can be joined joined."""
    bridge = app.Bridge(config)
    task = asyncio.ensure_future(bridge.run())
    try:
        for name in config.networks:
            network = ScriptedNetwork.named(name)
            while network.up and not network.connected:
                assert not task.done(), task.result()
                await asyncio.sleep(0)
        yield bridge
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
