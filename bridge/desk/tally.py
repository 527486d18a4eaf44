"""Counts of desks since a moment, for whoever watches them: they only grow."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bridge.errors import TemporaryFailure
from bridge.relay.tally import Spread

from .figures import DeskNow
from .located import MappedDesk
from .store.past import PastReader

__all__ = ["DeskCounts", "DeskTally"]

_STARS = 5


@dataclass(slots=True)
class DeskCounts:
    """One desk."""

    network: str
    desk: str
    now: DeskNow | None = None
    """None: it cannot be read."""
    agents: int | None = None
    """How many are there now who can be given a chat; None: nobody can tell."""
    off: Collection[str] = ()
    """The keys of agents who said that they want no chats now."""
    opened: int = 0
    missed: int = 0
    transferred: int = 0
    first_response: Spread = field(default_factory=Spread)
    """How long visitors waited who were answered."""
    ratings: list[int] = field(default_factory=lambda: [0] * _STARS)
    """How many gave 1 to 5 stars."""


class DeskTally:
    """Counts on from where it was when it looked last."""

    def __init__(self, since: float) -> None:
        """`since`: from when on it counts, in seconds since 1970."""
        self._since = since
        self._counts: dict[tuple[str, str], DeskCounts] = {}
        self._reached: dict[Path, int] = {}

    def look(self, desks: Iterable[MappedDesk]) -> list[DeskCounts]:
        """Return how these desks stand, and what was counted at each. Blocks."""
        by_file: dict[Path, list[MappedDesk]] = {}
        for desk in desks:
            by_file.setdefault(desk.file, []).append(desk)
        return [one for file, own in by_file.items() for one in self._of_file(file, own)]

    def _of_file(self, file: Path, desks: list[MappedDesk]) -> list[DeskCounts]:
        found = {desk.name: self._of_desk(desk) for desk in desks}
        try:
            with PastReader(file) as reader:
                if file not in self._reached:
                    self._reached[file] = reader.last_before(self._since)
                for number, desk, what, waited, stars in reader.counted(self._reached[file]):
                    self._reached[file] = number
                    _count(self._counts.get((desks[0].network, desk)), what, waited, stars)
                for name, counts in found.items():
                    counts.now = reader.now(name)
                    counts.off = {one.key for one in reader.agents(name) if not one.available}
        except TemporaryFailure:  # whoever writes it tells of that; or no visitor has come yet
            for counts in found.values():
                counts.now = None
        return list(found.values())

    def _of_desk(self, desk: MappedDesk) -> DeskCounts:
        known = self._counts.get((desk.network, desk.name))
        if known is None:
            known = self._counts[desk.network, desk.name] = DeskCounts(desk.network, desk.name)
        return known


def _count(counts: DeskCounts | None, what: str, waited: float | None, stars: int | None) -> None:
    match counts, what:
        case None, _:  # a desk that is not in the map now
            return
        case DeskCounts(), "opened":
            counts.opened += 1
        case DeskCounts(), "missed":
            counts.missed += 1
        case DeskCounts(), "transferred":
            counts.transferred += 1
        case DeskCounts(), "answered" if waited is not None:
            counts.first_response.add(max(waited, 0.0))
        case DeskCounts(), "rated" if stars is not None:
            counts.ratings[stars - 1] += 1
