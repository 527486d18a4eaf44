"""How texts and numbers are shown to people."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["closest", "counted", "lasting", "nearest", "printable", "quoted", "straight"]

_SHOWN = 60
_CURLED = "“”„‟«»‘’"
"""Quotes as a word processor writes them."""
_SERVER = ("server", "homeserver")
_ACCOUNT = ("user", "jid")
_ALSO_CALLED = {
    "access_token": ("token",),
    "account": _ACCOUNT,
    "channel": ("room",),
    "channels": ("conversations",),
    "host": _SERVER,
    "hostname": _SERVER,
    "rooms": ("conversations", "room"),
    "ssl": ("tls",),
    "type": ("protocol",),
    "url": ("homeserver", "server"),
    "username": _ACCOUNT,
}
"""What other programs call our keys."""
_TIMES = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"))


def counted(number: int, thing: str, things: str = "") -> str:
    """Return a number of things: `1 message`, `2,000 messages`; `things` is for what has no plural in -s."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def lasting(seconds: float) -> str:
    """Return a length of time in the unit in which it is two or more: `90 seconds`, `2 minutes`."""
    size, unit = next((one for one in _TIMES if seconds >= 2 * one[0]), (1.0, "second"))
    return counted(round(max(seconds, 0.0) / size), unit)


def printable(text: str) -> str:
    """Return the text with everything escaped that a terminal might act upon."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def quoted(text: str) -> str:
    """Return the text in quotes, on one line, not too long."""
    return f'"{printable(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")}"'


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean "port"?` for the known word that this one stands for, or ""."""
    close = closest(word, known)
    return f"; did you mean {quoted(close)}?" if close else ""


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that others call by this one, or else the one that is most like it."""
    word, known = word[:_SHOWN].lower(), list(known)
    also = [name for name in _ALSO_CALLED.get(word, ()) if name in known]
    return next(iter(also or get_close_matches(word, known, n=1)), None)


def straight(room: str) -> str:
    """Return a room's name as it is; raises ValueError where curled quotes stand around it."""
    if (bare := room.strip(_CURLED)) != room:
        raise ValueError(f"curled quotes are no quotes here: write {quoted(bare)}")
    return room
