"""Says what is wrong, and not a thousand times: what goes wrong once often goes wrong with every message."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from .clock import SYSTEM, Clock

__all__ = ["Complaints", "wordless"]

_AGAIN = 3600.0
"""Seconds after which the same is said again, with how often it happened; then always twice as long."""
_DAY = 86400.0
_MOST = 1000


@dataclass(slots=True)
class _Told:
    """What was said of one thing."""

    again: float
    """When it may be said again."""
    pause: float
    count: int = 0
    """How often it happened since it was said."""


class Complaints:
    """What was complained of, and when."""

    __slots__ = ("_clock", "_log", "_told")

    def __init__(self, log: logging.Logger, clock: Clock = SYSTEM) -> None:
        self._log = log
        self._clock = clock
        self._told: dict[str, _Told] = {}
        """By what is wrong."""

    def tell(
        self,
        what: str,
        sentence: str,
        error: BaseException | None = None,
        level: int = logging.ERROR,
        keys: Mapping[str, object] | None = None,
    ) -> None:
        """Log this sentence, with where the error was raised, unless the same is known to be wrong: then only
        for who wants to know all. `keys` are those of the line (`whose.about`).
        """
        now = self._clock.monotonic()
        told = self._told.get(what)
        if told is not None and now < told.again:
            told.count += 1
            self._log.debug("%s", sentence, extra=keys)
            return
        if told is None and len(self._told) >= _MOST:
            self._told.clear()
        pause = _AGAIN if told is None else min(told.pause * 2, _DAY)
        self._told[what] = _Told(now + pause, pause)
        often = f" ({told.count} times more since this was said)" if told and told.count else ""
        self._log.log(level, "%s%s", sentence, often, exc_info=error, extra=keys)

    def over(self, beginning: str) -> None:
        """Forget what begins like this: it is not wrong any more, and when it is again, that is news."""
        for what in [what for what in self._told if what.startswith(beginning)]:
            del self._told[what]

    def safely(self, what: str, do: Callable[[], object]) -> bool:
        """Do one of several things that have to be done whatever becomes of the others. Returns whether it
        worked.
        """
        try:
            do()
        except Exception as error:  # noqa: BLE001 whatever it is, the others have to be done
            self.tell(what, f"{what} failed: a bug ({error!r})", error)
            return False
        return True


def wordless(error: BaseException | None) -> BaseException | None:
    """Return what a log may have of an error by a bug: its kind and where it was raised. Its words may be
    what somebody said.
    """
    if error is None:
        return None
    known = type(error)
    made = type(known.__name__, (Exception,), {"__module__": known.__module__})()
    return cast("Exception", made).with_traceback(error.__traceback__)
