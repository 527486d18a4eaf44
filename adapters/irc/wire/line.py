"""One line of IRC: taken apart and put together. Pure.

The library's own parser splits arguments at any Unicode space and undoes CTCP quoting into real line
breaks; both would let a user speak in another channel's name, so lines are taken apart here.
"""

import re
from typing import NamedTuple

__all__ = [
    "MARK",
    "REACT",
    "REPLY",
    "TAGS",
    "TYPING",
    "UNREACT",
    "Line",
    "decode_text",
    "line",
    "nick_of",
    "parse",
    "tag_value",
]

MARK = "+hubbub/txn"
"""The client-only tag (IRCv3 message-tags) that carries a message's txn."""
REPLY = "+draft/reply"
"""The client-only tag (IRCv3 reply) that names the message that is replied or reacted to."""
REACT, UNREACT = "+draft/react", "+draft/unreact"
"""The client-only tags (IRCv3 react) that give a reaction and take it back."""
TYPING = "+typing"
"""The client-only tag (IRCv3 typing) that says whether somebody writes."""
TAGS = frozenset({MARK, REPLY, REACT, UNREACT, TYPING})
"""All client-only tags that we send."""

_NO_TAGS: dict[str, str] = {}
_ESCAPE = re.compile(r"\\(.?)")
_ESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPED = str.maketrans({value: f"\\{key}" for key, value in _ESCAPES.items()})
_BREAKS = b"\r\n\0"


class Line(NamedTuple):
    """A line as it came. `source` is the prefix without its colon, `command` in upper case."""

    tags: dict[str, str]
    source: str
    command: str
    params: list[str]


def parse(text: str) -> Line:
    """Take a line apart (RFC 1459 section 2.3.1, IRCv3 message-tags). Raises ValueError when it is none.

    Only U+0020 parts arguments.
    """
    tags, source = _NO_TAGS, ""
    if text[:1] == "@":
        raw, _, text = text[1:].partition(" ")
        tags = _tags(raw)
        text = text.lstrip(" ")
    if text[:1] == ":":
        source, _, text = text[1:].partition(" ")
    head, colon, last = text.partition(" :")
    words = head.split(" ")
    if "" in words:
        words = [word for word in words if word]
    if not words or not words[0].isalnum():
        raise ValueError("no command")
    command = words.pop(0)
    if colon:
        words.append(last)
    return Line(tags, source, command.upper(), words)


def _tags(raw: str) -> dict[str, str]:
    tags: dict[str, str] = {}
    for item in raw.split(";"):
        key, _, value = item.partition("=")
        tags[key] = _ESCAPE.sub(_unescape, value) if "\\" in value else value
    return tags


def _unescape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])


def tag_value(text: str) -> str:
    """Escape a value for a tag (IRCv3 message-tags)."""
    return text.translate(_ESCAPED)


def nick_of(source: str) -> str:
    """Return the nick of nick!user@host."""
    return source.partition("!")[0]


def decode_text(raw: bytes, encoding: str) -> str:
    """Decode bytes: as UTF-8 if they can be that, else in the network's encoding, else as Windows-1252.

    Never fails. A line that a server cut within a character of UTF-8 stays UTF-8.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        whole = raw[: error.start]
        if error.reason == "unexpected end of data" and not whole.isascii():
            return whole.decode()
    legacy = "cp1252" if encoding == "utf-8" else encoding
    return raw.decode(legacy, "replace")


def line(*params: str, trailing: str | None = None, encoding: str = "utf-8") -> bytes:
    """Build a line to send, without its end. It can hold no line break, so it stays one command.

    Raises ValueError when a parameter but the trailing one could be taken for several.
    """
    for param in params:
        if not param or " " in param or param.startswith(":"):
            raise ValueError(f"{params[0]}: a parameter is empty, holds a space or begins with a colon")
    text = " ".join(params) if trailing is None else f"{' '.join(params)} :{trailing}"
    return text.encode(encoding, "replace").translate(None, _BREAKS)
