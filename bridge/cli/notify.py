"""Tells systemd, or whoever else started the service and asked to be told, how it stands (sd_notify(3))."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

from bridge.clock import SYSTEM
from bridge.config.words import counted, printable
from bridge.secrets import strike
from bridge.status import Status
from bridge.troubles import troubles

__all__ = ["Notifier", "sentence"]

log = logging.getLogger(__name__)

_EVERY = 5.0
"""Seconds between two looks at how the service stands."""
_LASTING = frozenset({"READY", "STATUS"})
"""Words that still count when they are told later."""
_LONGEST = 300
"""Characters of a sentence: it is shown in one line."""


class Notifier:
    """The socket that the environment names; where it names none, nobody is told anything."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = name.replace("@", "\0", 1) if name.startswith("@") else name
        self._socket: socket.socket | None = None
        self._untold: dict[str, str] = {}
        """What found no place where it waits to be read, and is told again."""
        self._alive_every = 0.0
        """Seconds between two signs of life; 0: nobody waits for them."""
        if name.startswith(("/", "@")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
            if environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
                every = environment.get("WATCHDOG_USEC", "")
                self._alive_every = int(every) / 1e6 / 2 if every.isdecimal() else 0.0

    def tell(self, **words: str) -> None:
        """Send these, each a word of systemd's and its value."""
        if self._socket is None:
            return
        words = self._untold | words
        text = "\n".join(f"{word}={value}" for word, value in words.items())
        self._untold = {}
        try:
            self._socket.sendto(text.encode("utf-8", "backslashreplace"), self._address)
        except BlockingIOError:
            self._untold = {word: value for word, value in words.items() if word in _LASTING}
        except OSError as error:
            log.debug("how the service stands cannot be told: %s", error)

    @contextlib.asynccontextmanager
    async def following(self, status: Callable[[], Awaitable[Status]]) -> AsyncIterator[None]:
        """Tell that the service is ready, then how it stands while it runs, and in the end that it stops."""
        if self._socket is None:
            yield
            return
        self.tell(READY="1", STATUS="relaying")
        tasks = [asyncio.create_task(self._live()), asyncio.create_task(self._follow(status))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            self.tell(STOPPING="1", STATUS="what is on its way arrives")

    @contextlib.contextmanager
    def reloading(self) -> Iterator[None]:
        """Tell that another map is being followed, until it is."""
        self.tell(RELOADING="1", MONOTONIC_USEC=str(int(SYSTEM.monotonic() * 1e6)))
        try:
            yield
        finally:
            self.tell(READY="1")

    async def _live(self) -> None:
        """Give signs of life from the loop, which writes the journal too: neither may hang. A disk that is
        full is no death: no restart makes room, and all goes on by itself when there is some.
        """
        while self._alive_every:
            self.tell(WATCHDOG="1")
            await asyncio.sleep(self._alive_every)

    async def _follow(self, status: Callable[[], Awaitable[Status]]) -> None:
        told = ""
        while True:
            try:
                now = sentence(await status())
            except Exception as error:  # noqa: BLE001 whatever it is, the service goes on
                now = f"how it stands is not known ({error})"
            if now != told:
                told = now
                self.tell(STATUS=strike(printable(now))[:_LONGEST])
            elif self._untold:
                self.tell()
            await asyncio.sleep(_EVERY)


def sentence(status: Status) -> str:
    """Say in one line how the service stands."""
    found = troubles(status)
    if not found:
        rooms = sum(len(network.rooms) for network in status.networks.values())
        return f"relaying {counted(rooms, 'room')} on {counted(len(status.networks), 'network')}"
    worst = found[0]
    more = f" (and {counted(len(found) - 1, 'more trouble')})" if len(found) > 1 else ""
    return f"{worst.sentence}{more}"
