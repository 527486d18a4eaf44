"""Regular expressions by RE2, which take time in proportion to a text: no pattern can hold up the relay.

Its library is loaded when there is a first one. The dialect is https://github.com/google/re2/wiki/Syntax.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from bridge.clock import computed

__all__ = ["Expression", "Found", "expression", "pieces_of"]

_LARGEST = 1000
"""So many instructions of RE2's at most: 64 kB of text take a few tenths of a second then, at worst."""
_MEMORY = 4 << 20
_AT_MOST = 0.05
"""So many seconds of computing are spent on all places of one text."""
_EACH = 32
"""After so many places it is looked at how long it took."""
_AROUND = {
    "(?=": "what follows",
    "(?!": "what follows",
    "(?<=": "what stands before",
    "(?<!": "what stands before",
}
_BACK = re.compile(r"(?<!\\)(?:\\\\)*(\\[1-9]|\\k\W|\(\?P=)")
_PIECE = re.compile(r"\\(.?)", re.DOTALL)


class Found(NamedTuple):
    """A place where an expression was found in a text."""

    start: int
    end: int
    groups: tuple[str, ...]
    """All that was found, then what stands in each pair of brackets; empty for those that found nothing."""


class Expression:
    """One that was compiled."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self.groups: int = compiled.groups
        """How many pairs of brackets it has."""
        self.names: dict[str, int] = compiled.groupindex
        """The numbers of those that have names."""

    def is_in(self, text: str) -> bool:
        """Whether it is found somewhere in a text."""
        return self._compiled.search(text) is not None

    def places(self, text: str) -> Iterator[Found | None]:
        """Yield where it is found in a text, from left to right. None: nobody looked further than the last
        place, since that took too long.
        """
        until = computed() + _AT_MOST
        for count, found in enumerate(self._compiled.finditer(text), 1):
            start, end = found.span()
            yield Found(start, end, (found[0], *found.groups("")) if self.groups else (found[0],))
            if count % _EACH == 0 and computed() > until:
                yield None
                return


@lru_cache(maxsize=1000)
def expression(pattern: str) -> Expression:
    """Compile a pattern. Raises ValueError with what is wrong with it."""
    import re2

    options = re2.Options()
    options.log_errors, options.max_mem = False, _MEMORY
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(_mistake(pattern, error)) from None
    if max(compiled.programsize, compiled.reverseprogramsize) > _LARGEST:
        raise ValueError(_TOO_LARGE)
    return Expression(compiled)


_TOO_LARGE = "is too large an expression: write smaller numbers in { }, or take it apart"


def _mistake(pattern: str, error: Exception) -> str:
    """Say in plain words what is wrong with a pattern."""
    said = error.args[0].decode(errors="replace") if error.args else ""
    why, _, where = said.partition(": ")
    if where in _AROUND:
        return f"cannot look at {_AROUND[where]} without taking it: there is no {where} here"
    if _BACK.search(pattern):
        return "cannot refer back to what was found before, as \\1 does: write out what is meant"
    if why == "invalid perl operator" or (why == "bad repetition operator" and where.endswith("+")):
        return f"has {where}, which is not known here"
    if where == "\\Z":
        return "has \\Z, which is written \\z here"
    if why.startswith("pattern too large"):
        return _TOO_LARGE
    return f"is no regular expression: {said}"


def pieces_of(template: str) -> tuple[str | int, ...]:
    """Take apart what is put in place of what was found: text, and the numbers of pairs of brackets, which
    are digits behind a backslash; 0 is all. Raises ValueError.
    """
    pieces: list[str | int] = []
    at = 0
    for found in _PIECE.finditer(template):
        pieces.append(template[at : found.start()])
        if found[1].isascii() and found[1].isdigit():
            pieces.append(int(found[1]))
        elif found[1] == "\\":
            pieces.append("\\")
        else:
            raise ValueError("has a \\ too many: one that is meant as text is written twice")
        at = found.end()
    pieces.append(template[at:])
    return tuple(piece for piece in pieces if piece != "")
