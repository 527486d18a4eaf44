"""What strangers call themselves and write must not look like another speaker's line, or like Hubbub's own.

People take a line as somebody's if it begins as the owner's template says, or with a star and a name. So no
name holds what ends a name there, and no later line of a message begins like that: a sign stands before it.
"""

from functools import lru_cache
from unicodedata import category

import regex

from bridge.model import PLAIN, Line, Span, cut, lines, of_lines, text_of

__all__ = ["ANY", "Shape", "listed", "shape", "unbracketed", "whole"]

ANY = "\0"
"""In a shape: something that differs from one source to another."""

_ALIKE = (
    "<‹〈⟨❬❮❰《«＜﹤≺≪˂ᐸ", ">›〉⟩❭❯❱》»＞﹥≻≫˃ᐳ", "[［⁅⟦〔【❲", "]］⁆⟧〕】❳",
    "(（﹙❨⦅⟮", ")）﹚❩⦆⟯", "{｛﹛❴", "}｝﹜❵", "|｜ǀ∣❘│┃¦‖ǁ", ":：꞉∶︓﹕ː։׃", "*＊∗⁎﹡✱✲٭⋆",
    "-‐‑‒–—―−－﹣", "~～∼˜", "/／∕⁄⧸", '"“”„‟＂«»',
)  # fmt: skip
_HIDDEN = r"[[\s\p{C}\p{Z}\p{M}]--[\n]]*+"
_TIME = rf"(?:\[[^\]\n]{{1,20}}\]{_HIDDEN}){{0,3}}"
"""When it was said, and whether it may have come before, stand before a name."""
_LIKE_A_TIME = regex.compile(r"\A\[([^\[\]]*)\](?=\s)")
_NAME = 80
_SOFT = frozenset({"Po", "Pd", "Pc"})
"""Signs that stand in names too: there they only end one before a space."""
_BULLET = "•"
_BRACKETS = str.maketrans("[];", "(),")
_QUOTES = regex.compile(f"[{_ALIKE[-1]}]")
_PARTING = regex.compile(f"[{_ALIKE[-1]},;:]")


def _alike(sign: str) -> str:
    """Return a character class of all that look like this sign."""
    family = next((family for family in _ALIKE if sign in family), sign)
    return f"[{regex.escape(family, special_only=True)}]"


_STARS = f"{_HIDDEN}{_TIME}({_alike('*')})\\s"
_STAR = regex.compile(_STARS, regex.VERSION1)


def whole(name: str) -> str:
    """Return a safe name before words, as in "* name waves": of several words, it shows where it ends."""
    return _quoted(name) if " " in name or _QUOTES.search(name) else name


def listed(name: str) -> str:
    """Return a safe name among others: with a sign that parts them, it shows where it ends."""
    return _quoted(name) if not name.isalnum() and _PARTING.search(name) else name


def unbracketed(text: str) -> str:
    """Return somebody's words for one of our lines: nothing in them ends what they stand in."""
    return text.translate(_BRACKETS)


def _quoted(name: str) -> str:
    name = " ".join(_QUOTES.sub(" ", name).split()) or "?"
    return f"“{name}”" if regex.search(r"[\s,;:]", name) else name


class Shape:
    """Knows how lines of people begin in one room: what stands before a name and what behind it."""

    def __init__(self, before: str, after: str) -> None:
        signs = [sign for sign in after if not sign.isalnum() and not sign.isspace() and sign != ANY]
        soft = {
            sign for sign in signs
            if category(sign) in _SOFT and not regex.search(rf"{regex.escape(sign)}(?!\s)", after)
        }  # fmt: skip
        opening = before.rstrip()[-1:]
        hard = {*signs, *(sign for sign in opening if sign == "<" or category(sign) == "Ps")} - soft
        ends = [_alike(sign) for sign in sorted(hard)]
        ends += [rf"{_alike(sign)}+(?=[\s{regex.escape(''.join(soft))}]|\Z)" for sign in sorted(soft)]
        self._bare = not before.strip()
        if self._bare:
            ends.append(
                rf"\A(?:[\s·•]|{_alike('*')}|{_alike('|')}|{_alike('>')}|{_alike('/')}|\[(?=[^\]]*\]\s))+"
            )
        self._ends = regex.compile(rf"(?:{'|'.join(ends)})\p{{M}}*") if ends else None
        self._words = not signs
        """Whether a space alone ends a name."""
        self.starred = regex.match(_alike("*"), before.strip()) is not None
        """Whether people's lines begin with a star as it is."""
        self.sign = "· " if regex.search(_alike("|"), before + after) else "| "
        """What stands before a line that must not be taken for somebody's."""
        name = rf"[^\n]{{1,{_NAME}}}?"
        start = f"{_pattern(before)}{name}" if not self._bare else rf"(?!{regex.escape(self.sign)}){name}"
        said, flags = f"{_HIDDEN}{_TIME}{start}{_pattern(after)}", regex.VERSION1 | regex.IGNORECASE
        self._said = regex.compile(said, flags)
        self._later = regex.compile(f"\n(?:{_STARS}|{said})", flags)
        """A line behind the first that may look like somebody's."""

    def harmless(self, name: str) -> str:
        """Return a name of which nobody can think that it ends before its end."""
        before = ""
        while self._ends is not None and name != before:
            before = name
            if self._bare:
                name = _LIKE_A_TIME.sub(r"\1", name)
            name = " ".join(self._ends.sub(" ", name).split())
        return (name.replace(" ", "_") if self._words else name) or "?"

    def claims(self, text: str) -> bool:
        """Whether a bare line, with nothing before it, would look like somebody's."""
        return self._bare or self._said.match(text) is not None

    def feigned(self, text: str) -> bool:
        """Whether a bare line, by somebody who has a name of their own, looks like somebody's."""
        return self._said.match(text) is not None or _STAR.match(text) is not None

    def guarded(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        """Return the same, with a sign before each line behind the first that looks like somebody's."""
        if self._later.search(text_of(spans)) is None:
            return spans
        found = list(lines(spans))
        safe = [found[0], *(self._safe(line) for line in found[1:])]
        return of_lines(safe) if safe != found else spans

    def _safe(self, line: Line) -> Line:
        block, spans = line
        if block != PLAIN:
            return line  # it shows as a quotation, an item or code
        text = text_of(spans)
        if star := _STAR.match(text):
            at = star.start(1)
            spans = (*cut(spans, 0, at), Span(_BULLET), *cut(spans, at + 1))
            text = text_of(spans)
        if self._said.match(text):
            spans = (Span(self.sign), *spans)
        return block, spans


@lru_cache(maxsize=256)
def shape(before: str, after: str) -> Shape:
    """Return the shape of a template."""
    return Shape(before, after)


def _pattern(text: str) -> str:
    """Match what looks like this text."""
    signs = "".join(text.split())
    look = _HIDDEN.join([r"[^\n]{1,64}?" if sign == ANY else _alike(sign) for sign in signs])
    if signs and text[-1].isspace() and (signs[-1].isalnum() or category(signs[-1]) in _SOFT):
        look += r"(?=\s|\Z)"
    return look
