"""From when to when nobody can tell what was said in a room, and what people are told of it.

The log always knows. A line in the rooms is worth only what the owner says (`tell_gap`): a restart of some
seconds is not, unless it comes again and again.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Gap", "Gaps"]

log = logging.getLogger(__name__)

_PAUSE = 600.0
"""Seconds between two lines about the same room, and in which short gaps add up."""
_SAME = 1.0
"""Seconds within which a gap of which nobody knows since when is the one before."""
_SPANS = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


@dataclass(slots=True)
class Gap:
    """What could not be heard of a room, as far as nobody was told yet."""

    times: int = 0
    until: float = 0.0
    seconds: float = 0.0
    """Of all times together; negative: nobody knows."""
    unheard: bool = False
    """Whether nobody can tell what was said."""
    partly: bool = False
    """Whether something of it was read all the same."""
    left_out: int | None = 0
    """How many messages were known and not read; None: some, nobody counted them."""

    def add(self, since: float | None, *, unheard: bool, partly: bool, left_out: int | None) -> None:
        """It was not heard from then until now; None: nobody knows since when."""
        self.until = time.time()
        self.times += 1
        seconds = self.until - since if since is not None else -1.0  # or a clock was set back
        self.seconds = -1.0 if seconds < 0 or self.seconds < 0 else self.seconds + seconds
        self.unheard, self.partly = self.unheard or unheard, self.partly or partly
        self.left_out = None if left_out is None or self.left_out is None else self.left_out + left_out

    def tell(self, place: str) -> str:
        """For people who know nothing of bridges."""
        away = "for some time" if self.seconds < 0 else f"for {_span(self.seconds)}"
        often = f" {self.times} times," if self.times > 1 else ""
        return f"The bridge was away{often} {away}; {self._missing(place)}."

    def _missing(self, place: str) -> str:
        said = f"said in {place} meanwhile"
        if self.unheard:
            return f"not all that was {said} is here" if self.partly else f"what was {said} is missing here"
        match self.left_out:
            case None:
                return f"the first of what was {said} is missing here"
            case 1:
                return f"the first message that was {said} is missing here"
            case count:
                return f"the first {count} messages that were {said} are missing here"


class Gaps:
    """Collects what could not be heard, by the room's number."""

    def __init__(self, place: Callable[[int], str]) -> None:
        """`place` gives what a room is called."""
        self.latest: dict[int, Gap] = {}
        """Of each room the last one, told or not."""
        self._place = place
        self._untold: dict[int, Gap] = {}
        self._told: dict[int, float] = {}

    def add(
        self, room: int, since: float | None, *, unheard: bool, partly: bool, left_out: int | None
    ) -> None:
        """A room is heard again, and was not since then; None: nobody knows since when."""
        before, gap = self.latest.get(room), Gap()
        gap.add(since, unheard=unheard, partly=partly, left_out=left_out)
        if since is None and before is not None and gap.until - before.until < _SAME:
            return
        self.latest[room] = gap
        log.warning("from %s on: %s", _utc(since), gap.tell(self._place(room)))
        untold = self._untold.get(room)
        if untold is None or gap.until - untold.until > _PAUSE:
            untold = self._untold[room] = Gap()
        untold.add(since, unheard=unheard, partly=partly, left_out=left_out)

    def due(self, least: Callable[[int], float]) -> Iterator[tuple[int, str]]:
        """What is to be told now, by room; `least` gives how many seconds of a room are worth a line."""
        now = time.monotonic()
        for room, gap in list(self._untold.items()):
            worth = gap.seconds < 0 or gap.seconds >= least(room)
            if worth and now - self._told.get(room, -_PAUSE) >= _PAUSE:
                self._told[room] = now
                yield room, self._untold.pop(room).tell(self._place(room))


def _utc(since: float | None) -> str:
    if since is None:
        return "nobody knows when"
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(since))


def _span(seconds: float) -> str:
    """A length of time in the unit in which it is two or more: 90 seconds, 2 minutes."""
    size, unit = next((span for span in _SPANS if seconds >= 2 * span[0]), _SPANS[-1])
    count = round(seconds / size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
