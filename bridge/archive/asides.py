"""Tells apart from people's talk what they ask of Hubbub there, and what it says itself."""

from .entries import Header, Words

__all__ = ["INSTRUCTIONS", "is_aside"]

INSTRUCTIONS = frozenset({"archive", "help", "search", "tag", "untag", "who"})
"""What people ask of Hubbub, by its first word: the process of the archive does without what answers it."""


def is_aside(header: Header, words: Words | None) -> bool:
    """Whether a message is Hubbub's own, or an instruction to it."""
    if header.by is not None and not header.by.id:
        return True
    text = words.text if words is not None else ""
    return text.startswith("!") and text[1:].partition(" ")[0].casefold() in INSTRUCTIONS
