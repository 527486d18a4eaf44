"""Somebody with a client of nio too: our decode has to make of an event what that makes of it."""

import nio

from adapters.matrix.testing import Person
from bridge import (
    Kind,
    MessageCreated,
    MessageEdited,
    ReactionsChanged,
    Removed,
    TopicChanged,
    TypingChanged,
)
from tests.adapters.contradictions import Contradictions, missing


class Witness(Contradictions, Person):
    def _happened(self, event):
        self.raw = nio.Event.parse_event(event)
        super()._happened(event)

    def _beside(self, ephemeral):
        for event in ephemeral["events"]:
            if event["type"] == "m.typing":
                self.raw = nio.EphemeralEvent.parse_event(event)
        super()._beside(ephemeral)

    def contradicted(self, event):
        seen = self.raw
        match event:
            case MessageCreated():
                related = seen.source["content"].get("m.relates_to", {})
                threaded = related.get("rel_type") == "m.thread"
                answered = None if related.get("is_falling_back") else related.get("m.in_reply_to")
                yield seen.event_id, event.id
                yield isinstance(seen, nio.RoomMessageEmote), event.kind is Kind.EMOTE
                yield missing(event.content, seen.body), []
                yield (answered or {}).get("event_id"), event.reply_to
                yield related["event_id"] if threaded else None, event.thread
                for attached in event.content.attachments:
                    yield seen.url, attached.address
            case MessageEdited():
                content = seen.source["content"]
                yield content["m.relates_to"]["rel_type"], "m.replace"
                yield content["m.relates_to"]["event_id"], event.target
                yield content["m.new_content"]["body"], event.content.text
            case Removed():
                yield seen.redacts, event.target
            case ReactionsChanged():
                yield seen.reacts_to, event.target
                yield (seen.key,), event.added
            case TopicChanged():
                yield seen.topic, event.topic
            case TypingChanged():
                yield bool(seen.users), event.typing
