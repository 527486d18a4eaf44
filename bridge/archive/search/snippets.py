"""The part of a text that somebody looked for, in pieces: those that were looked for are marked."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from bridge.archive.index import Phrase, folded, placed

__all__ = ["Piece", "marked", "snippet"]

_CLUSTER = regex.compile(r"\X")
_BEFORE = 40
"""So much stands before the first mark at most, in characters as people count them."""
_NEAR = 12
"""So far it is looked for where a word begins or ends."""
_ELLIPSIS = "…"


class Piece(NamedTuple):
    """A part of a text."""

    text: str
    marked: bool
    """Whether it was looked for."""


def marked(text: str, phrases: Sequence[Phrase]) -> list[Piece]:
    """Return a text in pieces. A mark is around whole characters as people see them: an emoji, a letter with
    its accents.
    """
    return _joined(*_clusters(text, phrases))


def snippet(text: str, phrases: Sequence[Phrase], width: int) -> list[Piece]:
    """Return a part of a text, in pieces, on one line: around what was looked for, or its beginning."""
    clusters, marks = _clusters(" ".join(text.split()), phrases)
    first = next((place for place, mark in enumerate(marks) if mark), 0)
    start = max(0, min(first - _BEFORE, len(clusters) - width))
    start = _word(clusters, start) if start else 0
    end = start + width
    if end < len(clusters):
        end = next(
            (place for place in range(end, max(end - _NEAR, start), -1) if clusters[place].isspace()), end
        )
    found = _joined(clusters[start:end], marks[start:end])
    if start:
        found.insert(0, Piece(_ELLIPSIS, False))
    if end < len(clusters):
        found.append(Piece(_ELLIPSIS, False))
    return found


def _clusters(text: str, phrases: Sequence[Phrase]) -> tuple[list[str], list[bool]]:
    """Return the characters of a text as people see them, and which of them were looked for."""
    clusters = _CLUSTER.findall(text)
    sources = list[int]()
    """Of each character of the folded text: which cluster it comes from."""
    parts = list[str]()
    for place, cluster in enumerate(clusters):
        part = folded(cluster)
        parts.append(part)
        sources += [place] * len(part)
    marks = [False] * len(clusters)
    line, places = placed("".join(parts))
    for start, end in _found(line, phrases):
        hits = [sources[places[at]] for at in range(start, end) if places[at] >= 0]
        for place in range(hits[0], hits[-1] + 1):
            marks[place] = True
    return clusters, marks


def _found(line: str, phrases: Sequence[Phrase]) -> Iterator[tuple[int, int]]:
    """Yield from where until where something stands that was looked for, without the spaces around it."""
    for phrase in phrases:
        needle = phrase.needle
        at = line.find(needle)
        while at >= 0:
            yield at + needle.startswith(" "), at + len(needle) - needle.endswith(" ")
            at = line.find(needle, at + 1)


def _word(clusters: Sequence[str], start: int) -> int:
    """Return where a word begins near a place; where people part none, the place."""
    near = range(start, min(start + _NEAR, len(clusters)))
    return next((place for place in near if clusters[place - 1].isspace()), start)


def _joined(clusters: Sequence[str], marks: Sequence[bool]) -> list[Piece]:
    found: list[Piece] = []
    for cluster, mark in zip(clusters, marks, strict=True):
        if found and found[-1].marked == mark:
            found[-1] = Piece(found[-1].text + cluster, mark)
        else:
            found.append(Piece(cluster, mark))
    return found
