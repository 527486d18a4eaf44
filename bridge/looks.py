"""Names as people see them: which of them look the same, and whether somebody in a room bears one."""

import re
from collections import Counter
from functools import lru_cache
from unicodedata import normalize

import regex

from .lookalikes import ASCII, folded

__all__ = ["Present", "is_labelled", "look", "looks_like"]

_HIDDEN = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
_LABEL = regex.compile(r"\p{Ps}([^\p{Ps}\p{Pe}]*)\p{Pe}?\P{L}*\Z")
_ANY, _ONE = "\ue000", "\ue001"
"""Stand for `*` and `?` in the look of a pattern: no name of a person holds them."""
_DROPPED = regex.compile(r"[[\p{P}\p{Sm}]--[_@#&.'-]]+", regex.VERSION1)
_ALONE = regex.compile(r"(?<!\S)[.'-]+(?!\S)")


@lru_cache(maxsize=4096)
def look(name: str) -> str:
    """Return the same for names that look the same, or may once nothing in them ends a name
    (`compose/forging.py`): whatever their script, and whether or not in capitals.
    """
    if name.isascii():
        seen = name.translate(ASCII)
    else:
        plain = normalize("NFD", normalize("NFKC", _HIDDEN.sub("", name)))
        seen = normalize("NFD", plain.translate(folded())).casefold()
    return "_".join(_ALONE.sub(" ", _DROPPED.sub(" ", seen)).split())


@lru_cache(maxsize=4096)
def looks_like(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name looks like one of these, in which `*` stands for anything and `?` for one letter."""
    seen = look(name)
    return any(_compiled(pattern).fullmatch(seen) is not None for pattern in patterns)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    shown = re.escape(look(pattern.replace("*", _ANY).replace("?", _ONE)))
    return re.compile(shown.replace(_ANY, ".*").replace(_ONE, "."), re.DOTALL)


@lru_cache(maxsize=4096)
def is_labelled(name: str, labels: frozenset[str]) -> bool:
    """Whether a name ends with one of these in brackets, or with a number, as if it was told apart by that:
    "Ada (libera)", "Ada (2)", "Ada (libera 2)".
    """
    found = _LABEL.search(name)
    if found is None or found.start() == 0:
        return False
    *words, last = found[1].split() or [""]
    if not last.isdecimal():
        words.append(last)
    elif not words:
        return True
    return look(" ".join(words)) in map(look, labels)


class Present:
    """Who is in a room, as far as the network has told: what `Adapter.present` returns."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """Everybody's, by what the network tells them apart by."""
        self.ids: dict[str, str] = {}
        """The same names, by the ids of who bears them (`Sender.id`)."""
        self._ids: dict[str, str] = {}
        self._looks: dict[str, str] = {}
        self._bearers = Counter[str]()

    def __contains__(self, name: str) -> bool:
        """Whether somebody there bears a name that looks like this."""
        return look(name) in self._bearers

    def add(self, who: str, name: str, user: str | None = None) -> None:
        """Note that somebody is there, or goes by another name; `user` is their id, where `who` is not, or
        empty while that is not known.
        """
        self.remove(who)
        self.names[who] = name
        self._ids[who] = user = who if user is None else user
        if user:
            self.ids[user] = name
        self._looks[who] = seen = look(name)
        self._bearers[seen] += 1

    def remove(self, who: str) -> None:
        """Note that somebody is not there any more, if they were."""
        if (seen := self._looks.pop(who, None)) is None:
            return
        del self.names[who]
        self.ids.pop(self._ids.pop(who), None)
        self._bearers[seen] -= 1
        if not self._bearers[seen]:
            del self._bearers[seen]

    def clear(self) -> None:
        """Forget who is there: that is to be told anew."""
        self.names.clear()
        self.ids.clear()
        self._ids.clear()
        self._looks.clear()
        self._bearers.clear()
