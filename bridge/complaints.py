"""Says what is wrong, and not a thousand times: what goes wrong once often goes wrong with every message."""

import logging
import time
from collections.abc import Callable

__all__ = ["Complaints"]

_AGAIN = 3600.0
"""Seconds after which the same is said again, with how often it happened."""
_MOST = 1000


class Complaints:
    """What was complained of, and when."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told: dict[str, tuple[float, int]] = {}
        """By what is wrong: when it was said last, and how often it happened since."""

    def tell(self, what: str, sentence: str, error: BaseException | None = None) -> None:
        """Log this sentence, with where the error was raised, unless the same is known to be wrong."""
        now = time.monotonic()
        when, count = self._told.get(what, (-_AGAIN, 0))
        if now - when < _AGAIN:
            self._told[what] = (when, count + 1)
            return
        if len(self._told) >= _MOST:
            self._told.clear()
        self._told[what] = (now, 0)
        often = f" ({count} times more in the last hour)" if count else ""
        self._log.error("%s%s", sentence, often, exc_info=error)

    def safely(self, what: str, do: Callable[[], object]) -> bool:
        """Do one of several things that have to be done whatever becomes of the others; whether it worked."""
        try:
            do()
        except Exception as error:  # noqa: BLE001 whatever it is, the others have to be done
            self.tell(what, f"{what} failed: a bug ({error!r})", error)
            return False
        return True
