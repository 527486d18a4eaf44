"""Long work beside the relay, which must not stand still for it."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

__all__ = ["aside", "in_steps"]

_SLICE = 0.0005
"""How long a thread keeps the interpreter while the relay asks for it, in seconds: SQLite gives it away at
every step, so that one commit waits for many slices.
"""
_STEP = 100
_MANY = 50_000
"""Objects that the collector looks at in some milliseconds."""

_T = TypeVar("_T")
_before: list[float] = []
"""How long a thread kept the interpreter before each that is at work now."""


async def aside(work: Callable[[], _T]) -> _T:
    """Do what makes much that stays, in a thread."""
    with _uncollected():
        return await asyncio.to_thread(work)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Let the relay interrupt threads more often than usual, and keep the collector from looking at all that
    they make again and again, in one go. There may be several of them at a time.
    """
    if not _before:
        gc.disable()
    _before.append(sys.getswitchinterval())
    sys.setswitchinterval(_SLICE)
    try:
        yield
    finally:
        usual = _before[0]
        _before.pop()
        if not _before:
            if gc.get_count()[0] > _MANY:
                gc.freeze()  # with what lies about and would be collected: that is little beside it
            gc.enable()
            sys.setswitchinterval(usual)


async def in_steps(work: Callable[[_T], object], things: Iterable[_T]) -> None:
    """Do this with each of them, on the loop, which others have after every few."""
    for count, thing in enumerate(things, 1):
        work(thing)
        if count % _STEP == 0:
            await asyncio.sleep(0)
