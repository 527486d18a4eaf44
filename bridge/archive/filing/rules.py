"""What the configuration says of filing, for whoever writes the archive; and who has it done."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from bridge.archive.process.questions import Inquiry
from bridge.clock import Clock
from bridge.config import Config
from bridge.errors import ArchiveError

from .questions import Chores, FilingRules

__all__ = ["ChoreSource", "do_chores", "filing_rules"]

A = TypeVar("A")

_BREATH, _REST, _HOUR = 0.02, 10.0, 3600.0
"""How long nothing is asked for, in seconds: while there is more to do, when there is not, and where nothing
more is archived.
"""


class ChoreSource(Protocol):
    """What the chores are about."""

    @property
    def active(self) -> bool:
        """Whether anything is archived now."""

    @property
    def file(self) -> Path:
        """The archive's file."""

    async def ask(self, question: Inquiry[A]) -> A:
        """Ask its process. Raises ArchiveError."""

    async def rest(self) -> None:
        """Let its process end: it is started when somebody asks."""


def filing_rules(config: Config) -> FilingRules:
    """Return it."""
    archive = config.archive
    mail, digest = archive.mail, archive.digest
    secret = {"password": mail.password.get_secret_value()} if mail is not None and mail.password else {}
    return FilingRules(
        tags=archive.tags,
        searches=archive.searches,
        mail=mail.model_dump(mode="json", by_alias=True) | secret if mail is not None else None,
        digest=digest.model_dump(mode="json") if digest is not None else None,
    )


async def do_chores(archive: ChoreSource, config: Callable[[], Config], clock: Clock) -> None:
    """Have what is due done, a little at a time, until cancelled: also where nothing more is archived, since
    what is there has to go in time.
    """
    while True:
        if archive.active or await asyncio.to_thread(archive.file.exists):
            more = True
            with contextlib.suppress(ArchiveError):  # which is told otherwise
                while more:
                    more = await archive.ask(Chores(filing_rules(config())))
                    await clock.sleep(_BREATH)
                if not archive.active:
                    await archive.rest()
        await clock.sleep(_REST if archive.active else _HOUR)
