"""What owners leave out of what people say, and change in it."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate, groupby
from typing import Any

from bridge.config import Filters, Replacement
from bridge.expressions import Expression, Found, expression, pieces_of
from bridge.model import (
    US,
    Content,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    NameChanged,
    Removed,
    Sender,
    Span,
    TalkEvent,
    TopicChanged,
    cut,
    normal,
    text_of,
)

__all__ = ["Rewriting", "Sieve", "rewriting", "sieve"]

_LONGEST = 100_000
"""So many characters at most are made of one text."""
_REMEMBERED = 64
_REST = " …"
"""Stands where a text ends that was too long, or took too long."""
_SEEN = "\0"
"""Before an address that is the text of its link."""
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*):\S+", re.IGNORECASE)
_PAGES = {"http", "https"}
_ASIDE: Mapping[type[TalkEvent], str] = {
    MessageCreated: "quoted",
    TopicChanged: "topic",
    NameChanged: "name",
    Removed: "reason",
}
"""The text that an event has, besides its content."""


# What is left out


@dataclass(frozen=True, slots=True)
class Sieve:
    """Holds back what an owner does not want relayed."""

    _ids: Callable[[str], object] | None
    """Finds a name, mask or id in the owner's patterns, whatever its case."""
    _names: tuple[Expression, ...]
    _text: tuple[Expression, ...]
    _beginnings: tuple[str, ...]

    def stops_all_of(self, sender: Sender) -> bool:
        """Whether nothing of somebody is wanted."""
        if self._ids is not None:
            known = (sender.name, sender.id, sender.account)
            if any(self._ids(text.casefold()) for text in known if text is not None):
                return True
        return any(one.is_in(sender.name) for one in self._names)

    def stops(self, event: TalkEvent) -> bool:
        """Whether what somebody did is not wanted, be it for who did it or for its words."""
        return self.stops_all_of(event.sender) or any(map(self._is_stopped, _words(event)))

    def unquoted(self, event: TalkEvent) -> TalkEvent:
        """Return the same without what it quotes itself of a message that is not wanted."""
        if isinstance(event, MessageCreated) and event.quoted and self._is_stopped((event.quoted, True)):
            return replace(event, quoted="")
        return event

    def _is_stopped(self, words: tuple[str, bool]) -> bool:
        text, said = words
        if said and self._beginnings and text.lstrip().casefold().startswith(self._beginnings):
            return True
        return any(one.is_in(text) for one in self._text)


def _words(event: TalkEvent) -> Iterator[tuple[str, bool]]:
    """Yield the texts that people see of an event, each by itself, and whether it is what somebody says."""
    match event:
        case MessageCreated() | MessageEdited():
            content = event.content
            yield content.text, True
            yield from ((href, False) for href in _addresses(content.spans))
            yield from ((attachment.name, False) for attachment in content.attachments)
        case TopicChanged():
            yield event.topic, False
        case NameChanged():
            yield event.name, False
        case _:
            pass


def _addresses(spans: Iterable[Span]) -> list[str]:
    return list(
        dict.fromkeys(span.href for span in spans if span.href is not None and span.href != span.text)
    )


@lru_cache(maxsize=1000)
def sieve(*filters: Filters) -> Sieve | None:
    """Put together what all of these leave out; None: nothing."""
    ids = tuple(glob for one in filters for glob in one.ignore)
    names = tuple(expression(one) for some in filters for one in some.ignore_names)
    text = tuple(expression(one) for some in filters for one in some.ignore_text)
    beginnings = tuple(begin.casefold() for one in filters for begin in one.ignore_commands)
    if not (ids or names or text or beginnings):
        return None
    globs = re.compile("|".join(fnmatch.translate(glob.casefold()) for glob in ids)).match if ids else None
    return Sieve(globs, names, text, beginnings)


# What is changed


@dataclass(slots=True, eq=False)
class Rewriting:
    """Says what people say in an owner's words, and names people as an owner wants them named."""

    _text: "tuple[_Rule, ...]"
    _names: "tuple[_Rule, ...]"
    _told: dict[int, tuple[TalkEvent, TalkEvent]] = field(default_factory=dict)
    """What was rewritten last, since several rooms are told it."""

    def event(self, event: TalkEvent) -> TalkEvent:
        """Return what was done, as it is told elsewhere. What Hubbub itself says stays as it is."""
        if event.sender.id == US:
            return event
        known = self._told.get(id(event))
        if known is None or known[0] is not event:
            known = self._told[id(event)] = (event, self._rewritten(event))
            if len(self._told) > _REMEMBERED:
                del self._told[next(iter(self._told))]
        return known[1]

    def _rewritten(self, event: TalkEvent) -> TalkEvent:
        changed: dict[str, Any] = {}
        if (sender := self.sender(event.sender)) is not event.sender:
            changed["sender"] = sender
        said = event.content if isinstance(event, MessageCreated | MessageEdited) else None
        if said is not None and (content := self.content(said)) is not said:
            changed["content"] = content
        if (field := _ASIDE.get(type(event))) is not None:
            before = getattr(event, field)
            if (text := self._replaced(before)) != before:
                changed[field] = text
        return replace(event, **changed) if changed else event

    def member(self, event: MemberChanged) -> MemberChanged:
        """Return who came or went, as it is told elsewhere."""
        by = event.by and self.sender(event.by)
        name = _renamed(self, event.name) if event.name else ""
        reason = self._replaced(event.reason)
        return replace(event, sender=self.sender(event.sender), by=by, name=name, reason=reason)

    def content(self, content: Content) -> Content:
        """Return words, and the addresses behind them, with everything replaced; what is the name of a file
        is not.
        """
        spans = marked = _marked(content.spans)
        for rule in self._text:
            spans = rule.in_spans(spans)
        if spans is marked and not any(span.href for span in spans):
            return content
        return replace(content, spans=tuple(self._relinked(spans)))

    def sender(self, sender: Sender) -> Sender:
        """Return somebody under the name that they have elsewhere."""
        if not self._names or sender.id == US:
            return sender
        name = _renamed(self, sender.name)
        return sender if name == sender.name else replace(sender, name=name)

    def name(self, name: str) -> str:
        """Return a name as it is elsewhere: never empty."""
        made = name
        for rule in self._names:
            made = rule.in_text(made)
        return made if made.strip() else name

    def _replaced(self, text: str) -> str:
        for rule in self._text if text else ():
            text = rule.in_text(text)
        return text

    def _relinked(self, spans: tuple[Span, ...]) -> Iterator[Span]:
        """Yield spans with links to where they lead now, if that is an address."""
        for href, run in groupby(spans, key=lambda span: span.href):
            linked = list(run)
            if href is None:
                yield from linked
                continue
            before = href.removeprefix(_SEEN)
            there = self._replaced(before) if before == href else text_of(linked)
            kept = there if there == before or _leads(there, before) else None
            yield from linked if kept == href else (replace(span, href=kept) for span in linked)


def _leads(there: str, before: str) -> bool:
    """Whether a text is an address of the kind that one was before, or of a page."""
    new, old = _ADDRESS.fullmatch(there), _ADDRESS.fullmatch(before)
    return new is not None and new[1].lower() in {*_PAGES, old[1].lower() if old is not None else ""}


@lru_cache(maxsize=4096)
def _renamed(rewriting: Rewriting, name: str) -> str:
    return rewriting.name(name)


def _marked(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return spans with a sign before addresses that people see: those change with their text."""
    if not any(span.href for span in spans):
        return spans
    out: list[Span] = []
    for href, run in groupby(spans, key=lambda span: span.href):
        linked = list(run)
        seen = href is not None and text_of(linked) == href
        out += [replace(span, href=f"{_SEEN}{href}") for span in linked] if seen else linked
    return tuple(out)


@lru_cache(maxsize=1000)
def rewriting(*filters: Filters) -> Rewriting | None:
    """Put together what all of these change, in this order; None: nothing."""
    text = _rules(rule for one in filters for rule in one.replace_text)
    names = _rules(rule for one in filters for rule in one.replace_names)
    return Rewriting(text, names) if text or names else None


def _rules(rules: Iterable[Replacement]) -> "tuple[_Rule, ...]":
    return tuple(_Rule(expression(rule.find), pieces_of(rule.put)) for rule in rules)


@dataclass(frozen=True, slots=True)
class _Rule:
    find: Expression
    pieces: tuple[str | int, ...]

    def put(self, found: Found) -> str:
        return "".join(found.groups[piece] if isinstance(piece, int) else piece for piece in self.pieces)

    def in_text(self, text: str) -> str:
        """Return a text with everything replaced."""
        return text_of(self.in_spans((Span(text),)))

    def in_spans(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        """Return the same words with everything replaced. What is put looks like the beginning of what it
        replaces; whoever is mentioned in that is so no more, and Hubbub's own words stay.
        """
        text, ours, reader = text_of(spans), _ours(spans), _Reader(spans)
        changed = False
        for found in self.find.places(text):
            if found is None:
                reader.end(_REST)
                break
            if any(found.start < stop and start < found.end for start, stop in ours):
                continue
            reader.keep(found.start)
            reader.put(found.end, self.put(found))
            changed = True
        else:
            if not changed:
                return spans
            reader.keep(len(text))
        made = reader.made()
        return made if len(text_of(made)) <= _LONGEST else (*cut(made, 0, _LONGEST), Span(_REST))


def _ours(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    """Return where Hubbub's own words stand."""
    ends = accumulate(len(span.text) for span in spans)
    return [(end - len(span.text), end) for span, end in zip(spans, ends, strict=True) if span.ours]


class _Reader:
    """Goes through spans from left to right, and makes others of them."""

    def __init__(self, spans: tuple[Span, ...]) -> None:
        self._spans = spans
        self._number = 0
        self._begun = 0
        """So much of the span is done."""
        self._at = 0
        self._made: list[tuple[Span, bool, list[str]]] = []
        """Texts that look like a span, and whether they mention whom it does."""

    def keep(self, end: int) -> None:
        """Go up to a place, counted over the whole text, and keep what stands there. Of a name that is taken
        apart nobody is meant any more.
        """
        while self._at < end:
            span = self._spans[self._number]
            begun, size = self._begun, min(len(span.text) - self._begun, end - self._at)
            self._add(span, size == len(span.text), span.text[begun : begun + size])
            self._go(size)

    def put(self, end: int, text: str) -> None:
        """Go up to a place, and put another text, which looks as what begins here."""
        self._add(self._spans[self._number] if self._number < len(self._spans) else self._last(), False, text)
        while self._at < end:
            self._go(min(len(self._spans[self._number].text) - self._begun, end - self._at))

    def end(self, text: str) -> None:
        """End with a text, and leave out what comes."""
        self._add(Span(""), False, text)

    def made(self) -> tuple[Span, ...]:
        """Return what was made."""
        return normal(
            replace(
                span,
                text="".join(texts),
                mention=span.mention if whole else None,
                ours=span.ours and whole,
            )
            for span, whole, texts in self._made
        )

    def _add(self, span: Span, whole: bool, text: str) -> None:
        whole = whole or (span.mention is None and not span.ours)
        if self._made and self._made[-1][0] is span and self._made[-1][1] is whole:
            self._made[-1][2].append(text)
        else:
            self._made.append((span, whole, [text]))

    def _go(self, size: int) -> None:
        self._at += size
        self._begun += size
        if self._begun == len(self._spans[self._number].text):
            self._number, self._begun = self._number + 1, 0

    def _last(self) -> Span:
        return self._spans[-1] if self._spans else Span("")
