"""Names, and other words of strangers, that show as what they are."""

from functools import lru_cache

import regex

__all__ = ["one_line", "safe_name"]

_LONGEST = 48
# What is invisible stays where it shapes what is seen: between letters that join, after a virama, in an emoji
# (Unicode Standard Annex 31, section 2.3.1).
_SHAPING = (
    r"(?<=[\p{jt=D}\p{jt=L}]\p{Mn}*)\u200c(?=\p{Mn}*[\p{jt=D}\p{jt=R}])"
    r"|(?<=\p{ccc=9})[\u200c\u200d](?=\p{L})"
    r"|(?<=\p{Mongolian})[\u180b-\u180d\u180f]|(?<=\p{Extended_Pictographic})\ufe0f"
    r"|(?<=\p{Extended_Pictographic}[\ufe0f\U0001f3fb-\U0001f3ff]?)\u200d(?=\p{Extended_Pictographic})"
)
# Control and format characters (bidi overrides, zero-width tricks), surrogates, unassigned and private ones,
# and what fonts show as nothing.
_UNSAFE = regex.compile(rf"(?:(?!{_SHAPING})[\p{{C}}\p{{Default_Ignorable_Code_Point}}\u2800])+")
_HANGING = regex.compile(r"\A[\p{M}\s]+")
"""Marks with no letter below them: they would change the sign before them."""
_SPACE = regex.compile(r"[\s\p{Z}]+")
_CLUSTER = regex.compile(r"\X")


@lru_cache(maxsize=4096)
def safe_name(name: str) -> str:
    """Return a name that shows as what it is: one line, no control, bidi or invisible characters, not too
    long.

    Never empty: a name of which nothing is left becomes "?".
    """
    return one_line(name, _LONGEST) or "?"


def one_line(text: str, most: int = 2000) -> str:
    """Return a stranger's words for one line of ours: nothing breaks it, turns it round or hides in it."""
    clean = _HANGING.sub("", _SPACE.sub(" ", _UNSAFE.sub("", _SPACE.sub(" ", text)))).rstrip()
    if len(clean) <= most:
        return clean
    end = 0
    for cluster in _CLUSTER.finditer(clean):
        if cluster.end() >= most:
            break
        end = cluster.end()
    return clean[: end or most - 1].rstrip() + "…"
