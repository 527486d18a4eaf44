"""Phrases that somebody looks for: a word, a part of one, or words in their order."""

from dataclasses import dataclass
from typing import Self

from .folding import folded
from .words import is_run, joined, squeezed

__all__ = ["Phrase", "padded"]


def padded(text: str) -> str:
    """Return a text as phrases look at it: folded, with one space between words, and one at each end."""
    return f" {squeezed(folded(text))} "


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand beside each other: one at least. Of what people do not part, any part is found."""

    words: str
    """As `squeezed` has them."""
    prefix: bool = False
    """Whether the last of them may go on."""

    @classmethod
    def of(cls, text: str, *, prefix: bool = False) -> Self | None:
        """Return what a text asks for; None: it has no words."""
        words = squeezed(folded(text))
        return cls(words, prefix) if words else None

    @property
    def needle(self) -> str:
        """What stands in each `padded` text that has it, and in no other."""
        begins = "" if is_run(self.words[0]) else " "
        ends = "" if self.prefix or is_run(self.words[-1]) else " "
        return f"{begins}{self.words}{ends}"

    @property
    def expression(self) -> str:
        """An expression of FTS5 for all entries that may have it: terms in quotes, and none has a quote in
        itself.
        """
        before, _, last = self.words.rpartition(" ")
        terms = [f'"{term}"' for term in dict.fromkeys(joined(before))]
        if not is_run(last[0]):
            (term,) = joined(last)
            return " ".join([*terms, f'"{term}"' + " *" * self.prefix])
        if len(last) == 1:  # other characters may follow it in its run
            return " ".join([*terms, f'"{last}" *'])
        return " ".join([*terms, *(f'"{pair}"' for pair in dict.fromkeys(joined(last)[:-1]))])
