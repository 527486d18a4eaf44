"""How following other maps went since the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .clock import Clock

__all__ = ["MapReport", "Reloads"]


@dataclass(frozen=True, slots=True)
class MapReport:
    """Which map the service follows, and what is wrong with the one that it was to follow last."""

    since: float
    """When the one that is followed was read, in seconds since 1970."""
    refused: float | None
    """When another was refused last and nothing else was followed since; None: all is well."""
    reasons: Sequence[str]
    """Why it was: mistakes with their places, as many as somebody reads."""


class Reloads:
    """Takes note of each attempt."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._report = MapReport(clock.now(), None, ())
        self._followed = self._refused = 0

    def followed(self) -> None:
        """Note that another map is followed."""
        self._followed += 1
        self._report = MapReport(self._clock.now(), None, ())

    def refused(self, reasons: Sequence[str]) -> None:
        """Note that another map was refused, and why."""
        self._refused += 1
        self._report = MapReport(self._report.since, self._clock.now(), tuple(reasons))

    def report(self) -> MapReport:
        """Return how it stands now."""
        return self._report

    def counts(self) -> Mapping[str, int]:
        """Return how many attempts there were, by how they ended: `success` or `failure`."""
        return {"success": self._followed, "failure": self._refused}
