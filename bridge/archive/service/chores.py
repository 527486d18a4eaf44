"""Has done what is due in the archive, from time to time."""

import asyncio
import contextlib
from collections.abc import Callable

from bridge.archive.filing.questions import Chores
from bridge.archive.filing.rules import filing_rules
from bridge.archive.process.questions import Tidying
from bridge.clock import Clock
from bridge.config import Config
from bridge.errors import ArchiveError

from .child import ArchiveProcess
from .wanted import Wanted

__all__ = ["do_chores", "tidy"]

_BREATH, _REST, _HOUR = 0.02, 10.0, 3600.0
"""How long nothing is asked for, in seconds: while there is more to do, when there is not, and where nothing
more is archived.
"""


async def do_chores(
    process: ArchiveProcess, active: Callable[[], bool], config: Callable[[], Config], clock: Clock
) -> None:
    """Have what is due done, a little at a time, until cancelled: also where nothing is archived any more
    (`active`), since what is there has to go in time.
    """
    while True:
        if active() or await asyncio.to_thread(process.file.exists):
            more = True
            with contextlib.suppress(ArchiveError):  # which is told otherwise
                while more:
                    more = await process.ask(Chores(filing_rules(config())))
                    await clock.sleep(_BREATH)
                if not active():
                    await process.rest()
        await clock.sleep(_REST if active() else _HOUR)


async def tidy(process: ArchiveProcess, wanted: Wanted, clock: Clock) -> None:
    """Have files deleted that are kept for nothing, now and then, until cancelled."""
    while True:
        await clock.sleep(_HOUR)
        if any(kept.files for kept in wanted.policy.kept.values()):
            with contextlib.suppress(ArchiveError):  # which is told otherwise
                await process.ask(Tidying())
