"""Somebody with a client of `irc` too: our decode has to make of a line what that makes of it."""

from irc.client import Reactor

from adapters.irc.testing import Person
from bridge import (
    Kind,
    MessageCreated,
    ReactionsChanged,
    Removed,
    TopicChanged,
    TypingChanged,
)
from tests.adapters.contradictions import Contradictions, missing


class Witness(Contradictions, Person):
    def __init__(self, *args):
        super().__init__(*args)
        self._client = Reactor().server()
        self._client.real_server_name = self._client.real_nickname = ""  # it never connects itself
        self._client._handle_event = self._took

    def _took(self, event):
        if event.type != "all_raw_messages":
            self.raw = event

    async def _read(self, reader):
        await super()._read(_Tap(reader, self._client))

    def contradicted(self, event):
        seen = self.raw
        tags = {tag["key"]: tag["value"] for tag in seen.tags}
        match event:
            case MessageCreated():
                yield seen.source.nick, event.sender.name
                yield seen.type == "action", event.kind is Kind.EMOTE
                yield missing(event.content, seen.arguments[0]), []
                yield tags.get("+reply") or tags.get("+draft/reply"), event.reply_to
                if "msgid" in tags:
                    yield tags["msgid"], event.id
            case Removed():
                yield seen.arguments[0], event.target
            case ReactionsChanged():
                yield tags.get("+draft/reply"), event.target
                yield tags.get("+draft/react"), next(iter(event.added), None)
                yield tags.get("+draft/unreact"), next(iter(event.removed), None)
            case TopicChanged():
                yield seen.arguments[0], event.topic
            case TypingChanged():
                yield tags.get("+typing") == "active", event.typing


class _Tap:
    def __init__(self, reader, client):
        self._reader = reader
        self._client = client

    async def readline(self):
        if raw := await self._reader.readline():
            self._client._process_line(raw.decode("utf-8", "replace").rstrip("\r\n"))
        return raw
