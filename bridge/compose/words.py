"""The words of an event as a room gets them: named, dated, degraded, cut into parts."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeAlias

from bridge.identity import one_line
from bridge.journal import Delivery
from bridge.language import N_
from bridge.model import (
    US,
    Byline,
    Content,
    Kind,
    MessageCreated,
    MessageEdited,
    SendMessage,
    Span,
    UserId,
    plain,
)

from .each_line import next_named_part
from .fit import Fitted, Style, degrade, next_part, styled
from .memory import Guest, RoomMemory
from .mentions import addressed, meant, mentioning
from .namesakes import HUBBUB
from .next import Step
from .prefix import style as style_of
from .reply import whose_words
from .view import RoomView

__all__ = ["OLD", "command", "fit", "kind_of", "nameless", "note", "number_of_part"]

OLD = 120.0
"""Seconds after which a message says when it was said, and is part of a backlog."""
_AGAIN = N_("[again?]")
"""Stands before what may have arrived before."""

_Words: TypeAlias = MessageCreated | MessageEdited


class _Start(NamedTuple):
    """The beginning of a message, which says whose the words are."""

    text: str
    style: Style | None
    """The style of a name in it."""
    byline: Byline | None
    """The place in it where a person is named."""
    label: tuple[Span, ...]
    """It stands before each further line; empty: nothing does."""


def fit(delivery: Delivery, event: _Words, note: str, view: RoomView, memory: RoomMemory) -> Fitted | None:
    """Return the next part of what is said, with who says it; `note` stands before the words. None: there is
    nothing more to say.
    """
    guest = memory.guest(view, delivery.source, event.sender)
    spans = _spans(delivery, event, guest, view, memory)
    start = _before(delivery, event, guest, view, memory)
    before, byline = start.text + note, start.byline
    fitted = _next(spans, delivery.progress.chars, before, start, view)
    if fitted is not None and view.speaker is not None and guest.prefix.feigned(fitted.content.text):
        before = guest.prefix.sign + before  # with no name before it, it could be taken for another's line
        fitted = next_part(spans, delivery.progress.chars, before, view.capabilities)
    if fitted is not None and fitted.end is not None:
        memory.degraded = (delivery.seq, event.content, view.capabilities, spans)
    return replace(fitted, byline=byline) if fitted is not None and byline is not None else fitted


def _next(spans: tuple[Span, ...], at: int, before: str, start: _Start, view: RoomView) -> Fitted | None:
    if start.label:
        return next_named_part(spans, at, before, start.label, view.capabilities, start.style)
    return next_part(spans, at, before, view.capabilities, start.style)


def number_of_part(delivery: Delivery, event: _Words, view: RoomView, memory: RoomMemory) -> int:
    """Tell which of the messages that one text becomes is the next, 1 for the first, where nobody remembers
    those before it. Of a reply it may be one less, since what it quotes is not known any more.
    """
    guest = memory.guest(view, delivery.source, event.sender)
    spans = _spans(delivery, event, guest, view, memory)
    start = _before(delivery, event, guest, view, memory)
    number, at = 1, 0
    while at < delivery.progress.chars:
        part = _next(spans, at, start.text, start, view)
        if part is None or part.end is None:
            break
        number, at = number + 1, part.end
    return number


def nameless(delivery: Delivery, event: _Words, view: RoomView, memory: RoomMemory) -> Fitted:
    """Return no words of their own: only who sends a file, where that does not show otherwise."""
    guest = memory.guest(view, delivery.source, event.sender)
    before, style, byline, _ = _before(delivery, event, guest, view, memory)
    before = before.rstrip()
    content = Content(styled((Span(before),), style) if before else ())
    return Fitted(content, None, byline and replace(byline, start=0, end=0))


def command(
    delivery: Delivery, event: _Words, fitted: Fitted, view: RoomView, memory: RoomMemory
) -> SendMessage:
    """Return the command that says a part."""
    return SendMessage(
        room=view.id,
        speaker=view.speaker or memory.guest(view, delivery.source, delivery.event.sender).speaker,
        txn=view.facts.txn(delivery),
        content=fitted.content,
        kind=kind_of(event, view),
        at=delivery.said_at if view.capabilities.times and _is_old(delivery, view) else None,
        byline=fitted.byline,
        unstored=event.unstored,
    )


def note(delivery: Delivery, text: str, view: RoomView, memory: RoomMemory) -> Step | None:
    """Say in Hubbub's own words what happened, in one message of the bridge's own account."""
    event, view = delivery.event, view.own()
    words = MessageCreated(
        id=event.id, room=event.room, sender=HUBBUB, content=plain(one_line(text)), kind=Kind.NOTICE
    )
    fitted = fit(delivery, words, "", view, memory)
    return Step(command(delivery, words, fitted, view, memory), None) if fitted is not None else None


def kind_of(event: _Words, view: RoomView) -> Kind:
    """Return the kind of a message: an emote that the bridge says is text, which names who does it."""
    return Kind.TEXT if event.kind is Kind.EMOTE and view.speaker is None else event.kind


def _spans(
    delivery: Delivery, event: _Words, guest: Guest, view: RoomView, memory: RoomMemory
) -> tuple[Span, ...]:
    """Return the words as the room can show them; of those that are said in parts they are remembered."""
    can, known = view.capabilities, memory.degraded
    if known is not None and known[0] == delivery.seq and known[1:3] == (event.content, can):
        return known[3]
    spans = degrade(event.content, can, view.locale)
    if US in [span.mention for span in spans]:
        spans = meant(spans, whose_words(delivery, event, view, memory))
    if can.lines and not _names_lines(guest, view):
        spans = guest.prefix.guarded(spans)
    if event.replayed or _is_old(delivery, view):
        return _without_mentions(spans)
    if guest.is_hubbub:
        return spans
    network = guest.author.network
    find = partial(_meant, memory, network)
    if can.mention:
        return mentioning(spans, find, same=network == view.adapter.network)
    return addressed(spans, find, memory.people.called)


def _meant(memory: RoomMemory, network: str, name: str) -> UserId | None:
    """Find who of the room itself is called by a name that somebody on a network says."""
    found = memory.people.find(name)
    return found if found and not memory.namesakes.means_another(network, name) else None


def _before(delivery: Delivery, event: _Words, guest: Guest, view: RoomView, memory: RoomMemory) -> _Start:
    """Say before the words whose they are, where only they show it, from when, and whether they may have come
    before.
    """
    before, style, byline, prefix = "", None, None, guest.prefix
    label: tuple[Span, ...] = ()
    aside = f"{view.locale.gettext(_AGAIN)} " if delivery.again else ""
    if not view.capabilities.times and _is_old(delivery, view):
        aside += f"[{view.locale.clock(delivery.said_at, view.clock.now())}] "
    if view.speaker is not None:
        pass
    elif not guest.is_hubbub:
        told = prefix.tells_network(event.kind)
        name = memory.namesakes.speaking(guest.author.network, event.sender, told=told, form=prefix.form)
        parts = prefix.parts(name, event.kind, pings=view.capabilities.name_pings, user=guest.author.id)
        before, style = "".join(parts), _style(parts, len(aside), guest, view)
        byline = _byline(guest, name, event.kind, aside, before)
        if _names_lines(guest, view):
            label = styled((Span(before),), style and style.moved(-len(aside)))
    elif delivery.progress.chars or prefix.claims(event.content.text):
        before = prefix.render(HUBBUB.name, event.kind, pings=False)
    return _Start(aside + before, style, byline, label)


def _names_lines(guest: Guest, view: RoomView) -> bool:
    """Whether each line of what somebody says is named, and not its first alone."""
    return guest.author.network in view.strangers and view.speaker is None and guest.prefix.names_people


def _style(parts: tuple[str, str, str], start: int, guest: Guest, view: RoomView) -> Style | None:
    """Return how the name in a prefix is shown, and where that stands; `start` is where the prefix does."""
    if view.show.names == "plain" or not parts[1]:
        return None
    wanted = style_of(view.show.names, guest.key, view.capabilities)
    start += len(parts[0])
    return replace(wanted, start=start, end=start + len(parts[1])) if wanted is not None else None


def _byline(guest: Guest, name: str, kind: Kind, aside: str, before: str) -> Byline | None:
    """Return who is named in what stands before the words, behind an aside."""
    if not guest.prefix.names_people:
        return None
    if kind is Kind.EMOTE:  # without its subject it is no sentence
        return Byline(guest.key, name)
    return Byline(guest.key, name, len(aside), len(aside) + len(before.rstrip()))


def _is_old(delivery: Delivery, view: RoomView) -> bool:
    """Whether it was said so long ago that the time matters."""
    return view.clock.now() - delivery.said_at > OLD


def _without_mentions(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return the words without mentions: history alerts nobody."""
    if not any(span.mention for span in spans):
        return spans
    return tuple([replace(span, mention=None) for span in spans])
