"""The file on its way through the checks: its data, where each thing stands, what is wrong so far."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from .words import printable, quoted

__all__ = ["Data", "Document", "Place", "Problem", "Spot", "dotted"]

_HINTS = 40
_WORD = re.compile(r"\w{3,}")

Data: TypeAlias = "str | list[Data] | dict[str, Data] | None"
Spot: TypeAlias = tuple[str | int, ...]
"""The way from the root to a value: keys, and positions in lists."""


class Place(NamedTuple):
    """A place in the file as editors count: both from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """One mistake, for people; they sort by place."""

    place: Place
    spot: Spot
    sentence: str


class Marks(dict[Spot, str]):
    """Notes on some values, found by what they are part of and by what is part of them."""

    def __init__(self) -> None:
        super().__init__()
        self._within: dict[Spot, list[Spot]] = {}

    def __setitem__(self, spot: Spot, text: str) -> None:
        if spot not in self:
            for length in range(len(spot)):
                self._within.setdefault(spot[:length], []).append(spot)
        super().__setitem__(spot, text)

    def add(self, spot: Spot) -> None:
        """Mark a value, of which nothing more is to be known."""
        self[spot] = ""

    def over(self, spot: Spot) -> Iterator[Spot]:
        """Yield the value and those that it is part of, as far as they are marked."""
        return (spot[:length] for length in range(len(spot) + 1) if spot[:length] in self)

    def within(self, spot: Spot) -> list[Spot]:
        """Return the marked values that are part of this one."""
        return self._within.get(spot, [])


@dataclass(slots=True)
class Document:
    """One bridge.yaml."""

    path: Path
    data: Data = None
    keys: dict[Spot, Place] = field(default_factory=dict)
    """The place of each value's key."""
    values: dict[Spot, Place] = field(default_factory=dict)
    hidden: Marks = field(default_factory=Marks)
    """Values that must not be shown: secrets, and those that variables gave."""
    broken: Marks = field(default_factory=Marks)
    """Values that have a problem already, so that nothing more is said about them."""
    meant: set[Spot] = field(default_factory=set)
    """Keys that a misspelt one stands for, so that they are not missed besides."""
    problems: dict[Problem, None] = field(default_factory=dict)
    remarks: dict[Problem, None] = field(default_factory=dict)
    """Sentences about things that are no mistakes, but perhaps not meant."""
    bare: Spot | None = None
    """The first secret that stands in the file itself."""
    cut: set[Spot] = field(default_factory=set)
    """Values that a comment follows which may be meant as a part of them."""
    whole: bool = False
    """Whether the file could be read to its end."""

    def become(self, other: "Document") -> None:
        """Have all that the other has."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))

    def problem(self, spot: Spot, sentence: str, *, key: bool = False) -> None:
        """Note a mistake in the value that stands here, or in its key."""
        self.problem_at(self.place(spot, key=key), spot, sentence)

    def problem_at(self, place: Place, spot: Spot, sentence: str) -> None:
        """Note a mistake at a place of its own."""
        self.problems[Problem(place, spot, sentence)] = None

    def remark(self, spot: Spot, sentence: str, *, key: bool = False) -> None:
        """Note what may not be meant about the value that stands here, or about its key."""
        self.remarks[Problem(self.place(spot, key=key), spot, sentence)] = None

    def place(self, spot: Spot, *, key: bool = False) -> Place:
        """Return where a value stands, or its key; of one that does not stand there, what it would be
        part of.
        """
        places = (self.keys, self.values) if key else (self.values, self.keys)
        found = places[0].get(spot) or places[1].get(spot)
        if found is None and spot:
            return self.place(spot[:-1], key=True)
        return found or Place(1, 1)

    @property
    def is_bad(self) -> bool:
        """Whether there are so many mistakes that nobody needs a hint for each."""
        return len(self.problems) > _HINTS

    def conceals(self, spot: Spot) -> bool:
        """Whether the value here, or one that it is part of, must not be shown."""
        return bool(self.hidden) and any(True for _ in self.hidden.over(spot))

    def is_broken(self, spot: Spot, *, within: bool = False) -> bool:
        """Whether something was said already about this value, one that it is part of, or one `within`."""
        if not self.broken:
            return False
        return any(True for _ in self.broken.over(spot)) or (within and bool(self.broken.within(spot)))

    def betrays(self, spot: Spot, sentence: str) -> bool:
        """Whether a sentence about this value repeats what must not be shown, or a word of it."""
        texts = (self.hidden[near] for near in (*self.hidden.over(spot), *self.hidden.within(spot)))
        return any(piece in sentence for text in texts if text for piece in (text, *_WORD.findall(text)))

    def at(self, spot: Spot) -> Data:
        """Return the value that stands here; None when there is none."""
        found = self.data
        for step in spot:
            if isinstance(found, dict) and isinstance(step, str):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int):
                found = found[step]
        return found

    def report(self) -> list[str]:
        """Return all that is wrong, in the order of the file, each with its place."""
        return self._told(self.problems)

    def remarked(self) -> tuple[str, ...]:
        """Return all that is remarkable, likewise."""
        return tuple(self._told(self.remarks))

    def _told(self, problems: Iterable[Problem]) -> list[str]:
        return [
            f"{printable(str(self.path))}:{line}:{column}: {f'{keys}: ' if keys else ''}{printable(sentence)}"
            for (line, column), spot, sentence in sorted(problems)
            for keys in [dotted(spot)]
        ]


def dotted(spot: Spot) -> str:
    """Join the keys that lead here; positions in lists are left to the line number."""
    names = [step for step in spot if isinstance(step, str) and step != "?"]
    return ".".join(n if n.isprintable() and n and not set(n) & set(". :") else quoted(n) for n in names)
