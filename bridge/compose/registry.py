"""Which module makes the commands for which kind of event."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from bridge.journal import UNBEGUN, Delivery
from bridge.model import (
    MessageCreated,
    MessageEdited,
    NameChanged,
    ReactionsChanged,
    Removed,
    TalkEvent,
    TopicChanged,
)

from . import edit, message, reaction, removal, topic
from .memory import RoomMemory
from .next import Next, Wait
from .view import RoomView

__all__ = ["COMPOSERS", "HELD", "compose"]

_Compose: TypeAlias = Callable[[Delivery, Any, RoomView, RoomMemory], Next]

COMPOSERS: Mapping[type[TalkEvent], _Compose] = {
    MessageCreated: message.compose,
    MessageEdited: edit.compose,
    Removed: removal.compose,
    ReactionsChanged: reaction.compose,
    TopicChanged: topic.compose,
    NameChanged: topic.compose,
}
"""One row for each kind."""


HELD = (MessageCreated, MessageEdited)
"""What may be held back for a while."""


def compose(delivery: Delivery, view: RoomView, memory: RoomMemory) -> Next:
    """Make the next command of a delivery."""
    event = delivery.event
    held = view.show.hold_back and isinstance(event, HELD) and delivery.progress == UNBEGUN
    if held and (until := _held_back(delivery, view)) is not None:
        return Wait(until)
    return COMPOSERS[type(event)](delivery, event, view, memory)


def _held_back(delivery: Delivery, view: RoomView) -> float | None:
    """Return until when words wait for a moderator, by the monotonic clock; None: they need not. Until then,
    edits fold into them and a removal ends them (`relay/queue.py`).
    """
    left = delivery.said_at + view.show.hold_back - view.clock.now()
    if not 0 < left <= view.show.hold_back or view.facts.is_withdrawn(delivery):
        return None
    return view.clock.monotonic() + left
