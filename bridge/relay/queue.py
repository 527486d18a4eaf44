"""What one room is owed, in order: the first of it in memory, the rest in the journal."""

import math
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from types import MappingProxyType

from bridge.journal import UNBEGUN, Delivery, Journal
from bridge.model import MessageCreated, MessageEdited, Removed, TalkEvent
from bridge.model.registry import KINDS

__all__ = ["AHEAD", "Queue", "refers"]

AHEAD = 100
"""Of so many messages files are fetched while one waits for its own: after a restart, nobody has yet."""
_IN_MEMORY = 5000
"""How many deliveries wait in memory while the room takes them; the rest waits in the journal."""
_WHILE_AWAY = 100
"""The same while it does not."""
_REFILL = 500
_NONE: Mapping[int, float] = MappingProxyType({})


class Queue:
    """The deliveries of one room that are not on their way."""

    def __init__(self, room: int, journal: Journal, doubted: int = 0) -> None:
        """`doubted`: so many, the first, may have arrived before the process ended the last time."""
        self._room = room
        self._journal = journal
        self._memory: deque[Delivery] = deque()
        self._parked: dict[int, Delivery] = {}
        """By event."""
        self._behind = True
        self._last = 0
        self._refill(doubted=doubted)

    def __len__(self) -> int:
        """Return how many are in memory: 0 only when there are none at all."""
        if self._behind and len(self._memory) < _REFILL:
            self._refill()
        return len(self._memory)

    def offer(self, delivery: Delivery, *, away: bool) -> None:
        """Append a delivery, which is in the journal."""
        if self._behind or len(self._memory) >= (_WHILE_AWAY if away else _IN_MEMORY):
            self._behind = True
        else:
            self._append(delivery)
            self._last = delivery.seq

    def head(self) -> Delivery | None:
        """Return the first; None: there is none."""
        return self._memory[0] if self._memory or len(self) else None

    def pop(self) -> Delivery:
        """Take the first out."""
        return self._memory.popleft()

    def put_back(self, deliveries: Iterable[Delivery]) -> None:
        """Put what was taken out before all others, in this order."""
        self._memory.extendleft(reversed(list(deliveries)))

    def park(self) -> None:
        """Let the others pass the first: the rest of it waits for something."""
        delivery = self._memory.popleft()
        self._parked[delivery.seq] = delivery

    def unpark(self, seq: int) -> bool:
        """Put this one first again if it was parked. Returns whether it was."""
        delivery = self._parked.pop(seq, None)
        if delivery is not None:
            self._memory.appendleft(delivery)
        return delivery is not None

    def lowest(self) -> float:
        """Return the number of the earliest event that is not delivered; infinity: there is none."""
        first = [delivery.seq for delivery in (self.head(), *self._parked.values()) if delivery is not None]
        return min(first, default=math.inf)

    def first(self, count: int) -> list[Delivery]:
        """Return the first of those in memory, at most `count`."""
        return [delivery for _, delivery in zip(range(count), self._memory, strict=False)]

    def tried(self) -> list[Delivery]:
        """Return those that may have arrived."""
        return [delivery for delivery in self._memory if delivery.tried_at]

    def drop(self, delivery: Delivery) -> None:
        """Take one out that has been settled."""
        self._memory.remove(delivery)

    def reload(self, flying: Collection[int]) -> None:
        """Read anew from the journal, where it was changed, what is owed besides what is on its way."""
        if not self._journal.write():
            return  # what is on disk is not how it stands
        tried = {delivery.seq: delivery.tried_at for delivery in self.tried()}
        self._memory.clear()
        self._parked.clear()
        self._last = 0
        self._refill(flying, tried)

    @property
    def behind(self) -> bool:
        """Whether there is more in the journal than in memory."""
        return self._behind

    def _refill(
        self, flying: Collection[int] = (), tried: Mapping[int, float] = _NONE, doubted: int = 0
    ) -> None:
        """Read on in the journal: at the start, and wherever memory was too small."""
        found = self._journal.owed(self._room, self._last, _REFILL)
        self._behind = len(found) == _REFILL
        for number, delivery in enumerate(found):
            self._last = delivery.seq
            if delivery.seq in flying:
                continue
            # Before anything is folded into it: what may have arrived can only be changed by a command.
            if number < doubted and not delivery.revived:
                delivery.tried_at = delivery.said_at
            else:
                delivery.tried_at = tried.get(delivery.seq, 0.0)
            self._append(delivery)

    def _append(self, delivery: Delivery) -> None:
        event = delivery.event
        if isinstance(event, MessageEdited | Removed) and (waiting := self._target(delivery, event)):
            self._change(waiting, delivery, event)
        else:
            self._memory.append(delivery)

    def _target(self, delivery: Delivery, event: MessageEdited | Removed) -> Delivery | None:
        """Find the delivery that this changes, if its author may: the message, or an earlier edit of it. A
        removal of an edit changes that edit alone, or what carries it.
        """
        find = self._journal.about if isinstance(event, MessageEdited) else self._journal.origin
        seq = find(delivery.source, event.target)
        for waiting in chain(self._parked.values(), self._memory) if seq is not None else ():
            other = waiting.event
            if waiting.source != delivery.source or waiting.tried_at:
                continue
            if waiting.progress != UNBEGUN and isinstance(event, MessageEdited):
                continue
            if not isinstance(other, MessageCreated | MessageEdited) or not _may_change(event, other):
                continue
            if waiting.seq == seq or any(edit.seq == seq for edit in waiting.carries):
                return waiting
            if isinstance(other, MessageEdited) and self._journal.about(waiting.source, other.target) == seq:
                return waiting
        return None

    def _change(self, waiting: Delivery, change: Delivery, event: MessageEdited | Removed) -> None:
        """Change what nobody there has seen yet: an edit replaces the words, a removal withdraws both. Of
        what they have seen in part, a removal withdraws the rest, and follows.
        """
        if isinstance(event, MessageEdited):
            _fold(waiting, change, event)
            return
        if self._uncarry(waiting, change, event):
            return
        if self._parked.pop(waiting.seq, None) is None:
            self._memory.remove(waiting)
        for delivery in (waiting, *waiting.carries):
            self._journal.skip(delivery)
        if waiting.progress != UNBEGUN or isinstance(waiting.event, MessageEdited):
            self._memory.append(change)
        else:
            self._journal.skip(change)

    def _uncarry(self, waiting: Delivery, change: Delivery, event: Removed) -> bool:
        """Whether an edit alone was taken back, which this carries: then the words before it stand again."""
        seq = self._journal.origin(change.source, event.target)
        if seq == waiting.seq or all(edit.seq != seq for edit in waiting.carries):
            return False
        edits, before = waiting.carries, self._journal.event(waiting.seq)
        for settled in (change, *(edit for edit in edits if edit.seq == seq)):
            self._journal.skip(settled)
        if before is not None:
            waiting.event, waiting.carries = before, ()
            for edit in edits:
                if edit.seq != seq and isinstance(edit.event, MessageEdited):
                    _fold(waiting, edit, edit.event)
        return True


def _fold(waiting: Delivery, change: Delivery, event: MessageEdited) -> None:
    """Let a message, or an edit, carry a later edit: it is settled with that; a crash loses neither."""
    assert isinstance(waiting.event, MessageCreated | MessageEdited)
    content = replace(event.content, attachments=waiting.event.content.attachments)
    waiting.event = replace(waiting.event, content=content, kind=event.kind)
    waiting.carries += (change,)


def _may_change(event: MessageEdited | Removed, other: TalkEvent) -> bool:
    """Whether an edit or removal counts: it is by the sender of its target, or the network vouches for it."""
    return event.sender.author == other.sender.author or (isinstance(event, Removed) and event.by_moderator)


def refers(journal: Journal, delivery: Delivery, flying: Callable[[], Collection[int]]) -> bool:
    """Whether a delivery is about something that is on its way here, and so has no name yet."""
    event = delivery.event
    names = [name for name in KINDS[type(event)].references(event) if name is not None]
    return bool(names) and any(journal.origin(delivery.source, name) in flying() for name in names)
