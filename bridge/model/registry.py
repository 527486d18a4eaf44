"""The kinds of what people do: one row for each, for all that treats them alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from .events import (
    Event,
    MessageCreated,
    MessageEdited,
    NameChanged,
    ReactionsChanged,
    Removed,
    TalkEvent,
    TopicChanged,
)
from .ids import MessageId

__all__ = ["EVENTS", "KINDS", "EventKind"]


@dataclass(frozen=True, slots=True)
class EventKind:
    """What is known of a kind of event."""

    version: int
    """Of its fields, as the journal keeps them: one that reads older rows otherwise has the next number."""
    summary: Callable[[Any], str]
    """Says in a few words what an event is about, for the owner of the service."""
    references: Callable[[Any], tuple[MessageId | None, ...]] = lambda event: (event.target,)
    """Gives the messages that an event is about, by the names that they have where it happened."""


KINDS: Mapping[type[TalkEvent], EventKind] = {
    MessageCreated: EventKind(1, lambda said: said.content.text, lambda said: (said.reply_to, said.thread)),
    MessageEdited: EventKind(1, lambda edit: f"(edits) {edit.content.text}"),
    ReactionsChanged: EventKind(1, lambda event: f"(reacts) {' '.join(event.emojis or event.added)}"),
    Removed: EventKind(1, lambda _: "(takes back what was said)"),
    TopicChanged: EventKind(1, lambda event: f"(sets the topic) {event.topic}", lambda _: ()),
    NameChanged: EventKind(1, lambda event: f"(names the room) {event.name}", lambda _: ()),
}
"""The most frequent first."""

EVENTS: tuple[type[Event], ...] = get_args(Event)
"""All that an adapter may hand over, what counts only now as well."""
