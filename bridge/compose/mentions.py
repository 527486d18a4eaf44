"""Who is meant: people of a room who are named in what goes there."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from unicodedata import combining, normalize

from bridge.identity import safe_name
from bridge.model import US, Mark, Span, UserId

__all__ = ["People", "addressed", "in_ascii", "meant", "mentioning"]

_MOST = 1000
_LONGEST = 60
_NAMES = 100
"""So many people are looked for in one message: nobody calls more."""
_NOT_BARE = re.compile(r"[^a-z0-9\-\[\]\\`_^{|}]+")
_NAMED = re.compile(r"(?<!\S)@([^\s@,:;!?()<>\"]+)")


class People:
    """Those who spoke in a room, by name."""

    def __init__(self, before: Callable[[], Mapping[str, UserId]]) -> None:
        """`before` gives those who spoke before we were here: asked when it is needed."""
        self._before: Callable[[], Mapping[str, UserId]] | None = before
        self._known: dict[str, UserId] = {}
        self._keys: dict[UserId, str] = {}
        """By what name they spoke last."""
        self._bare: dict[str, set[UserId]] = {}
        """By what is left of names where only ASCII can be written."""
        self._names: dict[str, str] = {}
        """As their bearers write them."""

    def spoke(self, name: str, user: UserId) -> None:
        """Note that somebody says something there."""
        key = _key(name)
        if self._keys.get(user, key) != key:
            self._forget(user)
        if (before := self._known.pop(key, user)) != user:
            self._keys.pop(before, None)
            self._forget_bare(key, before)
        self._known[key], self._keys[user], self._names[key] = user, key, safe_name(name)
        if bare := _bare(key):
            self._bare.setdefault(bare, set()).add(user)
        if len(self._known) > _MOST:
            self._forget(next(iter(self._known.values())))

    def renamed(self, user: UserId) -> None:
        """Note that somebody goes by that name no more: whoever says it means another."""
        self._recall()
        self._forget(user)

    def _forget(self, user: UserId) -> None:
        if (key := self._keys.pop(user, None)) is not None:
            del self._known[key], self._names[key]
            self._forget_bare(key, user)

    def _forget_bare(self, key: str, user: UserId) -> None:
        users = self._bare.get(_bare(key), set())
        users.discard(user)
        if not users:
            self._bare.pop(_bare(key), None)

    def find(self, name: str) -> UserId | None:
        """Find who goes by this name there; None: nobody does."""
        self._recall()
        key = _key(name)
        found = self._known.get(key)
        if found is None and key.endswith((")", "]")):  # what tells namesakes apart elsewhere: "Ada (libera)"
            key = key.rpartition("[" if key.endswith("]") else " (")[0]
            found = self._known.get(key)
        if found is None and len(alike := self._bare.get(key, set())) == 1:
            found = next(iter(alike))  # "Zoe", as IRC writes Zoë
        return found

    def called(self, user: UserId) -> str:
        """Return the name by which somebody spoke last, who was found."""
        return self._names[self._keys[user]]

    def _recall(self) -> None:
        if self._before is not None:
            before, self._before = self._before(), None
            later = [(self._names[key], user) for user, key in self._keys.items()]
            for name, user in [*before.items(), *later]:
                self.spoke(name, user)


def meant(spans: Iterable[Span], author: tuple[str, UserId | None] | None) -> tuple[Span, ...]:
    """Return the same words, with the author of what they answer named where they name the bridge, which said
    it for them; None: it said nothing for anybody, and nobody is meant.
    """
    name, user = author or ("", None)
    return tuple(
        span if span.mention != US else replace(span, text=name or span.text, mention=user) for span in spans
    )


def mentioning(
    spans: Iterable[Span], find: Callable[[str], UserId | None], *, same: bool
) -> tuple[Span, ...]:
    """Return the same words, with a mention wherever somebody is addressed, or named with an @, whom `find`
    knows.

    `same`: mentions that stand there already are of the very network that the words go to.
    """
    out: list[Span] = []
    for number, span in enumerate(spans):
        if span.mention is not None:
            user = span.mention if same else find(span.text.removeprefix("@"))
            out.append(replace(span, mention=user))
        elif span.href is not None or span.block.code is not None or Mark.CODE in span.marks:
            out.append(span)
        else:
            out += _named(span, find, first=number == 0)
    return tuple(out)


def addressed(
    spans: tuple[Span, ...], find: Callable[[str], UserId | None], called: Callable[[UserId], str]
) -> tuple[Span, ...]:
    """Return the same words, where whoever is addressed at their beginning has their name as they write it
    themselves: it alerts them, and "Zoe", as Zoë is called where only ASCII can be written, does not. No
    sign is more or less than before.
    """
    text = spans[0].text if spans else ""
    for start, end, name in _names(text, first=True):
        theirs = called(user) if start == 0 and (user := find(name)) is not None else name
        if len(theirs) == len(name) and _key(theirs) != _key(name):
            return replace(spans[0], text=text[: end - len(name)] + theirs + text[end:]), *spans[1:]
    return spans


def in_ascii(name: str) -> str:
    """Return a name as people write it where only ASCII can be written, for comparison."""
    return _bare(_key(name))


def _named(span: Span, find: Callable[[str], UserId | None], *, first: bool) -> Iterator[Span]:
    """Take a span apart where it names somebody: "name: ..." at the beginning, "@name" anywhere."""
    text, at = span.text, 0
    for start, end, name in _names(text, first=first):
        user = find(name)
        if user is not None and start >= at:
            if start > at:
                yield replace(span, text=text[at:start])
            yield replace(span, text=text[start:end], mention=user)
            at = end
    if at < len(text):
        yield replace(span, text=text[at:]) if at else span


def _names(text: str, *, first: bool) -> Iterator[tuple[int, int, str]]:
    if first:
        for sign in ":,":
            end = text.find(sign, 1, _LONGEST)
            if end > 0:
                start = 1 if text[0] == "@" else 0
                yield 0, end, text[start:end]
    if "@" in text:
        for found in islice(_NAMED.finditer(text), _NAMES):
            name = found[1].rstrip(".")
            yield found.start(), found.start(1) + len(name), name


def _bare(key: str) -> str:
    """Return a name as it is written where only ASCII can be, such as in a nick on IRC."""
    plain = "".join(one for one in normalize("NFKD", key) if not combining(one))
    return _NOT_BARE.sub("_", plain).strip("_")


def _key(name: str) -> str:
    return safe_name(name).replace("\u200b", "").casefold()
