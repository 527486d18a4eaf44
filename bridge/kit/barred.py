"""People from elsewhere who were sent away, and how long nobody speaks for them."""

from collections.abc import Hashable

from bridge.errors import Rejected

from .bounded import BoundedDict

__all__ = ["Barred"]

_MOST = 20_000


class Barred:
    """Those who may not come back yet, each with the reason in words: `was banned there by ann`."""

    seconds = 60.0
    """So long nothing of theirs is taken; then the network decides anew."""

    def __init__(self) -> None:
        self._until: BoundedDict[Hashable, tuple[float, str]] = BoundedDict(_MOST)

    def bar(self, whom: Hashable, why: str, now: float) -> None:
        """Let somebody in no more for a while; `now` is by the monotonic clock. `whom` may name a place."""
        self._until[whom] = (now + self.seconds, why)

    def free(self, whom: Hashable) -> None:
        """Let somebody in again."""
        self._until.pop(whom, None)

    def admit(self, whom: Hashable, name: str, now: float) -> None:
        """Raise Rejected while somebody may not come: for what they say nobody else speaks either."""
        until, why = self._until.get(whom, (now, ""))
        if now < until:
            raise Rejected(f"{name} {why}", alone=True)
