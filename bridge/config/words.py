"""How texts and numbers are shown to people."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["counted", "nearest", "printable", "quoted"]

_SHOWN = 60


def counted(number: int, thing: str) -> str:
    """So many: `1 message`, `2,000 messages`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """The text with everything escaped that a terminal might act upon."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def quoted(text: str) -> str:
    """The text in quotes, on one line, not too long."""
    return f'"{printable(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")}"'


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean "port"?` for the known word that is most like this one, or nothing."""
    close = get_close_matches(word[:_SHOWN].lower(), known, n=1)
    return f"; did you mean {quoted(close[0])}?" if close else ""
