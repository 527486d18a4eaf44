"""Commands to the wire. Pure.

Formatting codes are those of modern.ircdocs.horse/formatting. What a person wrote never makes one:
control characters are taken out of text here, marks are the only source of codes.
"""

import re
from collections.abc import Collection
from dataclasses import replace

from bridge import Content, Feature, Kind, Mark, Rejected, SendMessage, Span

from .wire.colours import nearest
from .wire.line import MARK, REACT, REPLY, TYPING, UNREACT, line, tag_value

__all__ = [
    "ACTION_COST",
    "BACKTICKS_COST",
    "FEATURES",
    "MARKS",
    "MARK_COST",
    "body",
    "can_react",
    "message",
    "reaction",
    "redaction",
    "tags",
    "topic",
    "typing",
]

_CODES = {
    Mark.BOLD: "\x02",
    Mark.ITALIC: "\x1d",
    Mark.UNDERLINE: "\x1f",
    Mark.STRIKE: "\x1e",
    Mark.CODE: "\x11",
}
_RESET = "\x0f"
_SPOILER = "\x0301,01"
_NOTHING = "\x02\x02"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST_REACTION = 64
_BREAK = re.compile(r"\r\n|[\r\n]")

MARKS = frozenset(Mark)
FEATURES = frozenset({Feature.COLOUR})
MARK_COST = len(_RESET) + len(_CODES) + len(_SPOILER)
"""Bytes that a change between two spans takes at most: a reset, every code, the longer of the colours."""
BACKTICKS_COST = 2 * len("`` ")
"""Bytes that a span of code takes on top of that, where backticks mark it."""
ACTION_COST = len("\x01ACTION \x01")


def message(
    target: str, content: Content, kind: Kind, encoding: str = "utf-8", *, backticks: bool = False
) -> bytes:
    """Return a PRIVMSG or NOTICE with this content, without the line's end.

    A line break in it becomes a space.
    `backticks` stand around code in place of the code for it.

    Raises Rejected when nothing is left to say.
    """
    text = body(_in_backticks(content) if backticks else content)
    if not text.strip():
        raise Rejected("there is no text in the message that IRC could show")
    if kind is Kind.EMOTE:
        text = f"\x01ACTION {text}\x01"
    return line("NOTICE" if kind is Kind.NOTICE else "PRIVMSG", target, trailing=text, encoding=encoding)


def tags(command: SendMessage, passing: Collection[str]) -> bytes:
    """Return the client-only tags of a message that the server lets through, a semicolon before each."""
    found = b";%b=%b" % (MARK.encode(), command.txn.encode()) if MARK in passing else b""
    if command.answered is not None and REPLY in passing:
        found += b";%b=%b" % (REPLY.encode(), tag_value(command.answered.part.id).encode())
    return found


def redaction(target: str, msgid: str, reason: str, encoding: str = "utf-8") -> bytes:
    """Return a REDACT (IRCv3 draft/message-redaction), without the line's end.

    Raises Rejected when it is no msgid.
    """
    why = _clean(reason) or None
    try:
        return line("REDACT", target, msgid, trailing=why, encoding=encoding)
    except ValueError:
        raise Rejected(f"{msgid!r} is no name that IRC could have given to a message") from None


def topic(target: str, text: str, most: int, encoding: str = "utf-8") -> bytes:
    """Return a TOPIC (RFC 2812 section 3.2.4), without the line's end; cut to so many bytes between two
    characters.
    """
    text = _clean(text).encode(encoding, "replace")[:most].decode(encoding, "ignore")
    return line("TOPIC", target, trailing=text, encoding=encoding)


def typing(target: str, state: bool, encoding: str = "utf-8") -> bytes:
    """Return a TAGMSG that says whether we type (IRCv3 typing client tag), without the line's end."""
    return _tagged(f"{TYPING}={'active' if state else 'done'}", target, encoding)


def can_react(emoji: str) -> bool:
    """Whether a reaction has anything that a tag can carry, and is no longer than one should be."""
    return 0 < len(_clean(emoji).strip()) <= _LONGEST_REACTION


def reaction(target: str, msgid: str, emoji: str, *, taken: bool, encoding: str = "utf-8") -> bytes:
    """Return a TAGMSG that gives a reaction or takes it back (IRCv3 draft/react), without its end."""
    tag = UNREACT if taken else REACT
    value = tag_value(_clean(emoji).strip())
    return _tagged(f"{REPLY}={tag_value(msgid)};{tag}={value}", target, encoding)


def _tagged(tags: str, target: str, encoding: str) -> bytes:
    return b"@%b %b" % (tags.encode("utf-8", "replace"), line("TAGMSG", target, encoding=encoding))


def body(content: Content) -> str:
    """Return the content with formatting codes, free of every other control character but tab."""
    spans = content.spans
    if len(spans) == 1 and not spans[0].marks and spans[0].colour is None:
        return _clean(spans[0].text)
    out: list[str] = []
    before = ""
    for span in spans:
        text = _clean(span.text)
        if not text:
            continue
        codes = _codes(span)
        if codes != before:
            if before:
                out.append(_RESET)
            out.append(codes)
            before = codes
        # after a colour, a comma and a digit would be the number of a background
        if text[0] == "," and span.colour is not None:
            out.append(_NOTHING)
        out.append(text)
    return "".join(out)


def _in_backticks(content: Content) -> Content:
    """Return the content with code as people type it."""
    if not any(Mark.CODE in span.marks for span in content.spans):
        return content
    return Content(tuple([_typed(span) if Mark.CODE in span.marks else span for span in content.spans]))


def _typed(span: Span) -> Span:
    text = f"`` {span.text} ``" if "`" in span.text else f"`{span.text}`"
    return replace(span, text=text if span.text.strip() else span.text, marks=span.marks - {Mark.CODE})


def _clean(text: str) -> str:
    if text.isprintable():
        return text
    return _CONTROL.sub("", _BREAK.sub(" ", text))


def _codes(span: Span) -> str:
    marks = span.marks
    if not marks and span.colour is None:
        return ""
    codes = "".join([code for mark, code in _CODES.items() if mark in marks])
    if Mark.SPOILER in marks:
        return codes + _SPOILER
    return codes if span.colour is None else f"{codes}\x03{nearest(span.colour):02}"
