"""How people say that they want nothing more: the words that count everywhere. Pure."""

from unicodedata import normalize

__all__ = ["stops"]

_WORDS = ("stop", "unsubscribe")
_JOINED = ("退订", "退訂")
"""The same, by people who put no space behind a word."""
_BARE = ("STOP", *_JOINED)
"""What counts in a room without a sign, where nothing else is said: people say "stop" to each other too."""
_SIGN = "!"
_LONGEST = 200
"""So much of what somebody says is looked at."""
_ENDS = ".,;:!?。，！"


def stops(text: str, *, alone: bool) -> str | None:
    """Return what somebody wants no more of, in their words, empty: all; None: they say no such thing.

    `alone` is whether it was said to us alone: then the first word decides. The sign may be that of a Chinese
    keyboard.
    """
    said = normalize("NFKC", text[:_LONGEST]).strip()
    if not alone and not said.startswith(_SIGN) and said not in _BARE:
        return None
    said = said.removeprefix(_SIGN).lstrip()
    for word in _JOINED:
        if said.startswith(word):
            return said[len(word) :].strip(_ENDS + " ")
    first, _, rest = said.partition(" ")
    return rest.strip(_ENDS + " ") if first.rstrip(_ENDS).casefold() in _WORDS else None
