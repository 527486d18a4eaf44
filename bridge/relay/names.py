"""Whom a copy shows as its author: names made safe, and the owner's template for them."""

import string
from functools import lru_cache

import regex

from bridge.model import Kind

__all__ = ["DEFAULT_PREFIX", "Prefix", "safe_name"]

DEFAULT_PREFIX = "<{name}> "

_LONGEST = 48
# Control and format characters (bidi overrides, zero-width tricks), surrogates, unassigned and private ones,
# and the blank letters that fonts show as nothing.
_UNSAFE = regex.compile(r"[\p{C}\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]+")
_SPACE = regex.compile(r"[\s\p{Z}]+")
_NO_PING = "\u200b"


@lru_cache(maxsize=4096)
def safe_name(name: str) -> str:
    """A name that shows as what it is: one line, no control, bidi or invisible characters, not too long.

    Never empty: a name of which nothing is left becomes "?".
    """
    clean = _SPACE.sub(" ", _UNSAFE.sub("", _SPACE.sub(" ", name))).strip()
    if len(clean) > _LONGEST:
        clean = clean[: _LONGEST - 1].rstrip() + "…"
    return clean or "?"


@lru_cache(maxsize=4096)
def _unpinging(name: str) -> str:
    """The name with an invisible break after its first character, so that its owner is not alerted."""
    first = regex.match(r"\X", name)
    assert first is not None
    return first[0] + _NO_PING + name[first.end() :]


class Prefix:
    """What stands before a copy: a template with {name}, {network} and {protocol}, compiled once."""

    def __init__(self, template: str, network: str, protocol: str) -> None:
        known = {"network": network, "protocol": protocol}
        before, after, named = "", "", False
        for literal, field, _, _ in string.Formatter().parse(template):
            text = literal + (known.get(field, "") if field is not None else "")
            before, after = (before, after + text) if named else (before + text, after)
            named = named or field == "name"
        self._before, self._after, self._named = before, after, named

    def render(self, name: str, kind: Kind, *, pings: bool) -> str:
        """The prefix for one speaker, whose name is already safe. An emote reads "* name does"."""
        if pings:
            name = _unpinging(name)
        if kind is Kind.EMOTE:
            return f"* {name} "
        return f"{self._before}{name if self._named else ''}{self._after}"
