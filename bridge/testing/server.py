"""What an adapter provides for the demo and the end-to-end tests: a private server."""

import asyncio
import contextlib
import fcntl
import functools
import os
import random
import signal
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from .person import Person

__all__ = ["Demo", "Server", "free_port"]

# A server that gives up root's rights also gives up being told of our death by the kernel: so a shell
# holds the other end of a pipe of ours, and kills the server when that is closed, however we ended.
_GUARD = """\
exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ read _ <&3; kill -KILL $server; } & reader=$!
trap : TERM
wait $server
while kill -0 $server 2>/dev/null; do wait $server; done
kill $reader 2>/dev/null
wait $reader 2>/dev/null
"""


def free_port() -> int:
    """Return a port of the loopback that is free, and that nobody else is given while this process lives.

    The system gives away ports from 32768 on (Linux, ip_local_port_range): one that was free there can belong
    to somebody else before a server listens on it. Below, two who ask at the same time must not be given the
    same one: a server that is slow to listen would find the other's there. Raises OSError when a hundred are
    taken.
    """
    for _ in range(100):
        port = random.randrange(10_240, 32_768)  # noqa: S311 - no secret
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            if _reserve(port):
                return port
    raise OSError("no port is free on 127.0.0.1 from 10240 to 32767: end what listens there")


_RESERVED: set[int] = set()


@functools.cache
def _reservations() -> int:
    """Return a descriptor of a file of which each process that asks for ports locks their bytes. It is there
    on every machine, so that none is left behind, and nobody else locks it.
    """
    return os.open("/dev/zero", os.O_RDWR)


def _reserve(port: int) -> bool:
    """Keep a port for this process until it ends. Returns False when it is kept by this one or another."""
    if port in _RESERVED:  # fcntl(2): a process is never in its own way
        return False
    try:
        fcntl.lockf(_reservations(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except (BlockingIOError, PermissionError):
        return False
    _RESERVED.add(port)
    return True


class Server:
    """A server's process, in a group of its own, that does not outlive us."""

    def __init__(self, folder: Path, name: str) -> None:
        """Prepare a server, whose output goes to NAME.log in the folder."""
        self._folder = folder
        self._log = folder / f"{name}.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(
        self, command: Callable[[int], Sequence[str]], *, port: int | None = None, patience: float = 15.0
    ) -> int:
        """Start it on a free port, or on this one again, and wait until it listens. Returns the port.

        `command` writes the settings for a port, and gives the command. Raises OSError when the server ends
        at once, on other ports too; TimeoutError when it takes longer than `patience` seconds.
        """
        for number in [port] if port else [free_port() for _ in range(3)]:
            process = await self.run(*command(number))
            try:
                async with asyncio.timeout(patience):
                    while process.returncode is None:
                        if await _listens(number):
                            return number
                        await asyncio.sleep(0.02)
            except BaseException:
                await self.stop()
                raise
        raise OSError(f"it ended at once: see {self._log}")

    async def run(self, *command: str) -> asyncio.subprocess.Process:
        """Start it, and wait for nothing."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                "sh", "-c", _GUARD, "guard", *command,
                cwd=self._folder, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        return self._process

    async def stop(self, *, patience: float = 2.0) -> None:
        """End it and all that it started: politely for `patience` seconds, then by force."""
        process, self._process = self._process, None
        if process is None:
            return
        for sign, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            if wait:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._end(process, sign)
                        return

    @staticmethod
    async def _end(process: asyncio.subprocess.Process, sign: signal.Signals) -> None:
        """Send a signal, and wait for the end of the whole group: what a server started may end after it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
            await process.wait()
            while True:
                os.killpg(process.pid, 0)
                await asyncio.sleep(0.01)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


class Demo(ABC):
    """A private server on free loopback ports, its data in one folder; nothing is left when it stops."""

    title: ClassVar[str]
    """The server's name, for people."""
    debian: ClassVar[tuple[str, ...]] = ()
    """The Debian packages that it needs."""
    resident: ClassVar[str] = ""
    """What the demo calls a device or a bot that is there; empty: people are, with names of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """Return the name of what is missing; None: the server is installed."""

    @abstractmethod
    async def start(self) -> Mapping[str, str]:
        """Start the server. Returns the environment that the demo's configuration names for this protocol.

        Raises OSError or TimeoutError, with a sentence, when it does not come up.
        """

    @abstractmethod
    async def stop(self) -> None:
        """Stop the server and everything it started."""

    @abstractmethod
    async def person(self, name: str, room: str | None = None) -> Person:
        """Return somebody who has joined a room; None: the demo's own room."""

    @abstractmethod
    def invitation(self) -> str:
        """Say how to join with an own client: what kind, then server, account and room, a line each."""
