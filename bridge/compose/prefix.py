"""What stands before a copy where the bridge's own account says it: the owner's template for names."""

import string
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

import regex

from bridge.identity import one_line
from bridge.model import Capabilities, Feature, Kind, Mark, Span, text_of

from .fit import Style
from .forging import ANY, Shape, shape, whole

__all__ = ["DEFAULT_PREFIX", "Prefix", "style"]

DEFAULT_PREFIX = "<{name}> "

_CLUSTER = regex.compile(r"\X")
# Scripts whose letters stand beside each other. In all others a break may change how a word looks.
_APART = regex.compile(
    r"[\p{Latin}\p{Greek}\p{Cyrillic}\p{Armenian}\p{Georgian}\p{Hebrew}\p{Han}\p{Hiragana}\p{Katakana}"
    r"\p{Bopomofo}\p{Hangul}\p{Common}]"
)
_NO_PING = "\u200b"
_ID = "\1"
"""In the text of a template: the network's own id of who speaks."""
_LONGEST_ID = 60
_DIGEST = regex.compile(r"~[0-9a-f]{6}\Z")
_BOLD = frozenset({Mark.BOLD})
_COLOURS = (
    *(0x009300, 0xFF0000, 0x009393, 0xFF00FF, 0x0063B5, 0xB56300),
    *(0x008CFF, 0xA500FF, 0xFF0098, 0x5959FF, 0xB5006B, 0x007474),
)
"""Each has a contrast of three to one, at least, to white and to black (WCAG 2.2, 1.4.11)."""


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
def _named(before: str, name: str, after: str, form: Shape, pings: bool) -> tuple[str, str, str]:
    name = form.harmless(name)
    return before, _unpinging(name) if pings else name, after


@lru_cache(maxsize=4096)
def _identified(user: str, form: Shape) -> str:
    """Return somebody's id for a template of this shape: one word, not too long, and nobody else's."""
    safe = form.harmless(one_line(user, len(user) + 1)).replace(" ", "_")
    if safe == user and len(safe) <= _LONGEST_ID and _DIGEST.search(safe) is None:
        return safe
    return f"{safe[: _LONGEST_ID - 7]}~{blake2b(user.encode(errors='replace'), digest_size=3).hexdigest()}"


@lru_cache(maxsize=4096)
def _colour(key: str) -> int:
    """Return the colour of somebody, the same on each day."""
    return _COLOURS[
        int.from_bytes(blake2b(key.encode(errors="replace"), digest_size=8).digest()) % len(_COLOURS)
    ]


def style(names: str, key: str, record: Capabilities) -> Style | None:
    """Return how the name of somebody is shown where a room wants names so (`ShowRules.names`); None: as the
    rest, which is all that the room's record has.
    """
    if names == "bold" and Mark.BOLD in record.marks:
        return Style(_BOLD, None)
    if names == "colour" and Feature.COLOUR in record.features:
        return Style(frozenset(), _colour(key))
    return None


class Prefix:
    """What stands before a copy: a template with {name}, {id}, {network} and {protocol}, compiled once.

    Without {name}, {id} is the name.
    """

    def __init__(self, template: str, network: str, protocol: str) -> None:
        pieces = list(string.Formatter().parse(template))
        fields = {field for _, field, _, _ in pieces}
        self._name = "name" if "name" in fields else "id"
        known = {"network": network, "protocol": protocol}
        if self._name == "name" and "id" in fields:
            known["id"] = _ID
        texts, shapes, named = ["", ""], ["", ""], False
        for literal, field, _, _ in pieces:
            texts[named] += literal + known.get(field or "", "")
            shapes[named] += literal + (ANY if field in known else "")
            named = named or field == self._name
        if named and not shapes[1].strip(string.ascii_letters + string.digits + ANY):
            texts[1], shapes[1] = texts[1] + " ", shapes[1] + " "  # else nothing shows where the name ends
        self._before, self._after = texts
        self._shape = shape(*shapes) if named else None
        self.form: Callable[[str], str] = self._shape.harmless if self._shape is not None else str
        """Returns a safe name as the template shows it."""
        self._starring = self._shape is not None and self._shape.starred
        self._with_network = "network" in fields
        self._with_id = "id" in known
        first, _, rest = "".join(texts).partition(_ID)
        self._around_id = shape(first, rest) if self._with_id else self._shape

    def tells_network(self, kind: Kind) -> bool:
        """Whether the network stands beside the name."""
        return self._with_network and (kind is not Kind.EMOTE or self._starring)

    def render(self, name: str, kind: Kind, *, pings: bool, user: str = "") -> str:
        """Return the prefix for one speaker, whose name is already safe; `user` is their id, which is not.
        An emote reads "* name does".
        """
        return "".join(self.parts(name, kind, pings=pings, user=user))

    def parts(self, name: str, kind: Kind, *, pings: bool, user: str = "") -> tuple[str, str, str]:
        """Return the same in three: what stands before the name, the name, and the rest."""
        if kind is Kind.EMOTE and not self._starring:
            name = whole(name)
            return "* ", _unpinging(name) if pings else name, " "
        if self._shape is None:
            return self._before, "", ""
        before, after = self._before, self._after
        if self._name == "id" and user:
            name = _identified(user, self._shape)
        elif self._with_id and self._around_id is not None:
            said = _identified(user or name, self._around_id)
            before, after = before.replace(_ID, said), after.replace(_ID, said)
        parts = _named(before, name, after, self._shape, pings)
        return (*parts[:2], f"{after}* ") if kind is Kind.EMOTE else parts

    def guarded(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        """Return the spans of one message, none of whose later lines looks like somebody else's."""
        if self._shape is None or "\n" not in text_of(spans):
            return spans
        return self._shape.guarded(spans)

    @property
    def names_people(self) -> bool:
        """Whether it says who speaks."""
        return self._shape is not None

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
