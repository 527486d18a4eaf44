"""Messages of bots, as content. Pure."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from adapters.onebot.wire import Segment, identity, segments, text
from bridge import Attachment, Content, FileKind, Kind, Span, UserId, normal, ours

from .numbers import read_number

__all__ = ["Said", "Unsayable", "read", "said_by_bot"]

_FILES = {
    "image": FileKind.IMAGE,
    "record": FileKind.AUDIO,
    "video": FileKind.VIDEO,
    "file": FileKind.FILE,
}
_OWN_WORDS = {"location": "[location]", "mface": "[sticker]"}
_LARGEST_FILE = 30_000_000


class Unsayable(ValueError):
    """A message that is not relayed; its text is a sentence for the bot's author."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a bot."""

    content: Content
    kind: Kind = Kind.TEXT
    answers: str | None = None
    """The number of what it answers."""
    files: tuple[bytes, ...] = field(default=(), repr=False)
    """The files that came with it, each that of the attachment whose address is its place here."""


def read(message: object, *, plain: bool = False) -> tuple[Segment, ...]:
    """Return the segments of an action's message; `plain`: a string has no CQ codes (`auto_escape`)."""
    found = (text(message),) if plain and isinstance(message, str) else segments(message)
    if not found:
        raise Unsayable("message is empty, or no message: an array of segments or a string")
    return found


def said_by_bot(found: Sequence[Segment], name: Callable[[int], str | None]) -> Said:
    """Return what segments say. `name` tells what somebody with a number is called.

    Raises Unsayable when a part of it cannot be had.
    """
    spans: list[Span] = []
    attachments: list[Attachment] = []
    files: list[bytes] = []
    answers = None
    for segment in found:
        data = segment.data
        if segment.type == "text":
            spans.append(Span(data.get("text", "")))
        elif segment.type == "at":
            spans.append(_called(data.get("qq", ""), name))
        elif segment.type == "reply":
            answers = identity(data.get("id")) or answers
        elif segment.type in _FILES:
            attachments.append(_attachment(segment, files))
        elif segment.type == "share":
            spans.append(Span(f"{data.get('title', '')} {data.get('url', '')}".strip()))
        else:
            known = _OWN_WORDS.get(segment.type)
            spans.append(ours(known) if known else Span(f"[{segment.type}]"))
    content, kind = Content(normal(spans), tuple(attachments)), Kind.TEXT
    if content.text.startswith("/me ") and not content.spans[0].ours:
        first = Span(content.spans[0].text[4:])
        content, kind = Content(normal((first, *content.spans[1:])), content.attachments), Kind.EMOTE
    if not content.text.strip() and not attachments:
        raise Unsayable("message has no words and no file")
    return Said(content, kind, answers, tuple(files))


def _called(who: str, name: Callable[[int], str | None]) -> Span:
    if who == "all":
        return Span("@all")
    number = read_number(who)
    called = name(number) if number is not None else None
    return Span(f"@{called or who}", mention=UserId(who) if called else None)


def _attachment(segment: Segment, files: list[bytes]) -> Attachment:
    data = segment.data
    kind, given = _FILES[segment.type], data.get("file", "")
    name = data.get("name", "")
    if given.startswith("base64://"):
        files.append(_bytes(given.removeprefix("base64://")))
        return Attachment(str(len(files) - 1), name, kind, voice=kind is FileKind.AUDIO)
    for address in (given, data.get("url", "")):
        if address.startswith(("http://", "https://")):
            name = name or unquote(urlsplit(address).path.rpartition("/")[2])
            return Attachment(address, name, kind, voice=kind is FileKind.AUDIO)
    if given.startswith("file:"):
        raise Unsayable(
            "file:// is never read: it would be a file of the machine that Hubbub is on; use base64://"
        )
    raise Unsayable(f"a {segment.type} needs a file that begins with base64://, http:// or https://")


def _bytes(given: str) -> bytes:
    if len(given) > _LARGEST_FILE:
        raise Unsayable(
            f"a file in base64:// may have {_LARGEST_FILE:,} letters at most: use an http address"
        )
    try:
        found = base64.b64decode("".join(given.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unsayable("a file is not base64") from None
    if not found:
        raise Unsayable("a file is empty")
    return found
