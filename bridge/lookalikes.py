"""Unicode's table of characters that look the same (UTS #39, confusables.txt), as `confusable_homoglyphs` has
it. Read once, when somebody first has a name that is not ASCII.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from unicodedata import category

__all__ = ["ASCII", "folded"]

ASCII = {
    **{ord(sign): sign.lower() for sign in "ABCDEFGHJKLNOPQRSTUVWXYZ"},
    **dict.fromkeys(map(ord, "iI1"), "l"),
    **dict.fromkeys(map(ord, "mM"), "rn"),
    ord("0"): "o",
    ord("`"): "'",
}
"""What the table says of ASCII, once capitals are small letters: "I" is "i" and looks like "l"."""

_STANDS = frozenset("_@#&.'-")
"""Signs that tell names apart; all other punctuation falls out of a name's look, whatever it looks like."""
_MARK = r"\u200e"
"""The LEFT-TO-RIGHT MARK that stands around the signs that are written from right to left."""


@cache
def folded() -> Mapping[int, str]:
    """Return what each character is taken for, in small letters: ASCII wherever something of ASCII looks like
    it, or like its capital. Those that are not there stand for themselves.
    """
    before, becomes = dict[str, str](), dict[str, str]()

    def first(sign: str) -> str:
        """Return the one that stands for all that look like this."""
        while (other := before.get(sign)) is not None:
            sign = other
        return sign

    def look(sign: str) -> str:
        text, capital = first(sign), sign.swapcase()
        if capital != sign and not text.isascii() and (other := first(capital)).isascii():
            text = other
        text = becomes.get(text, text)
        return text.casefold().translate(ASCII) if len(text) == 1 else "".join(map(look, text))

    for one, other in _pairs():
        if len(one) > 1:
            continue
        if len(other) > 1:
            becomes.setdefault(one, other)
        elif (here := first(one)) != (there := first(other)):
            kept, falls = (here, there) if _rank(here) < _rank(there) else (there, here)
            before[falls] = kept
    known = {*before, *before.values(), *becomes}
    known |= {sign.swapcase() for sign in known}
    found = {sign: look(sign) for sign in known if len(sign) == 1}
    return {
        ord(sign): text for sign, text in found.items() if text != sign and not _falls(sign, text)
    } | ASCII


def _pairs() -> Iterator[tuple[str, str]]:
    """Yield a character or several, and what looks like it: each way round."""
    text = files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8")
    for one, others in json.loads(text.replace(_MARK, "")).items():
        for other in others:
            yield one, other["c"]


def _falls(sign: str, text: str) -> bool:
    """Whether a sign falls out of names, so that it does not matter what it looks like."""
    kind = category(sign)
    return text not in _STANDS and (kind[0] == "P" or kind == "Sm")


def _rank(sign: str) -> tuple[bool, bool, str]:
    return not sign.isascii(), not sign.islower(), sign
