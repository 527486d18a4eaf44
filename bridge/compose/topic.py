"""Another topic, which is set here too or told of, or another name of a room, which is told of."""

from bridge.journal import Delivery
from bridge.model import NameChanged, SetTopic, TopicChanged

from . import words
from .fit import clean
from .memory import RoomMemory
from .next import Next, Step
from .snippets import described
from .view import RoomView

__all__ = ["compose"]


def compose(
    delivery: Delivery, event: TopicChanged | NameChanged, view: RoomView, memory: RoomMemory
) -> Next:
    """Set the topic, or say what was changed."""
    how = view.show.topics
    if how == "off":
        return None
    if isinstance(event, TopicChanged) and how == "sync":
        for there in (view, view.own()) if view.speaker is not None else (view,):
            speaker = memory.speaker(there, delivery.source, event.sender)
            if there.capabilities.topic and speaker.key not in memory.topics:
                txn, topic = view.facts.txn(delivery), clean(event.topic)
                return Step(SetTopic(room=view.id, speaker=speaker, txn=txn, topic=topic), None)
    by = memory.called(view, delivery.source, event.sender)
    return words.note(delivery, described(view.locale, by, event), view, memory)
