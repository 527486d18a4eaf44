"""Long work beside the relay, which must not stand still for it."""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

__all__ = ["aside", "in_steps"]

_SLICE = 0.0005
"""How long a thread keeps the interpreter while the relay asks for it, in seconds: SQLite gives it away at
every step, so that one commit waits for many slices.
"""
_STEP = 100

_T = TypeVar("_T")


async def aside(work: Callable[[], _T]) -> _T:
    """Do what makes much that stays, in a thread. To be called for one thing at a time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SLICE)
    gc.disable()  # it would look at all of it again and again, in one go
    try:
        return await asyncio.to_thread(work)
    finally:
        gc.freeze()
        gc.enable()
        sys.setswitchinterval(before)


async def in_steps(work: Callable[[_T], object], things: Iterable[_T]) -> None:
    """Do this with each of them, on the loop, which others have after every few."""
    for count, thing in enumerate(things, 1):
        work(thing)
        if count % _STEP == 0:
            await asyncio.sleep(0)
