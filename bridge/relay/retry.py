"""What to do about a command that failed: give it up, or try again, and when."""

import logging
import random
import re
from collections.abc import Callable, Mapping

from bridge.clock import SYSTEM, Clock
from bridge.complaints import Complaints
from bridge.errors import (
    AdapterError,
    ConnectionLost,
    FormRefused,
    RateLimited,
    Rejected,
    RoomUnavailable,
    TemporaryFailure,
    Unsupported,
)
from bridge.journal import Delivery

__all__ = ["Retries", "leaves_doubt"]

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0
_REFUSED = 30.0
_REFUSALS = 3
"""How often a message is refused before it is given up, where others were refused before it."""
_ALONE = 5
"""So many are believed, one after the other, to be refused alone."""
_LONGEST_REFUSAL = 600.0


class Retries:
    """Counts what fails in one room, one after the other."""

    def __init__(
        self,
        title: str,
        clock: Clock = SYSTEM,
        logged: Callable[[object], str] = str,
        about: Callable[[int | None], Mapping[str, str | int]] = lambda _: {},
    ) -> None:
        """`logged` gives a reason as the log may have it, `about` the keys of a line about a delivery."""
        self._title = title
        self._logged = logged
        self._about = about
        self._failures = 0
        self._refusals = 0
        self._alone = 0
        self._complaints = Complaints(log, clock)
        self.closed = False
        """Whether the room takes no messages at all now."""
        self._troubled = False
        """Whether something was complained of since something arrived."""

    def rewarded(self) -> None:
        """Note that something arrived."""
        if self._troubled:
            self._troubled = False
            self._complaints.over("refused")
            self._complaints.over("unavailable")
        self._failures = self._refusals = self._alone = 0
        self.closed = False

    def ends(self, error: BaseException, delivery: Delivery) -> bool:
        """Whether this is the end of the message. A refusal is the message's once, the room's when it
        repeats: then the room is given time, so that its whole queue is not lost to its mood. That it
        takes others is believed a few times.
        """
        if not isinstance(error, AdapterError):
            return True
        if not isinstance(error, Rejected):
            return isinstance(error, Unsupported)
        if error.alone and self._alone < _ALONE:
            self._alone += 1
            return True
        self._refusals += 1
        delivery.refused += 1
        return self._refusals == 1 or delivery.refused >= _REFUSALS

    def pause(self, error: AdapterError, delivery: int | None = None) -> float | None:
        """Return how long to wait before trying again, in seconds; None: until the room is joined again.
        `delivery` is the number of what failed.
        """
        keys = self._about(delivery)
        self.closed = isinstance(error, RoomUnavailable)
        if isinstance(error, ConnectionLost):
            return None
        if isinstance(error, RoomUnavailable):
            self._tell("unavailable", "takes no messages now", error, keys, logging.WARNING)
            return error.retry_after
        if isinstance(error, Rejected):
            self._tell("refused", "refuses one message after the other, trying again later", error, keys)
            return min(_REFUSED * 2.0 ** (self._refusals - 2), _LONGEST_REFUSAL)
        if isinstance(error, RateLimited):
            self._tell("limited", f"asks to wait {error.retry_after:.1f} s", error, keys)
            return error.retry_after
        self._failures += 1
        if isinstance(error, FormRefused) and self._failures == 1:
            log.info("%s: the words go again without their form: %s", self._title, error, extra=keys)
            return 0.0
        self._tell("refused", "did not take a message, trying again", error, keys)
        return min(2.0 ** min(self._failures, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311 jitter

    def _tell(
        self,
        kind: str,
        what: str,
        error: AdapterError,
        keys: Mapping[str, str | int],
        level: int = logging.INFO,
    ) -> None:
        """Log a complaint once, and the same again rarely."""
        self._troubled = True
        same = re.sub(r"\d+", "0", str(error))
        sentence = f"{self._title} {what}: {self._logged(error)}"
        self._complaints.tell(f"{kind} {same}", sentence, level=level, keys=keys)


def leaves_doubt(error: BaseException) -> bool:
    """Whether the message may have arrived all the same."""
    if isinstance(error, RoomUnavailable):
        return error.retry_after is None
    return isinstance(error, ConnectionLost | TemporaryFailure)
