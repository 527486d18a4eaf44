"""Ephemeral commands, done at once or never: typing and read marks."""

import asyncio
import logging

from adapters.matrix.client.api import MatrixClient
from bridge import AdapterError, MarkRead, RateLimited, SetTyping

__all__ = ["Hints"]

log = logging.getLogger(__name__)

_Hint = tuple[MatrixClient, SetTyping | MarkRead]


class Hints:
    """Makes one request at a time in each room; a newer command replaces an older one that still waits."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client
        self._wanted: dict[str, dict[tuple[type, str], _Hint]] = {}
        """Commands that wait, by room, for rooms that have a task."""
        self._tasks: set[asyncio.Task[None]] = set()

    def give(
        self, wire: str, user: str, command: SetTyping | MarkRead, client: MatrixClient | None = None
    ) -> None:
        """Do this soon, unless a newer one of its kind comes first; with the user's own client, if it is not
        the bot who does it.
        """
        what, hint = (type(command), user), (client or self._client, command)
        wanted = self._wanted.get(wire)
        if wanted is not None:
            wanted[what] = hint
            return
        self._wanted[wire] = {what: hint}
        task = asyncio.get_running_loop().create_task(self._work(wire))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Drop what is not done yet."""
        for task in self._tasks:
            task.cancel()
        self._wanted.clear()

    async def _work(self, wire: str) -> None:
        wanted = self._wanted[wire]
        try:
            while wanted:
                (_, user), (client, command) = first = next(iter(wanted.items()))
                del wanted[first[0]]
                try:
                    await _do(client, wire, user, command)
                except RateLimited as error:
                    await asyncio.sleep(error.retry_after)
                except AdapterError as error:
                    log.debug("nothing came of a hint in %s: %s", wire, error)
        finally:
            if self._wanted.get(wire) is wanted:
                del self._wanted[wire]


async def _do(client: MatrixClient, wire: str, user: str, command: SetTyping | MarkRead) -> None:
    if isinstance(command, SetTyping):
        await client.type(wire, user, typing=command.typing)
    else:
        await client.mark_read(wire, command.target.id)
