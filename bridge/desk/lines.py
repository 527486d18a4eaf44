"""Reads the meaning of an agent's line. Pure.

What is meant for nobody must never look like words for a visitor: a line that begins with `!` and a letter
is a command, known or not, and one that begins with `//` is for colleagues, whatever stands before these
unseen.
"""

from dataclasses import dataclass

import regex

from bridge.model import Content, Span, text_of

__all__ = ["AgentAside", "AgentCommand", "AgentLine", "AgentWords", "leading_number", "read_line", "words_of"]

_UNSEEN = regex.compile(r"\A[\s\p{C}\p{Default_Ignorable_Code_Point}]+")
_COMMAND = regex.compile(r"[!！](\p{L}[\w-]*)(?:\s+(.*))?\Z", regex.DOTALL)
_ASIDE = regex.compile(r"[/／]{2}|[/／](?=\s)")  # some clients take one of two slashes away
# `12: text`, `@12 text`, and `_12_bea: text`, as a visitor is called on IRC who has a connection there; a
# time is words: 12:30
_ADDRESS = regex.compile(
    r"(?:@(\d{1,9})(?:\s*[:：,，]|(?=\s|\Z))|(\d{1,9})\s*[:：](?!\d)"
    r"|@?_+(\d{1,9})(?!\d)[^\s:：,，]*[:：,，](?!\d))\s*"
)
_COMMA = regex.compile(r"(\d{1,9})\s*[,，](?!\d)\s*")
_NUMBER = regex.compile(r"[#@]?(\d{1,9})(?:[:：,，]|(?=\s|\Z))\s*")
_AFTER_MENTION = regex.compile(r"\A\s*[:：,，]?\s*")


@dataclass(frozen=True, slots=True)
class AgentCommand:
    """Something that is asked of the desk."""

    name: str
    """In lower case; it need not be one that there is."""
    words: str
    """What stands behind it."""
    number: int | None = None
    """The chat that it is addressed to; None: to none by name."""


@dataclass(frozen=True, slots=True)
class AgentAside:
    """Something for colleagues alone."""

    text: str


@dataclass(frozen=True, slots=True)
class AgentWords:
    """Words for a visitor, if the agent has one."""

    text: str
    number: int | None = None
    """The chat that they are addressed to; None: to none by name."""
    perhaps: int | None = None
    """The number, with a comma, that they begin with: `2, please` is meant for no chat, or for the second."""


AgentLine = AgentCommand | AgentAside | AgentWords


def read_line(content: Content) -> AgentLine:
    """Return what a line means."""
    number, text = _mentioned(content)
    text = _UNSEEN.sub("", text)
    if number is None and (found := _ADDRESS.match(text)):
        number, text = int(found[1] or found[2] or found[3]), _UNSEEN.sub("", text[found.end() :])
    perhaps = None
    if number is None and (found := _COMMA.match(text)):
        perhaps, rest = int(found[1]), _UNSEEN.sub("", text[found.end() :])
        if _ASIDE.match(rest) or _COMMAND.match(rest):
            number, text = perhaps, rest
    if found := _ASIDE.match(text):
        return AgentAside(text[found.end() :].strip())
    if found := _COMMAND.match(text):
        return AgentCommand(found[1].casefold(), (found[2] or "").strip(), number)
    return AgentWords(text.rstrip(), number, perhaps)


def _mentioned(content: Content) -> tuple[int | None, str]:
    """Return the visitor whom a line names first, by their chat's number, and the words behind that."""
    spans = [span for span in content.spans if span.text.strip()]
    if not spans or not (spans[0].mention or "").isdecimal():
        return None, words_of(content)
    rest = content.spans[content.spans.index(spans[0]) + 1 :]
    return int(spans[0].mention or ""), _AFTER_MENTION.sub("", words_of(Content(rest)))


def words_of(content: Content) -> str:
    """Return the words of content as a visitor reads them, with the address of a link that has a text."""
    if all(span.href is None for span in content.spans):
        return text_of(content.spans)
    return "".join(_with_address(span) for span in content.spans)


def _with_address(span: Span) -> str:
    if span.href is None or span.text.strip() in (span.href, span.href.partition(":")[2].strip("/")):
        return span.text
    return f"{span.text} ({span.href})"


def leading_number(words: str) -> tuple[int | None, str]:
    """Return the number that a command's words begin with, if they do, and what follows it."""
    found = _NUMBER.match(words)
    return (int(found[1]), words[found.end() :]) if found else (None, words)
