"""Finds the saved answer that fits what a visitor says. Pure.

Words count by how few answers have them: `sizes` tells more than `please`. Where people part no words, pairs
of neighbouring characters are words. What does not fit well is not suggested at all.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Set as AbstractSet
from itertools import pairwise

from .answers import SavedAnswer, SavedAnswers

__all__ = ["Matcher"]

_UNSPACED = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e01-\u0e4e"
_WORDS = re.compile(rf"([{_UNSPACED}]+)|([^\W{_UNSPACED}]+)")
_NAMES = re.compile(r"\{[^}]*\}")
_SHORTEST = 3
_OWN = 3.0
"""So many times as much counts a word of the key, or one that the owner named, as one of the text."""
_TOGETHER = 2
"""One word of the text alone says nothing."""
_ENOUGH = 3.0
_AHEAD = 1.25
"""So much better than the second one has the first to be."""


def _terms(text: str, shortest: int = 1) -> set[str]:
    found: set[str] = set()
    for run, word in _WORDS.findall(unicodedata.normalize("NFKC", text).casefold()):
        if run:
            found |= {first + second for first, second in pairwise(run)} or {run}
        elif len(word) >= shortest:
            found.add(_stem(word))
    return found


def _stem(word: str) -> str:
    """Return a word without what English and German put behind it for many."""
    while len(word) > _SHORTEST and word[-1] in "ens":
        word = word[:-1]
    return word


class Matcher:
    """Chooses what is suggested, of all answers."""

    def __init__(self, answers: SavedAnswers) -> None:
        self._answers = answers
        self._own = {answer.key: [_terms(one) for one in (answer.key, *answer.also)] for answer in answers}
        self._texts = {
            answer.key: {
                term for text in answer.texts.values() for term in _terms(_NAMES.sub(" ", text), _SHORTEST)
            }
            for answer in answers
        }
        count = Counter(term for key in self._own for term in self._texts[key].union(*self._own[key]))
        self._worth = {term: math.log2(1 + len(answers) / number) for term, number in count.items()}

    def suggest(self, said: str) -> SavedAnswer | None:
        """Return the answer that fits what was said; None where none does, or two do."""
        terms = _terms(said)
        scores = sorted(
            ((self._score(answer.key, terms), answer) for answer in self._answers),
            key=lambda scored: -scored[0],
        )
        if not scores or scores[0][0] < _ENOUGH:
            return None
        if len(scores) > 1 and scores[0][0] < scores[1][0] * _AHEAD:
            return None
        return scores[0][1]

    def _score(self, key: str, terms: AbstractSet[str]) -> float:
        own = [phrase for phrase in self._own[key] if phrase and phrase <= terms]
        others = self._texts[key].difference(*own) & terms
        if not own and len(others) < _TOGETHER:
            return 0.0
        rarest = (max(self._worth[term] for term in phrase) for phrase in own)
        return _OWN * sum(rarest) + sum(self._worth[term] for term in others)
