"""The composition root: builds everything from a configuration, and runs it."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from .adapter import Adapter, find
from .config import Config
from .journal import Journal
from .model import Event
from .relay import Router, compile_routes
from .supervisor import Supervisor

__all__ = ["introduction", "run"]

log = logging.getLogger(__name__)

_PATROL = 5.0
_DRAIN = 2.0
"""How long a stop waits for the confirmations of what is on its way, in seconds."""


async def run(
    config: Config,
    *,
    watch: Callable[[str, Event], None] | None = None,
    adapters: dict[str, Adapter] | None = None,
) -> None:
    """Relay until cancelled.

    `watch` is called with each event and the name of its network. `adapters` are used in place of
    those that the configuration names. Raises JournalError when the journal cannot be used.
    """
    if adapters is None:
        adapters = build(config)
    journal = Journal(config.journal)
    try:
        router = Router(compile_routes(config, journal.number), adapters, journal)
        router.watch = watch
        await _serve(config, adapters)
        log.info("relaying %d conversations on %d networks", len(config.conversations), len(adapters))
        await _relay(router, adapters)
    finally:
        journal.close()


def build(config: Config) -> dict[str, Adapter]:
    """An adapter for each network that a conversation uses."""
    used = {entry.network for conversation in config.conversations.values() for entry in conversation.rooms}
    text = introduction(config)
    return {
        name: find(network.protocol)(name, network.settings, text)
        for name, network in config.networks.items()
        if name in used
    }


def introduction(config: Config) -> str:
    """What the bot says of itself: what it relays, and who answers for it."""
    names = ", ".join(config.conversations)
    owner = config.owner or "the people who invited me"
    return (
        "I am a bridge (Hubbub) and no person: I carry what is said between rooms on several networks "
        f"({names}). I do not read private messages. For questions, ask {owner}."
    )


async def _serve(config: Config, adapters: dict[str, Adapter]) -> None:
    for name, adapter in adapters.items():
        rooms = {
            entry.room: entry.settings
            for conversation in config.conversations.values()
            for entry in conversation.rooms
            if entry.network == name
        }
        await adapter.serve(rooms)


async def _relay(router: Router, adapters: dict[str, Adapter]) -> None:
    """Run the workers and the networks; when cancelled, let what is on its way arrive."""
    supervisors = {
        name: Supervisor(adapter, router.emit(name), partial(router.offline, name))
        for name, adapter in adapters.items()
    }
    async with asyncio.TaskGroup() as networks:
        for supervisor in supervisors.values():
            networks.create_task(supervisor.run())
        networks.create_task(_patrol(router, supervisors))
        try:
            async with asyncio.TaskGroup() as workers:
                for worker in router.workers.values():
                    workers.create_task(worker.run())
        finally:
            await _drain(router)


async def _patrol(router: Router, supervisors: dict[str, Supervisor]) -> None:
    """Find connections that seem alive and confirm nothing."""
    while True:
        await asyncio.sleep(_PATROL)
        for network in router.overdue():
            supervisors[network].restart("a confirmation is overdue")


async def _drain(router: Router) -> None:
    outstanding = [future for worker in router.workers.values() for future in worker.on_their_way()]
    if outstanding:
        await asyncio.wait(outstanding, timeout=_DRAIN)
