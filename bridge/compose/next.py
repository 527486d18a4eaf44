"""What becomes of a delivery next."""

from dataclasses import dataclass
from typing import TypeAlias

from bridge.journal import Progress
from bridge.model import Command

__all__ = ["Next", "Promise", "Step", "Wait"]


@dataclass(frozen=True, slots=True)
class Step:
    """One command is sent."""

    command: Command
    then: Progress | None
    """How far the delivery has come with it; None: it is done."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet."""

    until: float | None
    """By the monotonic clock; None: others need not wait for it."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The files are late: from here on the words promise them, or others pass. To be on record before
    anything is said, so that nobody takes what is said later for something of another kind.
    """

    then: Progress


Next: TypeAlias = Step | Wait | Promise | None
"""None: there is nothing more to do."""
