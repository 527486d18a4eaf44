"""Ranks texts by how well they answer a question, in the manner of Okapi BM25. All of them have its words: it
counts how often, how close together, and in how short a text.
"""

from collections.abc import Sequence
from math import log2

from bridge.archive.index import Phrase, padded

__all__ = ["ranks"]

_K, _B = 1.2, 0.75
"""As is usual: how soon more of the same counts no more, and how much a text's length does."""


def ranks(texts: Sequence[str], phrases: Sequence[Phrase]) -> list[float]:
    """Return a number for each text: the higher, the better."""
    if not texts:
        return []
    lines = [padded(text) for text in texts]
    usual = sum(map(len, lines)) / len(lines)
    needles = [phrase.needle for phrase in phrases]
    return [_rank(line, needles, len(line) / usual) for line in lines]


def _rank(line: str, needles: Sequence[str], length: float) -> float:
    places = [line.find(needle) for needle in needles]
    found = 0.0
    for needle in needles:
        times = line.count(needle)
        found += times * (_K + 1) / (times + _K * (1 - _B + _B * length))
    if len(places) > 1:
        apart = max(places) - min(places)
        found += len(places) / log2(2 + apart / 8)
    return found
