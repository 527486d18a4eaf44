"""Asks the process that opens pictures. There is one at most: when it is needed, and a minute longer."""

import asyncio
import base64
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from bridge.aside import kill
from bridge.errors import TemporaryFailure

from .cache import Picture

__all__ = ["Pictures", "Shrunk"]

log = logging.getLogger(__name__)

_SCRIPT = Path(__file__).with_name("draw.py")
_ENVIRONMENT = ("LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "PYTHONPATH")
_LONGEST = 10.0
"""Seconds for one picture."""
_IDLE = 60.0


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A small square picture."""

    data: bytes
    type: str
    side: int
    """Its width and height, in pixels."""


class Pictures:
    """Measures pictures and makes small ones of them, one after the other."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def look(self, path: Path, small: Path, size: int) -> Picture | None:
        """Return the picture's measures, and write its thumbnail to `small`. None: it cannot be read."""
        try:
            return await self._answer([str(path), str(small), size], Picture)
        except TemporaryFailure:
            return None

    async def shrink(self, data: bytes) -> Shrunk | None:
        """Return the middle of a picture, or of its first frame, as a small one; None: it cannot be read.

        Raises TemporaryFailure when the process failed at it: that may be the picture's fault, or not.
        """
        return await self._answer(base64.b64encode(data).decode(), Shrunk)

    async def _answer(self, request: str | list[str | int], kind: type[T]) -> T | None:
        """Return what the process says of a picture; None: it cannot be read. Raises TemporaryFailure."""
        async with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            try:
                async with asyncio.timeout(_LONGEST):
                    return await self._ask(request, kind)
            except (OSError, ValueError, TimeoutError, msgspec.MsgspecError) as error:
                log.info("a picture could not be looked at: %s", type(error).__name__)
                await self._end()
                raise TemporaryFailure("the picture could not be looked at") from error
            except asyncio.CancelledError:
                await self._end()
                raise
            finally:
                self._idle = asyncio.get_running_loop().call_later(_IDLE, self._rest)

    async def _ask(self, request: str | list[str | int], kind: type[T]) -> T | None:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        await process.stdin.drain()
        answer = await process.stdout.readline()
        return None if answer == b"{}\n" else msgspec.json.decode(answer, type=kind)

    async def _start(self) -> Process:
        # -P: nothing beside the script is importable. The environment is cut down: it may hold passwords.
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment["MALLOC_ARENA_MAX"] = (
            "2"  # decoders' threads, of which each would take a share of the address space
        )
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", str(_SCRIPT), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
        )

    def _rest(self) -> None:
        task = asyncio.ensure_future(self.close())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """End the process, if there is one."""
        async with self._turn:
            if self._idle is not None:
                self._idle.cancel()
                self._idle = None
            await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            kill(process)
            await process.wait()
