"""`!who`: the people in the other rooms of a conversation."""

from collections.abc import Callable, Collection, Iterable

from bridge.compose.forging import whole
from bridge.identity import safe_name
from bridge.language import N_, Locale

from .instruction import Asked, Instruction

__all__ = ["Who"]

_MOST = 50
"""So many names of a room are told."""


class Who(Instruction):
    """Names who is in the rooms that are heard where it is asked."""

    name = "who"
    help = N_("!who – who is in the other rooms")

    def __init__(
        self,
        sources: Callable[[int], Iterable[int]],
        members: Callable[[int], Collection[str]],
        place: Callable[[int, Locale], str],
    ) -> None:
        """`sources` gives the rooms that a room hears, `members` the names of who is in one, as far as its
        network tells, `place` what it is called; by their numbers.
        """
        self._sources = sources
        self._members = members
        self._place = place

    async def follow(self, asked: Asked) -> str:
        if asked.number is None:
            return asked.locale.gettext("Ask that in a room that is joined with others.")
        lines = [self._line(room, asked.locale) for room in self._sources(asked.number)]
        return "\n".join(lines) or asked.locale.gettext("Nothing is heard here from other rooms.")

    def _line(self, room: int, locale: Locale) -> str:
        place, names = self._place(room, locale), sorted(self._members(room), key=str.casefold)
        if not names:
            return locale.gettext("{room}: nobody can tell who is there", room=place)
        told = ", ".join(whole(safe_name(name)) for name in names[:_MOST])
        if len(names) > _MOST:
            told += " " + locale.gettext("and {number} more", number=len(names) - _MOST)
        return f"{place} ({len(names)}): {told}"
