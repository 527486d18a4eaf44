"""Which module makes the commands for which kind of event."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from bridge.journal import Delivery
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
from .next import Next
from .view import RoomView

__all__ = ["COMPOSERS", "compose"]

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


def compose(delivery: Delivery, view: RoomView, memory: RoomMemory) -> Next:
    """Make the next command of a delivery."""
    event = delivery.event
    return COMPOSERS[type(event)](delivery, event, view, memory)
