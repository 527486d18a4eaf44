"""Long work beside the relay, which must not stand still for it."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["aside", "in_steps", "kill", "pieces_aside", "read_aside"]

_SLICE = 0.0005
"""How long a thread keeps the interpreter while the relay asks for it, in seconds: SQLite gives it away at
every step, so that one commit waits for many slices.
"""
_STEP = 100
_PIECE = 64 * 1024
_MANY = 50_000
"""Objects that the collector looks at in some milliseconds."""

_T = TypeVar("_T")
_before: list[float] = []
"""How long a thread kept the interpreter before each that is at work now."""
_makers: list[None] = []
"""One for each of them that makes much that stays."""


async def aside(work: Callable[[], _T]) -> _T:
    """Do what makes much that stays, in a thread."""
    with _interrupted(), _uncollected():
        return await asyncio.to_thread(work)


async def read_aside(work: Callable[[], _T]) -> _T:
    """Read what leaves little behind, in a thread."""
    with _interrupted():
        return await asyncio.to_thread(work)


async def pieces_aside(make: Callable[[], Iterator[bytes]]) -> AsyncGenerator[bytes, None]:
    """Yield the pieces of something long, which are made one after another in one thread, and only as fast as
    somebody takes them. To be closed (`aclosing`), which closes the iterator in its thread.
    """
    loop = asyncio.get_running_loop()
    own = ThreadPoolExecutor(1, "pieces")
    try:
        with _interrupted():
            pieces = await loop.run_in_executor(own, _gathered, make)
            try:
                while piece := await loop.run_in_executor(own, next, pieces, b""):
                    yield piece
            finally:
                own.submit(pieces.close)
    finally:
        own.shutdown(wait=False)


def _gathered(make: Callable[[], Iterator[bytes]]) -> Generator[bytes, None, None]:
    """Yield larger pieces: each that is handed over costs as much as many bytes."""
    gathered = bytearray()
    for piece in make():
        gathered += piece
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


@contextlib.contextmanager
def _interrupted() -> Iterator[None]:
    """Let the relay interrupt threads more often than usual. There may be several of them at a time."""
    _before.append(sys.getswitchinterval())
    sys.setswitchinterval(_SLICE)
    try:
        yield
    finally:
        usual = _before[0]
        _before.pop()
        if not _before:
            sys.setswitchinterval(usual)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector from looking at all that is made again and again, in one go."""
    if not _makers:
        gc.disable()
    _makers.append(None)
    try:
        yield
    finally:
        _makers.pop()
        if not _makers:
            if gc.get_count()[0] > _MANY:
                gc.freeze()  # with what lies about and would be collected: that is little beside it
            gc.enable()


def kill(process: Process) -> None:
    """End a process at once, unless it has ended. Its own `kill` first looks whether it has, and so takes its
    end away from asyncio, which then logs that the process is unknown and makes up how it ended.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


async def in_steps(work: Callable[[_T], object], things: Iterable[_T]) -> None:
    """Do this with each of them, on the loop, which others have after every few."""
    for count, thing in enumerate(things, 1):
        work(thing)
        if count % _STEP == 0:
            await asyncio.sleep(0)
