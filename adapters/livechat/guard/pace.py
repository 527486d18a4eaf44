"""How often something may be done: by one address, and by all together."""

import math
import re
from dataclasses import dataclass
from typing import ClassVar, Self

from bridge import SYSTEM, Clock, Paces, TokenBucket

__all__ = ["Rate", "SharedPace"]

_MOST = 20_000
"""Addresses that are remembered, for each thing that has a pace."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds: all at once, and then one after another."""

    PATTERN: ClassVar[str] = r"^([1-9]\d{0,6})\s*/\s*([smhd])$"

    most: int
    seconds: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read `20/m`; None: it is no rate."""
        found = re.fullmatch(cls.PATTERN, text.strip())
        return None if found is None else cls(int(found[1]), _UNITS[found[2]])

    def __str__(self) -> str:
        unit = next(unit for unit, seconds in _UNITS.items() if seconds == self.seconds)
        return f"{self.most}/{unit}"

    @property
    def per_second(self) -> float:
        return self.most / self.seconds


class SharedPace:
    """The pace of each address, and of all."""

    def __init__(self, one: Rate, everybody: Rate, clock: Clock = SYSTEM) -> None:
        self._one, self._everybody = one, everybody
        self._paces = Paces(_MOST, one.most, one.per_second, clock)
        self._all = TokenBucket(everybody.most, everybody.per_second, clock)

    def wait(self, address: str) -> float:
        """Let an address (its hash) do it once more: then this is 0. Else nothing was done, and it is for how
        many seconds they should wait.
        """
        if not self._paces.take_now(address):
            return math.ceil(1 / self._one.per_second)
        if not self._all.take_now():
            return math.ceil(1 / self._everybody.per_second)
        return 0
