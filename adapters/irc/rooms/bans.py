"""Bans of a channel: what sets and lifts them, and whom a mask is about (RFC 2812 section 3.2.3). Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping

from bridge import fits_glob

__all__ = ["changes", "is_about", "is_of_people"]

_CHANMODES = "beI,k,l,imnpst"
"""What servers have that say nothing (ISUPPORT CHANMODES)."""
_PREFIX = "(ov)@+"
_LEAST = 3
"""So many letters and digits a mask must have that is about people, and not about the channel."""
_LITERAL = re.compile(r"[^\W_]")


def changes(isupport: Mapping[str, str], modes: str, words: Iterable[str]) -> Iterator[tuple[bool, str]]:
    """Yield the bans that a MODE sets and lifts: whether it sets one, and its mask."""
    kinds = isupport.get("CHANMODES", _CHANMODES).split(",")
    always = set("".join(kinds[:2]) + isupport.get("PREFIX", _PREFIX).partition(")")[0].lstrip("("))
    when_set = set(kinds[2]) if len(kinds) > 2 else set()
    rest, sets = iter(words), True
    for mode in modes:
        if mode in "+-":
            sets = mode == "+"
        elif mode in always or (sets and mode in when_set):
            word = next(rest, None)
            if word is None:
                return
            if mode == "b":
                yield sets, word


def is_of_people(mask: str) -> bool:
    """Whether a mask names somebody by nick, user or host, and is neither a ban of another kind (ISUPPORT
    EXTBAN) nor one of everybody.
    """
    nick, bang, rest = mask.partition("!")
    user, at, host = rest.partition("@")
    if not bang or not at or nick[:1] in ("$", "~") or ":" in nick:
        return False
    return not set("*?") & set(nick) or len(_LITERAL.findall(nick + user + host)) >= _LEAST


def is_about(mask: str, source: str) -> bool:
    """Whether a mask fits somebody's prefix, both in lower case."""
    return fits_glob(mask.partition("$")[0], source)  # what follows is where they are forwarded to
