"""A configuration that is being made: judged as `load` does, though it is not whole yet."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .check import Check, Find
from .document import Data, Document, Place, Spot
from .fill import expand
from .models import Config

__all__ = ["Judged", "judge"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be said of it."""

    config: Config | None
    """What it means; None: it has mistakes."""
    mistakes: tuple[tuple[Spot, str], ...]
    """Each with the way to it, as a sentence."""
    remarks: tuple[tuple[Spot, str], ...]
    """What may not be meant, likewise."""


def judge(
    data: Mapping[str, Data], path: Path, find: Find, environ: Mapping[str, str], *, whole: bool = True
) -> Judged:
    """Judge what a file at `path` would hold, as YAML would give it: texts, lists and mappings.

    Where it is not `whole` yet, networks may be in no conversation, and conversations have one room.
    """
    document = Document(path, dict(data))
    for spot in _spots(document.data):
        document.keys[spot] = document.values[spot] = Place(1, 1)  # it stands nowhere yet
    conversations = data.get("conversations")
    names = conversations if isinstance(conversations, dict) else ()
    left_out = Counter[str]() if whole else Counter({"": 1, **dict.fromkeys(names, 2)})
    expand(document, environ)
    config = Check(document, find, left_out).config()
    mistakes = tuple((one.spot, one.sentence) for one in sorted(document.problems))
    remarks = tuple((one.spot, one.sentence) for one in sorted(document.remarks))
    return Judged(None if mistakes else config, mistakes, remarks)


def _spots(data: Data, spot: Spot = ()) -> Iterator[Spot]:
    yield spot
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _spots(value, (*spot, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _spots(value, (*spot, index))
