"""Finds the words in folded text, also where people write none apart.

Chinese, Japanese and Korean, Thai, Lao, Khmer and Burmese are indexed by pairs of neighbouring characters:
whatever word somebody looks for, its pairs are there. A single sign that is no letter, such as an emoji, is a
word of its own.
"""

import re

from .folding import SIGNS

__all__ = ["is_run", "joined", "placed", "squeezed"]

_UNSPACED = (
    "\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff"  # Han
    "\uf900-\ufaff\U00020000-\U000323af"
    "\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001b000-\U0001b16f"  # kana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7fb"  # Hangul
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecf\u0edc-\u0edf"  # Thai, Lao
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
    "\u1000-\u103f\u1050-\u108f\ua9e0-\ua9ef\uaa60-\uaa7f\u1950-\u19c9\u1a20-\u1a7f"  # Burmese, Tai
)
_SIGNS = "".join(f"{first}-{last}" for first, last in SIGNS)
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_WORDS = re.compile(f"([{_UNSPACED}]+)|([^ {_UNSPACED}{_SIGNS}]+|{_FLAG}|[{_SIGNS}])")
_OTHER = re.compile(f"[{_UNSPACED}{_SIGNS}]")
_RUN = re.compile(f"[{_UNSPACED}]")
_LONGEST = 64
"""So many characters of a word are told apart."""


def is_run(character: str) -> bool:
    """Whether people write words with this character that they do not part."""
    return _RUN.match(character) is not None


def joined(text: str) -> list[str]:
    """Return the terms of folded text, in its order; one that stands there twice comes twice."""
    if _OTHER.search(text) is None:
        found = text.split()
    else:
        found = []
        for run, word in _WORDS.findall(text):
            if word:
                found.append(word)
            else:
                found += map(str.__add__, run, run[1:])
                found.append(run[-1])
    return found if len(text) <= _LONGEST else [word[:_LONGEST] for word in found]


def squeezed(text: str) -> str:
    """Return folded text with one space wherever something parts its words, and nothing else beside them."""
    return " ".join([run or word for run, word in _WORDS.findall(text)])


def placed(text: str) -> tuple[str, list[int]]:
    """Return folded text squeezed, with a space at each end, and of each of its characters where it stands in
    the text; -1: nowhere.
    """
    line, places = " ", [-1]
    for found in _WORDS.finditer(text):
        line += found[0] + " "
        places += [*range(*found.span()), -1]
    return line, places
