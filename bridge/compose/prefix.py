"""Whom a copy shows as its author: names made safe, and the owner's template for them."""

import string
from functools import lru_cache

import regex

from bridge.model import Kind, Span, text_of

from .forging import ANY, Shape, shape, whole

__all__ = ["DEFAULT_PREFIX", "Prefix", "one_line", "safe_name"]

DEFAULT_PREFIX = "<{name}> "

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
# Scripts whose letters stand beside each other. In all others a break may change how a word looks.
_APART = regex.compile(
    r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Armenian}\p{Georgian}\p{Hebrew}\p{Han}\p{Hiragana}\p{Katakana}"
    r"\p{Bopomofo}\p{Hangul}\p{Common}]"
)
_NO_PING = "\u200b"


@lru_cache(maxsize=4096)
def safe_name(name: str) -> str:
    """A name that shows as what it is: one line, no control, bidi or invisible characters, not too long.

    Never empty: a name of which nothing is left becomes "?".
    """
    return one_line(name, _LONGEST) or "?"


def one_line(text: str, most: int = 2000) -> str:
    """A stranger's words for one line of ours: nothing that breaks it, turns it round or hides in it."""
    clean = _HANGING.sub("", _SPACE.sub(" ", _UNSAFE.sub("", _SPACE.sub(" ", text)))).rstrip()
    if len(clean) <= most:
        return clean
    end = 0
    for cluster in _CLUSTER.finditer(clean):
        if cluster.end() >= most:
            break
        end = cluster.end()
    return clean[: end or most - 1].rstrip() + "…"


@lru_cache(maxsize=4096)
def _unpinging(name: str) -> str:
    """The name with an invisible break after its first character, so that its owner is not alerted.

    Where letters join, it stays whole: better alerted than torn.
    """
    first = _CLUSTER.match(name)
    assert first is not None
    rest = name[first.end() :]
    if not rest or not (_APART.match(name) or _APART.match(rest)):
        return name
    return first[0] + _NO_PING + rest


@lru_cache(maxsize=4096)
def _named(before: str, name: str, after: str, form: Shape, pings: bool) -> str:
    name = form.harmless(name)
    return f"{before}{_unpinging(name) if pings else name}{after}"


class Prefix:
    """What stands before a copy: a template with {name}, {network} and {protocol}, compiled once."""

    def __init__(self, template: str, network: str, protocol: str) -> None:
        known = {"network": network, "protocol": protocol}
        texts, shapes, named = ["", ""], ["", ""], False
        for literal, field, _, _ in string.Formatter().parse(template):
            texts[named] += literal + known.get(field or "", "")
            shapes[named] += literal + (ANY if field in known else "")
            named = named or field == "name"
        if named and not shapes[1].strip(string.ascii_letters + string.digits + ANY):
            texts[1], shapes[1] = texts[1] + " ", shapes[1] + " "  # else nothing shows where the name ends
        self._before, self._after = texts
        self._shape = shape(*shapes) if named else None
        self._starring = self._shape is not None and self._shape.starred
        self._with_network = "{network}" in template

    def tells_network(self, kind: Kind) -> bool:
        """Whether the network stands beside the name."""
        return self._with_network and (kind is not Kind.EMOTE or self._starring)

    def render(self, name: str, kind: Kind, *, pings: bool) -> str:
        """The prefix for one speaker, whose name is already safe. An emote reads "* name does"."""
        if kind is Kind.EMOTE and not self._starring:
            name = whole(name)
            return f"* {_unpinging(name) if pings else name} "
        if self._shape is None:
            return self._before
        said = _named(self._before, name, self._after, self._shape, pings)
        return f"{said}* " if kind is Kind.EMOTE else said

    def guarded(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        """The spans of one message, none of whose later lines looks like somebody else's."""
        if self._shape is None or "\n" not in text_of(spans):
            return spans
        return self._shape.guarded(spans)

    def claims(self, text: str) -> bool:
        """Whether what has nothing before it would look like somebody's."""
        return self._shape is not None and self._shape.claims(text)
