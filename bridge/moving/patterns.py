"""Regular expressions as patterns with `*` and `?`, and other bridges' templates for names as ours. Pure."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["globs_of", "template_of"]

_MOST = 50
"""So many patterns at most from one regular expression."""
_CLASSES = {"d": "[0-9]", "w": "[0-9A-Za-z_]"}
_SET = re.compile(r"\[(\^?)((?:[^\]\[\\^!]|\\[\\\].^$*+?(){}|/_-])+)\]")
_ANCHORS = {"^": "(^)", "$": "($)"}
"""Pieces that no pattern has, unlike the signs themselves."""
_REPEATED = ("*", "+", "?", "{")


class _NoGlobError(Exception):
    """No pattern can say this."""


def globs_of(expression: str) -> tuple[str, ...] | None:
    """Return the shell patterns that together match a whole name where this expression (RE2's, or
    JavaScript's) is found somewhere in it. None: they cannot say that.

    Patterns never mind case, so (?i) is nothing to them.
    """
    if "\n" in expression or not expression.strip():
        return None
    try:
        reader = _Reader(expression.removeprefix("(?i)"))
        found = [_whole(parts) for parts in reader.alternatives()]
        if reader.rest:
            return None
    except _NoGlobError:
        return None
    return tuple(dict.fromkeys(found)) if all(glob.strip() for glob in found) else None


def _whole(parts: tuple[str, ...]) -> str:
    """Put stars where an expression is not anchored."""
    begins, ends = parts[:1] == (_ANCHORS["^"],), parts[-1:] == (_ANCHORS["$"],)
    inner = parts[begins : len(parts) - ends]
    if not set(_ANCHORS.values()).isdisjoint(inner):
        raise _NoGlobError
    glob = "".join(("" if begins else "*", *inner, "" if ends else "*"))
    return re.sub(r"\*{2,}", "*", glob)


class _Reader:
    """Reads the few signs that patterns have something for."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def alternatives(self) -> list[tuple[str, ...]]:
        """Read up to a closing bracket or the end. Anchors stay as they are, among finished pieces."""
        found = self._sequence()
        while self.rest.startswith("|"):
            self.rest = self.rest[1:]
            found += self._sequence()
        return found

    def _sequence(self) -> list[tuple[str, ...]]:
        pieces: list[list[tuple[str, ...]]] = []
        while self.rest and self.rest[0] not in "|)":
            pieces.append(list(self._piece()))
            total = 1
            for piece in pieces:
                total *= len(piece)
            if total > _MOST:
                raise _NoGlobError
        return [tuple(itertools.chain.from_iterable(parts)) for parts in itertools.product(*pieces)]

    def _piece(self) -> Iterator[tuple[str, ...]]:
        if self.rest.startswith("("):
            yield from self._group()
            return
        if self.rest[0] in "^$":
            yield (_ANCHORS[self._take(1)],)
        else:
            yield (self._letter(),)

    def _group(self) -> list[tuple[str, ...]]:
        self._take(3 if self.rest.startswith("(?:") else 1)
        if self.rest.startswith("?"):
            raise _NoGlobError
        found = self.alternatives()
        if not self.rest.startswith(")"):
            raise _NoGlobError
        self._take(1)
        if self.rest.startswith(_REPEATED):
            raise _NoGlobError
        return found

    def _letter(self) -> str:
        if self.rest.startswith("."):
            self._take(1)
            many = self._take(1) if self.rest.startswith(("*", "+")) else ""
            if many and self.rest.startswith("?"):
                self._take(1)
            glob = {"": "?", "*": "*", "+": "?*"}[many]
        elif found := _SET.match(self.rest):
            self._take(len(found[0]))
            glob = f"[{'!' if found[1] else ''}{found[2].replace(chr(92), '')}]"
            if "\\" in found[2] and set("-]") & set(found[2]):
                raise _NoGlobError
        elif self.rest.startswith("\\"):
            sign = self._take(2)[1:]
            if not sign or (sign.isalnum() and sign not in _CLASSES):
                raise _NoGlobError
            glob = _CLASSES.get(sign) or _literal(sign)
        elif self.rest[0] in "[]{}*+?":
            raise _NoGlobError
        else:
            glob = _literal(self._take(1))
        if self.rest.startswith(_REPEATED):
            raise _NoGlobError
        return glob

    def _take(self, length: int) -> str:
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken


def _literal(sign: str) -> str:
    return f"[{sign}]" if sign in "*?[" else sign


@dataclass(frozen=True, slots=True)
class _Template:
    text: str
    gone: tuple[str, ...]


_FIELD = re.compile(r"\{([A-Za-z]+)\}")
_EMPTY = re.compile(r"\[\s*\]\s?|\(\s*\)\s?|<\s*>\s?")


def template_of(text: str, fields: Mapping[str, str]) -> _Template:
    """Return a template for names with our fields in place of others, and which others had to go, with the
    brackets that stood around nothing else. `fields` has ours for theirs, such as `NICK: name`.
    """
    gone = [found[0] for found in _FIELD.finditer(text) if found[1].upper() not in fields]
    pieces, at = [], 0
    for found in _FIELD.finditer(text):
        pieces.append(_doubled(text[at : found.start()]))
        ours = fields.get(found[1].upper())
        pieces.append(f"{{{ours}}}" if ours else "")
        at = found.end()
    made = "".join((*pieces, _doubled(text[at:])))
    return _Template(_EMPTY.sub("", made) if gone else made, tuple(dict.fromkeys(gone)))


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
