"""Makes content fit a room: what it cannot carry becomes readable text, what is too long is split.

Everything here is a pure function of the content and the room's capability record.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import regex

from bridge.language import ENGLISH, Locale
from bridge.model import (
    PLAIN,
    Block,
    Byline,
    Capabilities,
    Content,
    Feature,
    Line,
    Mark,
    Span,
    Unit,
    cut,
    lines,
    normal,
    of_lines,
    text_of,
)

__all__ = [
    "Fitted",
    "Style",
    "clean",
    "cut_short",
    "degrade",
    "first_words",
    "measure",
    "next_part",
    "phrase_of",
    "styled",
]

# Newlines of all kinds; what could act on a wire or reorder a line: controls, surrogates, bidi embeddings.
_NEWLINE = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSAFE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINK = re.compile(
    r"(?!javascript:|vbscript:|data:|file:)[a-z][a-z0-9+.-]*:[^\s<>\"\x00-\x1f\x7f]+\Z", re.IGNORECASE
)
_ITEM = re.compile(r" *(?:•|\d+\.) ")
_CLUSTER = regex.compile(r"\X")
_FIRST_WORDS = 50
_CODE = frozenset({Mark.CODE})


@dataclass(frozen=True, slots=True)
class Fitted:
    """One part of a message, as a room can take it."""

    content: Content
    end: int | None
    """How far into the degraded content it reaches, in characters; None: to its end."""
    byline: Byline | None = None
    """Whose words they are, where the prefix says it."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a name is shown before the words."""

    marks: frozenset[Mark]
    colour: int | None
    start: int = 0
    """Where it stands in what stands before the words, in characters."""
    end: int = 0

    def moved(self, by: int) -> "Style":
        """Return the same for a text that begins so many characters later."""
        return replace(self, start=self.start + by, end=self.end + by)


def clean(text: str) -> str:
    """Return the text with nothing in it that acts: see `SendMessage`."""
    if text.isprintable():
        return text
    return _UNSAFE.sub("", _NEWLINE.sub("\n", text))


def degrade(content: Content, capabilities: Capabilities, locale: Locale = ENGLISH) -> tuple[Span, ...]:
    """Return the content with everything that the record excludes said in plain words."""
    spans = content.spans
    if len(spans) == 1 and spans[0].plain:
        text = clean(spans[0].text)
        return (spans[0],) if text is spans[0].text else (Span(text),)
    inline = [
        part
        for span in _in_words(spans, locale)
        for part in _inline(replace(span, text=clean(span.text)), capabilities, locale)
    ]
    return normal(of_lines(_line(block, line, capabilities) for block, line in lines(inline)))


def _in_words(spans: Sequence[Span], locale: Locale) -> Iterator[Span]:
    """Yield the spans, with what is Hubbub's own in them as this locale says it."""
    for span in spans:
        yield replace(span, text=locale.gettext(span.text), ours=False) if span.ours else span


def phrase_of(content: Content) -> str:
    """Return the phrase of Hubbub's own that is all there is to show of a message; "": there is more."""
    spans = content.spans
    return spans[0].text if len(spans) == 1 and spans[0].ours and not content.attachments else ""


def _inline(span: Span, capabilities: Capabilities, locale: Locale) -> Iterator[Span]:
    """Yield one span with only the marks that the record has; a link that cannot be made follows its text."""
    can = capabilities.features
    marks = span.marks & capabilities.marks
    colour = span.colour if Feature.COLOUR in can else None
    href = span.href if span.href is not None and _LINK.match(span.href) else None
    text = span.text
    if Mark.SPOILER in span.marks - marks and text.strip():
        text = locale.gettext("[spoiler: {text}]", text=text)
    if href is not None and Feature.LINK not in can:
        if href not in (text, f"mailto:{text}"):
            text = f"{text} ({href})"
        href = None
    yield Span(text, marks, href, colour, span.mention, span.block)


def _line(block: Block, line: tuple[Span, ...], capabilities: Capabilities) -> Line:
    """Return one line, whose block is kept as far as the record goes and written out beyond."""
    if block == PLAIN:
        return block, line
    can = capabilities.features
    before = ""
    if block.code is not None and Feature.CODE_BLOCK not in can:
        marks = _CODE & capabilities.marks
        line = tuple(Span(span.text, marks) for span in line)
        block = replace(block, code=None)
    if block.item is not None and Feature.LIST not in can:
        before = "  " * block.indent + (f"{block.item}. " if block.item else "• ")
        block = replace(block, item=None, indent=0)
    if block.quote and Feature.QUOTE not in can:
        before = "> " * block.quote + before
        block = replace(block, quote=0)
    return block, (Span(before), *line) if before else line


def next_part(
    spans: tuple[Span, ...], start: int, prefix: str, capabilities: Capabilities, style: Style | None = None
) -> Fitted | None:
    """Return the next part of degraded content, from character `start`, with the prefix before it, and the
    name in that in its style.

    None when nothing visible is left.
    """
    if (
        not start
        and style is None
        and len(spans) == 1
        and (line := _whole_line(spans[0], prefix, capabilities)) is not None
    ):
        return line
    text = text_of(spans)
    total = len(text)
    start = _skip_blank(text, start)
    if start >= total:
        return None
    changes = 1 if style is None else 3
    room = capabilities.text_limit - _size(prefix, capabilities.unit) - changes * capabilities.mark_cost
    rest = cut(spans, start) if start else spans
    end = start + _fitting(rest, text[start:], room, capabilities)
    part = _trimmed(rest if end == total else cut(rest, 0, end - start))
    if not part:
        return next_part(spans, end, prefix, capabilities, style)
    after = _skip_blank(text, end)
    return Fitted(Content(styled(_prefixed(prefix, part), style)), None if after >= total else after)


def styled(spans: tuple[Span, ...], style: Style | None) -> tuple[Span, ...]:
    """Return the same words with the name in them in its style."""
    if style is None:
        return spans
    name = [
        replace(span, marks=span.marks | style.marks, colour=style.colour)
        for span in cut(spans, style.start, style.end)
    ]
    return *cut(spans, 0, style.start), *name, *cut(spans, style.end)


def _whole_line(span: Span, prefix: str, capabilities: Capabilities) -> Fitted | None:
    """Return a plain line with the prefix before it, which most messages are; None: it needs more care."""
    text = span.text
    if not text.isprintable() or not text or text[-1].isspace() or not span.plain:
        return None
    text = prefix + text
    if _size(text, capabilities.unit) + capabilities.mark_cost > capabilities.text_limit:
        return None
    return Fitted(Content((Span(text),)), None)


def cut_short(fitted: Fitted, note: str, capabilities: Capabilities) -> Fitted:
    """Return a part as the last one: with a note in place of its end."""
    changes = len(fitted.content.spans)
    room = capabilities.text_limit - len(note.encode()) - changes * capabilities.mark_cost
    spans, size = list(fitted.content.spans), sum(len(span.text.encode()) for span in fitted.content.spans)
    while spans and size > room:
        last = spans.pop()
        size -= len(last.text.encode())
        kept = last.text.encode()[: max(room - size, 0)].decode(errors="ignore")
        if kept:
            spans.append(replace(last, text=kept))
            break
    return replace(fitted, content=Content((*_trimmed(tuple(spans)), Span(note))), end=None)


def first_words(content: Content, locale: Locale = ENGLISH) -> str:
    """Return the beginning of what was said, in one short line."""
    text = " ".join(clean(text_of(tuple(_in_words(content.spans, locale)))).split())
    if len(text) <= _FIRST_WORDS:
        return text
    end = _good_end(text, _FIRST_WORDS, lines_matter=False)
    return text[:end].rstrip() + "…"


def _prefixed(prefix: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Put the prefix before the words; before a quote, a list or code on a line of its own."""
    first = spans[0]
    if not prefix:
        return spans
    if first.block != PLAIN or ("\n" in text_of(spans) and _ITEM.match(first.text)):
        return Span(prefix.rstrip() + "\n"), *spans
    if first.plain:
        return Span(prefix + first.text), *spans[1:]
    return Span(prefix), *spans


def _trimmed(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Drop the newlines and blanks that a cut, or a person, left at the end."""
    while spans and len(stripped := spans[-1].text.rstrip()) != len(spans[-1].text):
        spans = (*spans[:-1], replace(spans[-1], text=stripped)) if stripped else spans[:-1]
    return spans


def _skip_blank(text: str, start: int) -> int:
    """Find the first character at or behind `start` whose line is worth sending."""
    if start >= len(text):
        return len(text)
    text = text[start:]
    blank = len(text) - len(text.lstrip())
    if not blank or blank == len(text):
        return start + blank
    # Indentation of a first line stays: it may be code.
    return start + text.rfind("\n", 0, blank) + 1


def _fitting(spans: tuple[Span, ...], text: str, room: int, capabilities: Capabilities) -> int:
    """Count the characters of the spans, whose text this is, that go into the next part: all, or up to the
    end of a line, a word, a character.
    """
    longest = len(text)
    if not capabilities.lines and (newline := text.find("\n")) >= 0:
        longest = newline
    if _size(text, capabilities.unit) + capabilities.mark_cost * (len(spans) - 1) <= room:
        return longest
    most = _fitting_characters(spans, room, capabilities)
    if most >= longest:
        return longest
    return _good_end(text, most, lines_matter=capabilities.lines)


def _fitting_characters(spans: tuple[Span, ...], room: int, capabilities: Capabilities) -> int:
    """Count the characters that the limit leaves room for."""
    count = 0
    for span in spans:
        size = _size(span.text, capabilities.unit)
        if size > room:
            return count + _prefix_of(span.text, room, capabilities.unit)
        count += len(span.text)
        room -= size + capabilities.mark_cost
    return count


def _prefix_of(text: str, room: int, unit: Unit) -> int:
    """Return the most characters of a text that are no longer than `room`."""
    low, high = 0, min(len(text), max(room, 0))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _size(text[:middle], unit) <= room else (low, middle - 1)
    return low


def _good_end(text: str, most: int, *, lines_matter: bool) -> int:
    """Return the best place to cut at or before `most`; always at least one character in."""
    least = max(most // 2, 1)
    if lines_matter and (newline := text.rfind("\n", least, most + 1)) > 0:
        return newline
    if (space := text.rfind(" ", least, most + 1)) > 0:
        return space + 1  # the space itself goes with neither part
    # Start the search at a place where a character surely begins, so that a long text is not walked through.
    start = max(text.rfind(" ", 0, most), text.rfind("\n", 0, most), 0)
    end = start
    for cluster in _CLUSTER.finditer(text, start):
        if cluster.end() > most:
            break
        end = cluster.end()
    return end if end > 0 and end > start else max(most, 1)


def measure(spans: Sequence[Span], capabilities: Capabilities) -> int:
    """Return what a message costs of a room's limit."""
    changes = capabilities.mark_cost * max(len(spans) - 1, 0)
    return sum(_size(span.text, capabilities.unit) for span in spans) + changes


def _size(text: str, unit: Unit) -> int:
    if text.isascii() or unit is Unit.CODE_POINTS:
        return len(text)
    if unit is Unit.BYTES:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
