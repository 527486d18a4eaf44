"""A scripted person with an ordinary client: plain XMPP over TCP, sharing only decode and encode."""

import asyncio
import base64
import xml.etree.ElementTree as ET
from collections.abc import AsyncGenerator
from typing import Any

import bridge
from bridge import Content, Heard, Kind, MessageCreated, RoomId, Txn, cut

from . import answers, decode, encode
from .session import Place, Session

__all__ = ["Person"]

_PATIENCE = 15.0
_PART = encode.TEXT_LIMIT
_CREATED = "201"


class Person(bridge.Person):
    """Somebody with an account of their own."""

    farewell = b"</stream:stream>"

    def __init__(self, name: str, room: str, user: str, domain: str, password: str) -> None:
        super().__init__(name)
        self._place = Place(RoomId(room), name)
        self._session = Session()
        self._session.places[room] = self._place
        self._user, self._domain, self._password = user, domain, password
        self._joined: asyncio.Future[None] | None = None
        self._count = 0

    async def join(self, port: int, host: str = "127.0.0.1") -> None:
        """Connect, log in and join. Raises OSError or TimeoutError."""
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, self._writer = await asyncio.open_connection(host, port)
                self._joined = asyncio.get_running_loop().create_future()
                await self._log_in(reader)
                self._reading = asyncio.create_task(self._read(reader))
                self._send(f"<presence/>{encode.join(self._place.occupant, 'join', None)}")
                await self._joined
        except BaseException:
            await self.leave()
            raise

    async def _log_in(self, reader: asyncio.StreamReader) -> None:
        token = base64.b64encode(f"\0{self._user}\0{self._password}".encode()).decode()
        self._open()
        stanzas = _stanzas(reader)
        await anext(stanzas)
        self._send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{token}</auth>")
        answer = await anext(stanzas)
        await stanzas.aclose()
        if not answer.tag.endswith("success"):
            raise OSError(f"the server refuses {self._user}@{self._domain}")
        self._open()
        stanzas = _stanzas(reader)
        await anext(stanzas)
        self._send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        await anext(stanzas)
        self._stanzas = stanzas

    async def say(self, content: Content, kind: Kind = Kind.TEXT) -> None:
        for part in _parts(content):
            self._count += 1
            self._send(encode.message(self._place.room, part, kind, Txn(f"p{self._count}")))
        assert self._writer is not None
        await self._writer.drain()

    def _open(self) -> None:
        self._send(
            f"<?xml version='1.0'?><stream:stream to='{self._domain}' version='1.0' xmlns='jabber:client'"
            " xmlns:stream='http://etherx.jabber.org/streams'>"
        )

    def _send(self, text: str) -> None:
        assert self._writer is not None
        self._writer.write(text.encode())

    async def _read(self, reader: asyncio.StreamReader) -> None:
        async for element in self._stanzas:
            if element.tag.endswith("}message"):
                said = decode.message(element, self._session)
                if isinstance(said, MessageCreated):
                    self.heard.put_nowait(Heard(said.sender.name, said.content, said.kind))
            elif element.tag.endswith("}presence"):
                self._present(answers.presence(element))

    def _present(self, seen: answers.Presence) -> None:
        assert self._joined is not None
        if self._joined.done() or seen.room != self._place.room:
            return
        if seen.type == "error":
            self._joined.set_exception(OSError(f"{self.name} is not let into {seen.room}: {seen.condition}"))
        elif "110" in seen.statuses:
            self._place.nick = seen.nick
            self._joined.set_result(None)
            if _CREATED in seen.statuses:
                self._send(
                    encode.iq(
                        "set",
                        "make",
                        seen.room,
                        "<query xmlns='http://jabber.org/protocol/muc#owner'>"
                        "<x xmlns='jabber:x:data' type='submit'/></query>",
                    )
                )


async def _stanzas(reader: asyncio.StreamReader) -> AsyncGenerator[ET.Element, None]:
    """What comes in on one stream, stanza by stanza."""
    parser: Any = ET.XMLPullParser(("start", "end"))
    depth, root = 0, None
    while data := await reader.read(65536):
        parser.feed(data)
        for event, element in parser.read_events():
            if event == "start":
                root = root if depth else element
                depth += 1
                continue
            depth -= 1
            if depth == 1 and root is not None:
                yield element
                root.clear()
    raise ConnectionError("the server has closed the connection")


def _parts(content: Content) -> list[Content]:
    """The content in pieces that a stanza can hold."""
    if len(content.text.encode("utf-8", "replace")) <= _PART:
        return [content]
    step = _PART // 4
    return [Content(cut(content.spans, start, start + step)) for start in range(0, len(content.text), step)]
