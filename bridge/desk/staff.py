"""The staff: the people in the lobby, also of networks that do not tell."""

from collections.abc import Callable, Sequence

from .chats import Chats
from .model import Person

__all__ = ["Staff"]

_LATELY = 600.0
"""So long after their last words somebody is there whose network does not tell, in seconds."""


class Staff:
    """Tells who is in the lobby of one desk."""

    def __init__(self, chats: Chats, listed: Callable[[], Sequence[Person]]) -> None:
        """`listed` are those of whom networks tell."""
        self._chats, self._listed = chats, listed
        self._telling: set[str] = set()
        """Networks that have told of somebody, so that who is not among theirs is not there."""

    def people(self) -> Sequence[Person]:
        """Return who is there now."""
        listed, since = self._listed(), self._chats.clock.now() - _LATELY
        self._telling.update(one.network for one in listed)
        heard = [
            Person(row.key, row.name, network)
            for row in self._chats.agents.values()
            if row.seen_at >= since and (network := row.key.partition("/")[0]) not in self._telling
        ]
        return [*listed, *heard]
