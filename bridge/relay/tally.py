"""What is counted on the way of a message: plain numbers, which whoever looks on reads."""

from bisect import bisect_left
from collections import defaultdict

__all__ = ["BOUNDS", "Spread", "Tally"]

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
"""The upper bounds of what is counted together, in seconds; what is longer has a count of its own."""


class Spread:
    """How long things took."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        """How many took no longer than each bound and longer than the one before."""
        self.seconds = 0.0
        """All of them together."""

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def merge(self, other: "Spread") -> None:
        """Count all that another one has counted."""
        self.counts = [one + two for one, two in zip(self.counts, other.counts, strict=True)]
        self.seconds += other.seconds


class Tally:
    """What was counted for one network since the start."""

    __slots__ = ("given_up", "taken", "waits")

    def __init__(self) -> None:
        self.taken = 0
        """Events that came from it."""
        self.waits = defaultdict[int, Spread](Spread)
        """How long after it was said something arrived there whole, by the room that it came from."""
        self.given_up = 0
        """Deliveries that will not arrive."""
