"""A delivery as the commands that a room gets: named, dated, degraded, cut into parts, or said in other words
where the room cannot do what was done elsewhere.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from bridge.adapter import Adapter
from bridge.journal import Delivery, Journal
from bridge.model import (
    Answered,
    Author,
    Capabilities,
    Command,
    DeleteMessage,
    EditMessage,
    Kind,
    MessageCreated,
    MessageEdited,
    MessageId,
    NameChanged,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    SendMessage,
    SetReactions,
    Span,
    TalkEvent,
    TopicChanged,
    UserId,
)

from .correction import correction
from .fit import Fitted, degrade, first_words, next_part
from .names import Prefix, safe_name

__all__ = ["HUBBUB", "OLD", "Origin", "Step", "Steps", "clock", "refers"]

HUBBUB = Sender(UserId(""), "Hubbub")
"""Who speaks when Hubbub itself has something to tell."""
OLD = 120.0
"""Seconds after which a message says when it was said, and is part of a backlog."""
_EDITED = "[edited] "
_AGAIN = "[again?] "
"""Stands before what may have arrived before."""
_CORRECTIONS = 100
_LAST_FEW = 3
"""An answer to one of so many messages that were shown last needs no quotation."""

Origin = Callable[[int, int], tuple[str, Prefix]]
"""Gives, for a source and a destination, the source's network and how to name its people."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a delivery."""

    command: Command
    end: int | None
    """How much of the delivery is done with it: characters, or messages; None: all."""


class Steps:
    """Makes the commands for one room."""

    def __init__(self, room: RoomId, number: int, adapter: Adapter, journal: Journal, origin: Origin) -> None:
        self.window = 1
        """How many commands may be on their way, as the room's record said last."""
        self._room = room
        self._number = number
        self._adapter = adapter
        self._journal = journal
        self._origin = origin
        self.shown: deque[int] = deque(maxlen=_LAST_FEW)
        """What people in the room saw last."""
        self._corrections: dict[int, tuple[int, MessageEdited, MessageEdited]] = {}
        """Of messages that were edited: by which delivery last, to what, and what was said of it."""
        self._degraded: tuple[Delivery, TalkEvent, tuple[Span, ...]] | None = None

    def next(self, delivery: Delivery) -> Step | None:
        """The next command of a delivery; None: there is nothing more to do."""
        capabilities = self._adapter.capabilities(self._room)
        self.window = capabilities.window
        event = delivery.event
        match event:
            case MessageCreated():
                return self._say(delivery, event, capabilities)
            case MessageEdited():
                return self._edit(delivery, event, capabilities)
            case Removed():
                return self._remove(delivery, event, capabilities)
            case ReactionsChanged():
                return self._react(delivery, event, capabilities)
            case TopicChanged() | NameChanged():
                return None
        assert_never(event)

    # -- each kind of event

    def _say(self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities) -> Step | None:
        before, answered = "", None
        if event.reply_to is not None and not delivery.start:
            before, answered = self._answer(delivery, event.reply_to, capabilities)
        fitted = self._fit(delivery, event, before, capabilities)
        if fitted is None:
            return None
        if fitted.end is None:
            self.shown.append(delivery.seq)
        return self._message(delivery, event, fitted, capabilities, answered)

    def _edit(self, delivery: Delivery, event: MessageEdited, capabilities: Capabilities) -> Step | None:
        """In place where that can be done, else as a new message that is marked as one."""
        seq, target = self._target(delivery, event.target)
        if seq is not None and not _is_by(target, event.sender):
            return None
        parts = self._journal.parts(seq, self._number) if seq and capabilities.edit else []
        if len(parts) == 1 and not delivery.start:
            fitted = self._fit(delivery, event, "", capabilities)
            if fitted is not None and fitted.end is None:
                command = EditMessage(
                    room=self._room,
                    author=self._author(delivery),
                    txn=self._journal.txn(delivery),
                    target=parts[0],
                    content=fitted.content,
                    kind=_kind(event),
                )
                return Step(command, None)
        words = event if seq is None else self._corrected(delivery, event, seq, target)
        fitted = self._fit(delivery, words, _EDITED if seq is None else "", capabilities)
        if fitted is None:
            return None
        return self._message(delivery, event, fitted, capabilities)

    def _corrected(
        self, delivery: Delivery, event: MessageEdited, seq: int, target: TalkEvent | None
    ) -> MessageEdited:
        """What people say of a slip where nothing can be edited: against what was said last."""
        known = self._corrections.get(seq)
        if known is None or known[0] != delivery.seq:
            said = target.content if isinstance(target, MessageCreated | MessageEdited) else None
            last = said if known is None else known[1].content
            told = replace(event, content=correction(last, event.content))
            known = self._corrections[seq] = (delivery.seq, event, told)
            if len(self._corrections) > _CORRECTIONS:
                del self._corrections[next(iter(self._corrections))]
        return known[2]

    def _remove(self, delivery: Delivery, event: Removed, capabilities: Capabilities) -> Step | None:
        seq, target = self._target(delivery, event.target)
        if seq is None or not (event.by_moderator or _is_by(target, event.sender)):
            return None
        if isinstance(target, ReactionsChanged):
            return self._react(delivery, target, capabilities)
        ours = self._journal.taken_in(seq) != self._number
        parts = self._journal.parts(seq, self._number) if capabilities.delete and ours else []
        if delivery.start >= len(parts):
            return None
        command = DeleteMessage(
            room=self._room,
            author=self._author(delivery),
            txn=self._journal.txn(delivery),
            target=parts[delivery.start],
            reason=event.reason,
        )
        more = delivery.start + 1 < len(parts)
        return Step(command, delivery.start + 1 if more else None)

    def _react(self, delivery: Delivery, event: ReactionsChanged, capabilities: Capabilities) -> Step | None:
        """A bot has one voice: it reacts with everything that anybody elsewhere reacts with."""
        seq, _ = self._target(delivery, event.target)
        parts = self._journal.parts(seq, self._number) if seq and capabilities.reaction else []
        if not parts or seq is None:
            return None
        command = SetReactions(
            room=self._room,
            author=self._author(delivery),
            txn=self._journal.txn(delivery),
            target=parts[0],
            emojis=self._journal.reactions(seq, self._number),
        )
        return Step(command, None)

    # -- parts of them

    def _message(
        self,
        delivery: Delivery,
        event: MessageCreated | MessageEdited,
        fitted: Fitted,
        capabilities: Capabilities,
        answered: Answered | None = None,
    ) -> Step:
        command = SendMessage(
            room=self._room,
            author=self._author(delivery),
            txn=self._journal.txn(delivery),
            content=fitted.content,
            kind=_kind(event),
            answered=answered,
            at=delivery.said_at if capabilities.times and _is_old(delivery) else None,
        )
        return Step(command, fitted.end)

    def _answer(
        self, delivery: Delivery, name: MessageId, capabilities: Capabilities
    ) -> tuple[str, Answered | None]:
        """What shows that a message answers another: words before it, or what the network has for that."""
        seq, target = self._target(delivery, name)
        if seq is None or not isinstance(target, MessageCreated):
            return "", None
        who = safe_name(target.sender.name)
        words = first_words(target.content)
        parts = self._journal.parts(seq, self._number) if capabilities.reply else []
        if parts:
            return "", Answered(parts[0], who, words)
        if seq in self.shown:
            return "", None
        return f"[re {who}: {words}] ", None

    def _target(self, delivery: Delivery, name: MessageId) -> tuple[int | None, TalkEvent | None]:
        """The event that a name stands for where it was used, and what it says, as far as that is known."""
        self._journal.settle()
        seq = self._journal.origin(delivery.source, name)
        return seq, self._journal.event(seq) if seq is not None else None

    def _fit(
        self, delivery: Delivery, event: MessageCreated | MessageEdited, note: str, capabilities: Capabilities
    ) -> Fitted | None:
        known = self._degraded
        old = _is_old(delivery)
        if known is not None and known[0] is delivery and known[1] is event:
            spans = known[2]
        else:
            spans = degrade(event.content, capabilities)
            if old or event.replayed:
                spans = _without_mentions(spans)
            self._degraded = (delivery, event, spans)
        before = self._before(delivery, event, pings=capabilities.name_pings) + note
        if old and not capabilities.times:
            before = f"[{clock(delivery.said_at)}] {before}"
        if delivery.again:
            before = _AGAIN + before
        return next_part(spans, delivery.start, before, capabilities)

    def _before(self, delivery: Delivery, event: MessageCreated | MessageEdited, *, pings: bool) -> str:
        if event.sender == HUBBUB:
            return ""
        _, prefix = self._origin(delivery.source, self._number)
        return prefix.render(safe_name(event.sender.name), event.kind, pings=pings)

    def _author(self, delivery: Delivery) -> Author:
        network, _ = self._origin(delivery.source, self._number)
        sender = delivery.event.sender
        return Author(network, sender.id, safe_name(sender.name))


def refers(event: TalkEvent) -> bool:
    """Whether an event is about another message."""
    return not isinstance(event, MessageCreated) or event.reply_to is not None


def clock(when: float, *, seconds: bool = False) -> str:
    """A time of day in UTC, with the date when that is not today."""
    then, now = time.gmtime(when), time.gmtime()
    day = "" if then[:3] == now[:3] else "%Y-%m-%d "
    return time.strftime(f"{day}%H:%M:%S" if seconds else f"{day}%H:%M", then)


def _is_by(target: TalkEvent | None, sender: Sender) -> bool:
    """Whether it is known that somebody said this: not any more once its text is erased."""
    return target is not None and target.sender.id == sender.id


def _is_old(delivery: Delivery) -> bool:
    return time.time() - delivery.said_at > OLD


def _kind(event: MessageCreated | MessageEdited) -> Kind:
    """An emote is told in words that name who does it."""
    return Kind.TEXT if event.kind is Kind.EMOTE else event.kind


def _without_mentions(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """History alerts nobody."""
    if not any(span.mention for span in spans):
        return spans
    return tuple([replace(span, mention=None) for span in spans])
