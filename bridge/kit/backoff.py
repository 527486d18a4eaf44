"""Pauses between tries, longer each time."""

import random

from bridge.clock import SYSTEM, Clock

__all__ = ["Backoff"]


class Backoff:
    """Pauses between `least` and `most` seconds: longer each time, and never the same for all who wait.

    What held for `calm` seconds starts anew; what fails again before that does not, however often it worked
    in between.
    """

    def __init__(
        self, least: float = 30.0, most: float = 600.0, *, calm: float = 600.0, clock: Clock = SYSTEM
    ) -> None:
        self._least = least
        self._most = most
        self._calm = calm
        self._clock = clock
        self._ceiling = least
        self._since: float | None = None

    def worked(self) -> None:
        """Note that all is well from now on."""
        self._since = self._clock.monotonic()

    def pause(self, asked: float | None = None) -> float:
        """Note that it failed. Returns how many seconds to wait: by how often it did, or a little more
        than was `asked` for.
        """
        since, self._since = self._since, None
        if since is not None and self._clock.monotonic() - since > self._calm:
            self._ceiling = self._least
        if asked is not None:
            return asked * random.uniform(1.0, 1.4)  # noqa: S311 spreads load, guards nothing
        self._ceiling = min(self._ceiling * 2, self._most)
        return random.uniform(self._least, self._ceiling)  # noqa: S311 spreads load, guards nothing
