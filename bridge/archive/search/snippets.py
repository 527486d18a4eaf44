"""The part of a text that somebody looked for, in pieces: those that were looked for are marked."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
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
    clusters = _clusters(text)
    return _pieces(clusters, _marks(clusters, phrases), 0, len(clusters))


def snippet(text: str, phrases: Sequence[Phrase], width: int) -> list[Piece]:
    """Return a part of a text, in pieces, on one line: around what was looked for, or its beginning."""
    clusters = _clusters(" ".join(text.split()))
    marks = _marks(clusters, phrases)
    first = marks[0][0] if marks else 0
    start = max(0, min(first - _BEFORE, len(clusters) - width))
    start = _word(clusters, start) if start else 0
    end = min(start + width, len(clusters))
    if end < len(clusters):
        near = range(end, max(end - _NEAR, start), -1)
        end = next((place for place in near if clusters[place].isspace()), end)
    found = _pieces(clusters, marks, start, end)
    if start:
        found.insert(0, Piece(_ELLIPSIS, False))
    if end < len(clusters):
        found.append(Piece(_ELLIPSIS, False))
    return found


def _clusters(text: str) -> Sequence[str]:
    """Return the characters of a text as people see them."""
    clusters: Sequence[str] = text if text.isascii() and "\r" not in text else _CLUSTER.findall(text)
    return clusters


def _marks(clusters: Sequence[str], phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Return from which character to which it was looked for, in order; none touch."""
    sources: Sequence[int]
    if isinstance(clusters, str):
        text, sources = folded(clusters), range(len(clusters))
    else:
        parts = list(map(_folded, clusters))
        text, sources = "".join(parts), [place for place, part in enumerate(parts) for _ in part]
    line, places = placed(text)
    marks: list[tuple[int, int]] = []
    for start, end in sorted(_found(line, phrases)):
        first, last = sources[places[start]], sources[places[end - 1]] + 1
        if marks and first <= marks[-1][1]:
            marks[-1] = marks[-1][0], max(last, marks[-1][1])
        else:
            marks.append((first, last))
    return marks


def _pieces(clusters: Sequence[str], marks: Sequence[tuple[int, int]], start: int, end: int) -> list[Piece]:
    """Return what stands from one character to another, in pieces."""
    found: list[Piece] = []
    for first, last in [*marks, (end, end)]:
        for stop, mark in ((min(first, end), False), (min(last, end), True)):
            if start < stop:
                found.append(Piece("".join(clusters[start:stop]), mark))
                start = stop
    return found


_folded = lru_cache(maxsize=8192)(folded)


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
