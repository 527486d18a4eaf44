"""Ephemeral commands, done at once or never: typing and read marks."""

import asyncio
import logging

from adapters.matrix.client.api import MatrixClient
from bridge import AdapterError, FleetingCommand, RateLimited, SetTyping, Whisper

__all__ = ["Hints"]

log = logging.getLogger(__name__)


class Hints:
    """Makes one request at a time in each room; a newer command replaces an older one that still waits."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client
        self._wanted: dict[str, dict[type, FleetingCommand]] = {}
        """Commands that wait, by room, for rooms that have a task."""
        self._tasks: set[asyncio.Task[None]] = set()

    def give(self, wire: str, own: str, command: FleetingCommand) -> None:
        """Do this soon, unless a newer one of its kind comes first."""
        wanted = self._wanted.get(wire)
        if wanted is not None:
            wanted[type(command)] = command
            return
        self._wanted[wire] = {type(command): command}
        task = asyncio.get_running_loop().create_task(self._work(wire, own))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Drop what is not done yet."""
        for task in self._tasks:
            task.cancel()
        self._wanted.clear()

    async def _work(self, wire: str, own: str) -> None:
        wanted = self._wanted[wire]
        try:
            while wanted:
                command = wanted.pop(next(iter(wanted)))
                try:
                    await self._do(wire, own, command)
                except RateLimited as error:
                    await asyncio.sleep(error.retry_after)
                except AdapterError as error:
                    log.debug("nothing came of a hint in %s: %s", wire, error)
        finally:
            if self._wanted.get(wire) is wanted:
                del self._wanted[wire]

    async def _do(self, wire: str, own: str, command: FleetingCommand) -> None:
        if isinstance(command, Whisper):
            return  # the record says NO
        if isinstance(command, SetTyping):
            await self._client.type(wire, own, typing=command.typing)
        else:
            await self._client.mark_read(wire, command.target.id)
