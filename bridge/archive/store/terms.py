"""What the full-text index has of an entry."""

from bridge.archive.entries import Header, Words

from .records import Scope

__all__ = ["TERMS", "terms"]

TERMS = 1
"""The version of the terms: a file whose index has others gets a new one."""


def terms(header: Header, words: Words | None, scope: Scope) -> str:
    """Return the terms of an entry, by which it is found: of its words, and of where, when and by whom."""
    where = f"\ue000{scope.conversation} \ue003{scope.network} \ue006{header.kind}"
    if scope.room:
        where += f" \ue001{scope.room}"
    if scope.person:
        where += f" \ue002{scope.person}"
    if words is None:
        return where
    if words.files:
        where += " \ue004"
    said = " ".join([words.text, *(file.name for file in words.files)])
    return f"{where} {said.casefold()}"
