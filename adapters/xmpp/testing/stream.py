"""A scripted person's connection: one stream over TCP, and requests on it."""

import asyncio
import base64
import itertools
import xml.etree.ElementTree as ET
from collections.abc import AsyncGenerator
from typing import Any

from adapters.xmpp import encode

__all__ = ["PlainStream"]

_PATIENCE = 15.0


class PlainStream:
    """A stream that logs in with a password, sends what it is given and yields what comes."""

    stanzas: AsyncGenerator[ET.Element, None]

    def __init__(self, user: str, domain: str, password: str) -> None:
        self._user, self._domain, self._password = user, domain, password
        self._asked: dict[str, asyncio.Future[ET.Element]] = {}
        self._numbers = itertools.count(1)

    async def log_in(self, host: str, port: int) -> asyncio.StreamWriter:
        """Log in. Raises OSError."""
        reader, self._writer = await asyncio.open_connection(host, port)
        try:
            await self._authenticate(reader)
        except BaseException:
            self._writer.close()
            raise
        return self._writer

    async def _authenticate(self, reader: asyncio.StreamReader) -> None:
        token = base64.b64encode(f"\0{self._user}\0{self._password}".encode()).decode()
        self._open()
        stanzas = _stanzas(reader)
        await anext(stanzas)
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{token}</auth>")
        answer = await anext(stanzas)
        await stanzas.aclose()
        if not answer.tag.endswith("success"):
            raise OSError(f"the server refuses {self._user}@{self._domain}")
        self._open()
        self.stanzas = _stanzas(reader)
        await anext(self.stanzas)
        self.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        await anext(self.stanzas)

    def _open(self) -> None:
        self.send(
            f"<?xml version='1.0'?><stream:stream to='{self._domain}' version='1.0' xmlns='jabber:client'"
            " xmlns:stream='http://etherx.jabber.org/streams'>"
        )

    def send(self, text: str) -> None:
        """Send this as it is."""
        self._writer.write(text.encode())

    async def ask(self, kind: str, to: str, payload: str) -> ET.Element:
        """Ask for something. Raises OSError when it is refused, TimeoutError without an answer."""
        name = f"ask{next(self._numbers)}"
        answer: asyncio.Future[ET.Element] = asyncio.get_running_loop().create_future()
        self._asked[name] = answer
        self.send(encode.iq(kind, name, to, payload))
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await answer
        finally:
            del self._asked[name]
        if found.get("type") == "error":
            raise OSError(f"{to} refuses {payload}: {ET.tostring(found, 'unicode')}")
        return found

    def answered(self, element: ET.Element) -> None:
        """Take in the answer to a request, or somebody else's request."""
        answer = self._asked.get(element.get("id") or "")
        if answer is not None and not answer.done():
            answer.set_result(element)


async def _stanzas(reader: asyncio.StreamReader) -> AsyncGenerator[ET.Element, None]:
    """Yield what comes in on one stream, stanza by stanza."""
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
