"""What is said: a flat tuple of spans.

A span is text with inline marks, and the block its lines belong to. A newline in a span's text
ends a line; a block mark belongs to whole lines, so that `lines` can take the spans apart and a
split needs no offset arithmetic over a tree. No HTML, markdown or colour code crosses the core.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from .ids import UserId

__all__ = [
    "PLAIN",
    "US",
    "Attachment",
    "Block",
    "Content",
    "Feature",
    "FileKind",
    "Kind",
    "Line",
    "Mark",
    "Span",
    "addressing",
    "cut",
    "lines",
    "normal",
    "of_lines",
    "ours",
    "plain",
    "text_of",
]

US = UserId("")
"""Whom a mention names that names the bridge itself: the account that speaks for it in that room."""


class Kind(StrEnum):
    """How a message is said."""

    TEXT = "text"
    EMOTE = "emote"
    NOTICE = "notice"


class Mark(StrEnum):
    """An inline mark."""

    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKE = "strike"
    CODE = "code"
    SPOILER = "spoiler"


class Feature(StrEnum):
    """What of formatting, beside marks, a network can carry."""

    LINK = "link"
    COLOUR = "colour"
    QUOTE = "quote"
    CODE_BLOCK = "code_block"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Block:
    """The block that a line stands in. The three can be combined: a list in a quote."""

    quote: int = 0
    """Depth of quotation; 0 is none."""
    code: str | None = None
    """None: not code. Else the language of a code block, "" when unknown; such lines have no marks."""
    item: int | None = None
    """None: no list. 0: a bullet. Above: the number of a numbered item. Each line is one item."""
    indent: int = 0
    """How deep the list is nested; 0 is the outermost."""


PLAIN = Block()


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text that is marked alike."""

    text: str
    marks: frozenset[Mark] = frozenset()
    href: str | None = None
    """An http, https, mailto, xmpp, irc, ircs, matrix or geo address that the text links to."""
    colour: int | None = None
    """Text colour as 0xRRGGBB."""
    mention: UserId | None = None
    """Whom the text names: in an event by their id on its network, in a command by their id on the
    network that it goes to; None: nobody in particular, or nobody who is known there."""
    block: Block = PLAIN
    ours: bool = False
    """Whether these are Hubbub's own words for what cannot be shown: one phrase of its catalogue, which is
    said in the language of the room."""

    @property
    def plain(self) -> bool:
        """Whether the span has no mark of any kind."""
        if self.marks or self.href is not None or self.colour is not None or self.mention is not None:
            return False
        if self.ours:
            return False
        return self.block is PLAIN or self.block == PLAIN


class FileKind(StrEnum):
    """How people meet a file."""

    FILE = "file"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that somebody sent, as their network tells of it: no bytes, and nothing that was checked."""

    address: str
    """Where it is: an http or https address, or what only the network's own adapter can turn into one."""
    name: str = ""
    """What its author calls it; unsafe."""
    kind: FileKind = FileKind.FILE
    type: str = ""
    """The media type."""
    size: int | None = None
    """In bytes."""
    width: int | None = None
    """In pixels, like the height."""
    height: int | None = None
    duration: float | None = None
    """In seconds."""
    voice: bool = False
    """Whether it was spoken into the client as a message."""


@dataclass(frozen=True, slots=True)
class Content:
    """What one message says. With attachments, the words are their caption, if there are any."""

    spans: tuple[Span, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def text(self) -> str:
        """The words alone, without marks; quote marks and bullets are not in them."""
        return text_of(self.spans)


def addressing(content: Content, name: str) -> Content:
    """Return a reply's content, with a mention of the bridge where its words begin with our name in that
    room.
    """
    first = content.spans[0] if content.spans else Span("")
    end = len(name) + first.text.startswith("@")
    if not name or first.text[:end].removeprefix("@").casefold() != name.casefold():
        return content
    if first.text[end : end + 1] not in (":", ",") or first.mention is not None:
        return content
    begun = (replace(first, text=first.text[:end], mention=US), replace(first, text=first.text[end:]))
    return replace(content, spans=(*begun, *content.spans[1:]))


Line = tuple[Block, tuple[Span, ...]]
"""One line: its block and its spans, whose texts hold no newline."""


def text_of(spans: Sequence[Span]) -> str:
    """Return the words of spans alone."""
    return spans[0].text if len(spans) == 1 else "".join([span.text for span in spans])


def plain(text: str) -> Content:
    """Return text without any mark, as content."""
    return Content((Span(text),))


def ours(phrase: str) -> Span:
    """Return a phrase of Hubbub's own, such as `[encrypted message]`, which is said in the language of the
    room.
    """
    return Span(phrase, ours=True)


def normal(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the same content with as few spans as can say it: no empty ones, no equal neighbours."""
    out: list[Span] = []
    for span in spans:
        if not span.text:
            continue
        last = out[-1] if out else None
        if last is not None and not span.ours and replace(last, text="") == replace(span, text=""):
            out[-1] = replace(span, text=last.text + span.text)
        else:
            out.append(span)
    return tuple(out)


def lines(spans: Sequence[Span]) -> Iterator[Line]:
    """Take content apart into lines. A line's block is that of its first span.

    A change of block within a line begins a new line, as a quote that is followed by plain text does.
    """
    block: Block | None = None
    line: list[Span] = []
    for span in spans:
        if block is not None and line and span.block != block:
            yield block, tuple(line)
            line = []
        block = span.block
        first, *rest = span.text.split("\n")
        if first:
            line.append(span if not rest else replace(span, text=first))
        for text in rest:
            yield block, tuple(line)
            line = [replace(span, text=text)] if text else []
    if line:
        assert block is not None
        yield block, tuple(line)


def of_lines(parts: Iterable[Line]) -> tuple[Span, ...]:
    """Put lines together again: the inverse of `lines`, in normal form."""
    out: list[Span] = []
    above: Block | None = None
    for block, line in parts:
        if above is not None:
            out.append(Span("\n", block=above))
        out.extend(span if span.block == block else replace(span, block=block) for span in line)
        above = block
    return normal(out)


def cut(spans: Sequence[Span], start: int, end: int | None = None) -> tuple[Span, ...]:
    """Return the spans from character `start` to before `end`, counted over the whole text."""
    out: list[Span] = []
    at = 0
    for span in spans:
        size = len(span.text)
        left = max(start - at, 0)
        right = size if end is None else min(end - at, size)
        if left < right:
            out.append(span if left == 0 and right == size else replace(span, text=span.text[left:right]))
        at += size
    return tuple(out)
