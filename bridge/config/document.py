"""The file on its way through the checks: its data, where each thing stands, what is wrong so far."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from .words import printable, quoted

__all__ = ["Data", "Document", "Place", "Problem", "Spot"]

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


@dataclass(slots=True)
class Document:
    """One bridge.yaml."""

    path: Path
    data: Data = None
    keys: dict[Spot, Place] = field(default_factory=dict)
    """Where the key of a value stands."""
    values: dict[Spot, Place] = field(default_factory=dict)
    hidden: dict[Spot, str] = field(default_factory=dict)
    """What must not be shown: secrets, and what variables gave."""
    broken: set[Spot] = field(default_factory=set)
    """What has a problem already, so that nothing more is said about it."""
    meant: set[Spot] = field(default_factory=set)
    """Keys that a misspelt one stands for, so that they are not missed besides."""
    problems: list[Problem] = field(default_factory=list)
    whole: bool = False
    """Whether the file could be read to its end."""

    def problem(self, spot: Spot, sentence: str, *, key: bool = False) -> None:
        """Note a mistake in the value that stands here, or in its key."""
        places = (self.keys, self.values) if key else (self.values, self.keys)
        place = places[0].get(spot) or places[1].get(spot) or Place(1, 1)
        self.problem_at(place, spot, sentence)

    def problem_at(self, place: Place, spot: Spot, sentence: str) -> None:
        """Note a mistake at a place of its own."""
        problem = Problem(place, spot, sentence)
        if problem not in self.problems:
            self.problems.append(problem)

    def conceals(self, spot: Spot) -> bool:
        """Whether the value here, or one that it is part of, must not be shown."""
        return any(spot[: len(hidden)] == hidden for hidden in self.hidden)

    def is_broken(self, spot: Spot, *, within: bool = False) -> bool:
        """Whether something was said already about this value, one that it is part of, or one `within`."""
        return any(
            spot[: len(broken)] == broken or (within and broken[: len(spot)] == spot)
            for broken in self.broken
        )

    def betrays(self, spot: Spot, sentence: str) -> bool:
        """Whether a sentence about this value repeats what must not be shown, or a word of it."""
        return any(
            piece in sentence
            for hidden, text in self.hidden.items()
            if text and (hidden[: len(spot)] == spot or spot[: len(hidden)] == hidden)
            for piece in (text, *_WORD.findall(text))
        )

    def at(self, spot: Spot) -> Data:
        """The value that stands here; None when there is none."""
        found = self.data
        for step in spot:
            if isinstance(found, dict) and isinstance(step, str):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int):
                found = found[step]
        return found

    def report(self) -> list[str]:
        """All that is wrong, in the order of the file, each with its place."""
        return [
            f"{printable(str(self.path))}:{line}:{column}: {_dotted(spot)}{printable(sentence)}"
            for (line, column), spot, sentence in sorted(self.problems)
        ]


def _dotted(spot: Spot) -> str:
    """The keys that lead here; positions in lists are left to the line number."""
    names = [step for step in spot if isinstance(step, str) and step != "?"]
    return ".".join(n if n.isprintable() and n and not set(n) & set(". :") else quoted(n) for n in names) + (
        ": " if names else ""
    )
