"""What the console remembers of the last day, since the service began: how networks stood, and traffic."""

from array import array
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["History", "Period", "Traffic"]

_DAY = 86_400.0
_SPANS = 200
"""So many changes of a network are remembered."""
MINUTES = 60
"""For so long traffic is, in minutes."""


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which a network stood the same way."""

    state: str
    reason: str
    since: float
    until: float | None
    """None: it still does."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How much arrived."""

    minutes: Sequence[int]
    """In each of the last minutes, the present one last."""

    @property
    def hour(self) -> int:
        return sum(self.minutes)


class History:
    """Is told every few seconds how things stand."""

    def __init__(self, now: float) -> None:
        self._spans: dict[str, deque[Period]] = {}
        self._minute = int(now // 60)
        self._known: dict[tuple[str, str], int] = {}
        """How much each room had got when it was looked at last."""
        self._arrived: dict[tuple[str, str], array[int]] = {}

    def note_networks(self, states: Mapping[str, tuple[str, str]], now: float) -> None:
        """Note how networks stand: state and reason."""
        for name in self._spans.keys() - states.keys():
            del self._spans[name]
        for name, (state, reason) in states.items():
            spans = self._spans.setdefault(name, deque(maxlen=_SPANS))
            last = spans[-1] if spans else None
            if last is not None and last.state == state:
                if reason and reason != last.reason:
                    spans[-1] = Period(state, reason, last.since, None)
                continue
            if last is not None:
                spans[-1] = Period(last.state, last.reason, last.since, now)
            spans.append(Period(state, reason, now, None))
            while spans[0].until is not None and spans[0].until < now - _DAY:
                spans.popleft()

    def note_rooms(self, delivered: Iterable[tuple[tuple[str, str], int]], now: float) -> None:
        """Note how much each room has got since the start."""
        minute = int(now // 60)
        passed = min(minute - self._minute, MINUTES)
        if passed > 0:
            self._minute = minute
            moved = {room: array("L", [*old[passed:], *[0] * passed]) for room, old in self._arrived.items()}
            self._arrived = {room: counts for room, counts in moved.items() if any(counts)}
        known: dict[tuple[str, str], int] = {}
        for room, count in delivered:
            new = count - self._known.get(room, 0)
            known[room] = count
            if new > 0:
                self._arrived.setdefault(room, array("L", [0] * MINUTES))[-1] += new
        self._known = known

    def periods(self, network: str) -> Sequence[Period]:
        """Return how a network stood, the newest last."""
        return list(self._spans.get(network, ()))

    def traffic(self, rooms: Iterable[tuple[str, str]]) -> Traffic:
        """Return how much arrived in these rooms together."""
        found = [self._arrived[room] for room in rooms if room in self._arrived]
        return Traffic([sum(counts) for counts in zip(*found, strict=True)] if found else [])
