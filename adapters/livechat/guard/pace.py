"""Paces: how often something may be done by one address, and by all together."""

import math
import re
from dataclasses import dataclass
from typing import Self

from bridge import SYSTEM, Clock, Paces, TokenBucket

__all__ = ["AllowedRate", "SharedPace"]

_MOST = 20_000
"""Addresses that are remembered, for each thing that has a pace."""
_WRITTEN = re.compile(r"([1-9]\d{0,6}) ?/ ?([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class AllowedRate:
    """So many in so many seconds: all at once, and then one after another."""

    most: int
    seconds: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Read `20/m`. Raises ValueError with a sentence."""
        if (found := _WRITTEN.fullmatch(text)) is None:
            raise ValueError("must be so many in so much time, such as 20/m or 100/h")
        return cls(int(found[1]), _UNITS[found[2]])

    @property
    def per_second(self) -> float:
        return self.most / self.seconds


class SharedPace:
    """The pace of each address, and of all."""

    def __init__(self, one: str, everybody: str, clock: Clock = SYSTEM) -> None:
        """Each is a rate as people write it."""
        self._one, self._everybody = AllowedRate.of(one), AllowedRate.of(everybody)
        self._paces = Paces(_MOST, self._one.most, self._one.per_second, clock)
        self._all = TokenBucket(self._everybody.most, self._everybody.per_second, clock)

    def wait(self, address: str) -> float:
        """Let an address (its hash) do it once more: then this is 0. Else nothing was done, and it is for how
        many seconds they should wait.
        """
        if not self._paces.take_now(address):
            return math.ceil(1 / self._one.per_second)
        if not self._all.take_now():
            return math.ceil(1 / self._everybody.per_second)
        return 0
