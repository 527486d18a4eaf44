"""Other words for what was said: in place where that can be done, else in a new message."""

from dataclasses import replace

from bridge.clock import Clock
from bridge.journal import UNBEGUN, Delivery
from bridge.language import N_
from bridge.model import Authorship, EditMessage, MessageEdited

from . import files, words
from .correction import correction
from .memory import RoomMemory, keep
from .next import Next, Step, Wait
from .speaking import as_said
from .view import RoomView

__all__ = ["compose"]

_EDITED = N_("[edited]")
_MOMENT = 1.0
"""Seconds that a correction waits for the next one, since nobody can take it back."""


def compose(delivery: Delivery, event: MessageEdited, view: RoomView, memory: RoomMemory) -> Next:
    """Edit the message, or say what it says now."""
    facts, begun = view.facts, delivery.progress != UNBEGUN
    seq = facts.about(delivery, event.target)
    if seq is not None and (not facts.is_by(delivery, seq) or facts.is_removed(seq)):
        return None
    if seq and not begun and (theirs := _theirs(delivery, event, seq, view, memory)) is not None:
        event = files.beside(delivery, event, seq, theirs, memory)
        if (step := _in_place(delivery, event, seq, theirs, memory)) is not None:
            return step
    if view.show.edits == "off":
        return None
    if not begun and (until := _lull(delivery, view.clock)) is not None:
        return Wait(until)
    if seq is None or view.show.edits == "full":
        said, note = event, f"{view.locale.gettext(_EDITED)} "
    else:
        said, note = _corrected(delivery, event, seq, view, memory), ""
    fitted = words.fit(delivery, said, note, view, memory)
    if fitted is None:
        return None
    command = words.command(delivery, event, fitted, view, memory)
    return Step(command, delivery.progress.up_to(fitted.end))


def _theirs(
    delivery: Delivery, event: MessageEdited, seq: int, view: RoomView, memory: RoomMemory
) -> RoomView | None:
    """Return the room as it is for who said the message there, if they can give it other words."""
    if view.capabilities.authorship is not Authorship.PREFIX or view.capabilities.edit:
        parts = view.facts.parts(seq, files=False)
        theirs = as_said(view, parts[0], delivery.source, event.sender, memory) if parts else view
        if theirs is not None and theirs.capabilities.edit:
            return theirs
    return None


def _in_place(
    delivery: Delivery, event: MessageEdited, seq: int, view: RoomView, memory: RoomMemory
) -> Step | None:
    """Give the message its new words, where both it and they are one part."""
    parts = view.facts.parts(seq, files=False)
    fitted = words.fit(delivery, event, "", view, memory) if len(parts) == 1 else None
    if fitted is None or fitted.end is not None:
        return None
    command = EditMessage(
        room=view.id,
        speaker=memory.speaker(view, delivery.source, event.sender),
        txn=view.facts.txn(delivery),
        target=parts[0],
        content=fitted.content,
        kind=words.kind_of(event, view),
        byline=fitted.byline,
        unstored=event.unstored,
    )
    return Step(command, None)


def _corrected(
    delivery: Delivery, event: MessageEdited, seq: int, view: RoomView, memory: RoomMemory
) -> MessageEdited:
    """Return what people say of a slip where nothing can be edited: against what was said last."""
    known = memory.corrections.get(seq)
    if known is None or known[0] != delivery.seq:
        last = view.facts.words(seq, delivery) if known is None else known[1].content
        known = (delivery.seq, event, replace(event, content=correction(last, event.content)))
        keep(memory.corrections, seq, known)
    return known[2]


def _lull(delivery: Delivery, clock: Clock) -> float | None:
    """Return until when others like it may follow, by the monotonic clock; None: that time is over."""
    left = delivery.said_at + _MOMENT - clock.now()
    return clock.monotonic() + left if 0 < left <= _MOMENT else None
