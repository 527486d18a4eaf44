"""Links in what strangers say: no client makes them something to click on. Pure.

Libraries that find links leave alone what may be none, and in Chinese, which has no spaces, they miss most.
Here it is the other way round: what some client might take for a link is taken apart, and a file's name too.
"""

import re

__all__ = ["MARK", "harmless"]

MARK = "\N{WARNING SIGN}"
"""Stands before a text whose links were made harmless."""

_FOUND = re.compile(
    # a mail address stays: people are asked for theirs
    r"(?P<mail>(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]++@[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)++(?![/:@]))"
    r"|(?P<scheme>://)"
    r"|(?<!\w)(?P<short>data|geo|im|javascript|magnet|mailto|matrix|sips?|skype|sms|tel|tg|xmpp)(?P<colon>:)(?=\S)"
    r"|(?P<number>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]))"
    r"|(?<=[\w-])(?P<dot>\.)(?=[^\W\d_]{2})",
    re.IGNORECASE,
)


def harmless(text: str) -> tuple[str, int]:
    """Return the text with its links taken apart, as `https[:]//shop[.]example`, and how many there were."""
    count = 0

    def take_apart(found: re.Match[str]) -> str:
        nonlocal count
        apart = _FOUND.sub(_taken_apart, found[0])
        if apart != found[0]:
            count += max(found[0].count("://"), 1)
        return apart

    return re.sub(r"\S+", take_apart, text), count


def _taken_apart(found: re.Match[str]) -> str:
    if found["scheme"]:
        return "[:]//"
    if found["short"]:
        return f"{found['short']}[:]"
    if found["number"]:
        return found["number"].replace(".", "[.]")
    return "[.]" if found["dot"] else found[0]
