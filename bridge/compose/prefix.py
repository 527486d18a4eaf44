"""What stands before a copy where the bridge's own account says it: the owner's template for names."""

import string
from functools import lru_cache

import regex

from bridge.model import Kind, Span, text_of

from .forging import ANY, Shape, shape, whole

__all__ = ["DEFAULT_PREFIX", "Prefix"]

DEFAULT_PREFIX = "<{name}> "

_CLUSTER = regex.compile(r"\X")
# Scripts whose letters stand beside each other. In all others a break may change how a word looks.
_APART = regex.compile(
    r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Armenian}\p{Georgian}\p{Hebrew}\p{Han}\p{Hiragana}\p{Katakana}"
    r"\p{Bopomofo}\p{Hangul}\p{Common}]"
)
_NO_PING = "\u200b"


@lru_cache(maxsize=4096)
def _unpinging(name: str) -> str:
    """Return the name with an invisible break after its first character, so that its owner is not alerted.

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
        """Return the prefix for one speaker, whose name is already safe. An emote reads "* name does"."""
        if kind is Kind.EMOTE and not self._starring:
            name = whole(name)
            return f"* {_unpinging(name) if pings else name} "
        if self._shape is None:
            return self._before
        said = _named(self._before, name, self._after, self._shape, pings)
        return f"{said}* " if kind is Kind.EMOTE else said

    def guarded(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        """Return the spans of one message, none of whose later lines looks like somebody else's."""
        if self._shape is None or "\n" not in text_of(spans):
            return spans
        return self._shape.guarded(spans)

    @property
    def sign(self) -> str:
        """The sign before a line that looks like somebody else's."""
        return self._shape.sign if self._shape is not None else ""

    def feigned(self, text: str) -> bool:
        """Whether the first line of a message with nothing before it looks like somebody's here."""
        return self._shape is not None and self._shape.feigned(text)

    def claims(self, text: str) -> bool:
        """Whether a message with nothing before it would look like somebody's."""
        return self._shape is not None and self._shape.claims(text)
