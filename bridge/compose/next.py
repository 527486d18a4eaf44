"""What becomes of a delivery next."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from bridge.journal import Delivery, Progress
from bridge.model import Command

__all__ = ["BEHIND", "Behind", "Flying", "Next", "Promise", "Step", "Wait"]


@dataclass(frozen=True, slots=True)
class Step:
    """One command is sent."""

    command: Command
    then: Progress | None
    """How far the delivery has come with it; None: it is done."""
    way: str = ""
    """Whose connection it goes by, where speakers have their own. What goes the same way stays in order."""


class Flying(Protocol):
    """What is on its way: a step of a delivery."""

    delivery: Delivery
    step: Step


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


class Behind(Enum):
    """It goes another way than what is on its way, and waits until that is confirmed."""

    BEHIND = "behind"


BEHIND = Behind.BEHIND

Next: TypeAlias = Step | Wait | Promise | Behind | None
"""None: there is nothing more to do."""
