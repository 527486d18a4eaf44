"""Questions to the archive's process. Each feature has a module with its own, and who answers them stands in
the tables of `__main__.py`.
"""

from typing import Any, ClassVar, Generic, TypeVar

import msgspec

__all__ = ["Inquiry", "ReadUpTo", "Tidying"]

A = TypeVar("A")


class Inquiry(msgspec.Struct, Generic[A], frozen=True, array_like=True):
    """Something that is asked: its class has a name of its own among all questions."""

    answer: ClassVar[Any] = type(None)
    """The type of the answer, as msgspec reads it."""


class ReadUpTo(Inquiry[int | None], frozen=True, array_like=True):
    """Up to where a journal was read; None: it never was, while another one was."""

    answer: ClassVar[Any] = int | None

    journal: str
    latest: int
    """The last that it has."""


class Tidying(Inquiry[None], frozen=True, array_like=True):
    """Let go of files that nothing in the archive has any more."""
