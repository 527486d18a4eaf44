"""Somebody with a client of slixmpp too: our decode has to make of a stanza what that makes of it."""

import importlib

from slixmpp import Message
from slixmpp.plugins.xep_0444.stanza import Reaction, Reactions
from slixmpp.xmlstream import register_stanza_plugin

from adapters.xmpp.testing import Person
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

_PLUGINS = {
    "0066": ("OOB",),
    "0085": ("Active", "Composing", "Gone", "Inactive", "Paused"),
    "0308": ("Replace",),
    "0424": ("Retract",),
    "0444": ("Reactions",),
    "0461": ("Reply",),
}
for number, names in _PLUGINS.items():
    stanza = importlib.import_module(f"slixmpp.plugins.xep_{number}.stanza")
    for name in names:
        register_stanza_plugin(Message, getattr(stanza, name))
register_stanza_plugin(Reactions, Reaction, iterable=True)


class Witness(Contradictions, Person):
    def _message(self, element):
        self.raw = Message(xml=element)
        super()._message(element)

    def contradicted(self, event):
        match event, self.raw:
            case MessageCreated(), seen:
                yield seen["from"].resource, event.sender.name
                yield seen["body"].startswith("/me "), event.kind is Kind.EMOTE
                yield missing(event.content, seen["body"]), []
                yield seen["reply"]["id"] or None, event.reply_to
                yield seen["thread"] or None, event.thread
                for attached in event.content.attachments:
                    yield seen["oob"]["url"], attached.address
            case MessageEdited(), seen:
                yield seen["replace"]["id"], event.target.partition("\n")[0]
                yield seen["body"], event.content.text
            case Removed(), seen:
                yield seen["retract"]["id"], event.target.partition("\n")[0]
            case ReactionsChanged(), seen:
                yield seen["reactions"]["id"], event.target
                yield seen["reactions"].get_values(all_chars=True), set(event.emojis or ())
            case TopicChanged(), seen:
                yield seen["subject"], event.topic
            case TypingChanged(), seen:
                yield seen["chat_state"] == "composing", event.typing
