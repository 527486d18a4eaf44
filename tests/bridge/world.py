"""A bridge over scripted networks, for tests: a map in short form, and everything running."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

from bridge import app
from bridge.clock import SYSTEM, Clock
from bridge.config import (
    EVERYTHING,
    CatchUp,
    Config,
    Conversation,
    DeliveryRules,
    Direction,
    Filters,
    Media,
    Network,
    RoomEntry,
    ShowRules,
)
from bridge.journal import Journal
from bridge.model import RoomId
from bridge.relay import Observer
from bridge.testing import ScriptedAdapter, ScriptedNetwork

PROTOCOL = "bridge.testing:ScriptedAdapter"
OPEN = app.on_disk
"""How a bridge opens its journal, where nothing else is said."""


def entry(text: str, show: ShowRules | None = None) -> RoomEntry:
    """A room from "network room" or "network room direction"."""
    network, room, *direction = text.split()
    way = Direction(direction[0]) if direction else Direction.BOTH
    return RoomEntry(network, RoomId(room), way, ScriptedAdapter.RoomConfig(), show or ShowRules())


def config(
    folder: Path,
    conversations: Mapping[str, list[str]],
    *,
    ignore: Mapping[str, tuple[str, ...]] | None = None,
    filters: Mapping[str, Filters] | None = None,
    prefix: Mapping[str, str] | None = None,
    rules: DeliveryRules | None = None,
    catch_up: CatchUp | None = None,
    show: ShowRules | None = None,
    media: Media | None = None,
) -> Config:
    """A configuration; `filters` (or `ignore` alone) and `prefix` are by the name of a network or
    conversation; `rules`, `catch_up` and `show` are for every network.
    """
    filters = {name: Filters(ignore=people) for name, people in (ignore or {}).items()} | (filters or {})
    prefix = prefix or {}
    rooms = {name: tuple(entry(text, show) for text in texts) for name, texts in conversations.items()}
    names = dict.fromkeys(entry.network for entries in rooms.values() for entry in entries)
    networks = {
        name: Network(
            name,
            PROTOCOL,
            ScriptedAdapter.NetworkConfig(server=name),
            filters.get(name, EVERYTHING),
            prefix.get(name),
            catch_up or CatchUp(),
            rules or DeliveryRules(),
        )
        for name in names
    }
    return Config(
        networks,
        {
            name: Conversation(name, entries, filters.get(name, EVERYTHING), prefix.get(name))
            for name, entries in rooms.items()
        },
        "Ann",
        folder / "journal.sqlite3",
        media=media or Media(folder=folder / "files"),
    )


@contextlib.contextmanager
def opened(journal: Path | str) -> Iterator[sqlite3.Connection]:
    """A journal's database; what is changed in it is there afterwards."""
    with contextlib.closing(sqlite3.connect(journal)) as database, database:
        yield database


def killed(config: Config, folder: Path, networks: Sequence[str] | None = None) -> Config:
    """What a crash at this very moment would leave: the networks see the connections end, nothing more is
    written. Returns the configuration with the journal as it is on disk, copied to a folder. `networks` are
    the scripted ones, where there are others.
    """
    scripted = networks if networks is not None else list(config.networks)
    for name in scripted:
        ScriptedNetwork.named(name).die()
    for part in ("", "-wal", "-receipts"):
        file = config.journal.with_name(config.journal.name + part)
        if file.exists():
            shutil.copy(file, folder / file.name)
    for name in scripted:
        ScriptedNetwork.named(name).disconnect()  # so that what is left of the process need not wait
    return replace(config, journal=folder / config.journal.name)


@contextlib.asynccontextmanager
async def running(
    config: Config,
    beside: "Callable[[app.Bridge], AbstractAsyncContextManager[None]] | None" = None,
    journal: Callable[[Config, Clock], Journal] | None = None,
    observers: Sequence[Observer] = (),
    clock: Clock = SYSTEM,
) -> AsyncIterator[app.Bridge]:
    """The bridge, running, with every room that can be joined joined."""
    bridge = app.Bridge(config, beside=beside, journal=journal or OPEN, observers=observers, clock=clock)
    task = asyncio.ensure_future(bridge.run())
    try:
        for configured in config.networks.values():
            network = ScriptedNetwork.named(configured.settings.server)
            while network.up and not network.connected:
                assert not task.done(), task.result()
                await asyncio.sleep(0)
        yield bridge
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
