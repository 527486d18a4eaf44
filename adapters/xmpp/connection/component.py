"""The stream of a component (XEP-0114): stanzas for all addresses below its name, in the server's order."""

import asyncio
import contextlib
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from adapters.xmpp import encode
from adapters.xmpp.config import NetworkConfig
from bridge import AdapterError, AuthenticationFailed, ConnectionLost, Replaced, route, trust

from . import login
from .wire import StanzaListener, Stanzas

__all__ = ["XmppComponent"]

_PATIENCE = 30.0
"""Seconds for the server to let us in."""
_FAREWELL = 0.5
_REFUSAL = 0.5
"""Seconds for a server that greets us to say that it has no such component."""
_LONGEST_HEADER = 4096
_HEADER = re.compile(rb"<stream:stream\b[^>]*>")
_COMPONENT, _CLIENT_NS = b"jabber:component:accept", b"jabber:client"
_CLIENT = "{jabber:client}"
_MESSAGE, _PRESENCE, _IQ = f"{_CLIENT}message", f"{_CLIENT}presence", f"{_CLIENT}iq"
_HANDSHAKE = f"{_CLIENT}handshake"
_ERROR = f"{login.STREAM}error"


class XmppComponent(asyncio.Protocol, Stanzas):
    """One connection; used once. Its stanzas are a client's but for their namespace (XEP-0114 section 3), and
    are read and written as such.
    """

    def __init__(self, config: NetworkConfig, listener: StanzaListener, *, asks: bool = True) -> None:
        """`asks`: to be let in. A second one that is let in takes stanzas from the first (ejabberd)."""
        Stanzas.__init__(self, listener)
        self._asks = asks
        self.transport: asyncio.Transport | None = None
        self._config = config
        self.theirs: Callable[[ET.Element, str], None] = lambda *_: None
        """Takes a stanza for somebody's address; of rooms' messages those alone that are refused."""
        self._bot = f"{config.bot}/{config.resource}"
        self._up: asyncio.Future[None] = self._running.create_future()
        self._gone: asyncio.Future[None] = self._running.create_future()
        self._header = b""
        """What came before the stream's header was whole."""
        self._parser: Any = None
        self._root: ET.Element | None = None
        self._depth = 0

    # -- for the connection

    async def open(self, patience: float | None = None) -> None:
        """Connect and prove who we are, within so many seconds. Raises an AdapterError that says why not."""
        config = self._config
        host, port = self.connected_to = config.address or ("", 0)
        context = await asyncio.to_thread(trust, config.ca_file) if config.tls == "direct" else None
        try:
            async with asyncio.timeout(patience or _PATIENCE):
                way, name = await route(config, host, port), host if context is not None else None
                await self._running.create_connection(lambda: self, **way, ssl=context, server_hostname=name)
                await asyncio.wait({self._up, self.ended}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            connected = self.transport is not None
            greeted = self._root is not None
            raise login.silence(config, connected=connected, greeted=greeted, offered=greeted) from None
        except OSError as error:
            raise login.unreachable(error, config) from None
        if not self._up.done():
            self.ended.result()

    async def close(self, *, final: bool) -> None:
        """Close the stream: everybody on it leaves the rooms."""
        self.ended.cancel()
        self._up.cancel()
        self.requests.cancel()
        if self.transport is not None:
            self._write_out()
            self.transport.write(b"</stream:stream>" if self._root is not None else b"")
            if not final:
                self.transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await asyncio.shield(self._gone)
            self.transport.abort()

    def say(self, stanza: str, speaker: str = "") -> None:
        name, rest = stanza.split(" ", 1)
        super().say(f"{name} from='{speaker or self._bot}' {rest}")

    # -- the wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(
            f"<?xml version='1.0'?><stream:stream xmlns='{_COMPONENT.decode()}'"
            f" xmlns:stream='http://etherx.jabber.org/streams' to='{self._config.jid}'>".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        was_in = self._up.done() and not self._up.cancelled()
        self.end(login.lost(self._config, was_in=was_in))
        if not self._gone.done():
            self._gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.heard = self._running.time()
        if self.ended.done():
            return
        if self._parser is None and (data := self._begun(data)) == b"":
            return
        try:
            self._parser.feed(data)
            self._read(self._parser)
        except ET.ParseError:
            self._nonsense("XML")
        self._flushed()

    def _begun(self, data: bytes) -> bytes:
        """Return what was read once the header of the server's half is whole; else nothing yet. The namespace
        of its stanzas becomes that of a client's.
        """
        self._header += data
        found = _HEADER.search(self._header)
        if found is None:
            if len(self._header) > _LONGEST_HEADER or not b"<?xml <stream:stream".startswith(
                self._header.lstrip()[:1]
            ):
                self._nonsense("XMPP")
            return b""
        data, self._header = self._header, b""
        self._parser = ET.XMLPullParser(("start", "end"))
        return data[: found.end()].replace(_COMPONENT, _CLIENT_NS) + data[found.end() :]

    def _nonsense(self, what: str) -> None:
        self.end(
            ConnectionLost(f"{self._config.where} sent something that is not {what}: check server and port")
        )

    def _read(self, parser: Any) -> None:
        for event, element in parser.read_events():
            if event == "start":
                if self._depth == 0:
                    self._greet(element)
                self._depth += 1
                continue
            self._depth -= 1
            if self._depth == 0:
                self.end(ConnectionLost(f"{self._config.where} closed the connection"))
            elif self._depth == 1:
                self._take(element)
                assert self._root is not None
                self._root.clear()
            if self.ended.done():
                return

    def _greet(self, root: ET.Element) -> None:
        """Prove that we know the secret (XEP-0114 section 3)."""
        self._root = root
        if not self._asks:
            self._running.call_later(_REFUSAL, self._let_in)
            return
        proof = (root.get("id") or "") + self._config.password.get_secret_value()
        assert self.transport is not None
        digest = hashlib.sha1(proof.encode(), usedforsecurity=False).hexdigest()
        self.transport.write(f"<handshake>{digest}</handshake>".encode())

    def _take(self, xml: ET.Element) -> None:
        tag, to = xml.tag, xml.get("to") or ""
        if not self._up.done():
            self._proven(xml)
        elif tag == _ERROR:
            self.end(_ending(xml, self._config))
        elif to != self._bot and to.partition("/")[0] != self._config.bot:
            # what is said in a room, the bridge hears as well
            if tag != _MESSAGE or xml.get("type") != "groupchat":
                self.theirs(xml, to)
        elif tag == _MESSAGE:
            self._listener.message(xml)
        elif tag == _PRESENCE:
            self._listener.presence(xml)
        elif tag == _IQ and not self.requests.answered(xml) and xml.get("type") in ("get", "set"):
            self.say(encode.refusal(xml.get("id") or "", xml.get("from") or ""))

    def _let_in(self) -> None:
        if not self._up.done():
            self._up.set_result(None)

    def _proven(self, xml: ET.Element) -> None:
        """Look at the server's answer to our proof."""
        if xml.tag == _HANDSHAKE:
            self._let_in()
        elif xml.tag == _ERROR:
            self.end(_ending(xml, self._config))


def _ending(xml: ET.Element, config: NetworkConfig) -> AdapterError:
    """Return the error for the server's end of the stream (RFC 6120 section 4.9.3)."""
    where, name = config.where, config.jid
    match login.condition(xml)[0]:
        case "not-authorized":
            return AuthenticationFailed(f"{where} refuses the component {name}: check password, its secret")
        case "host-unknown" | "invalid-from" | "improper-addressing":
            return AuthenticationFailed(
                f"{where} has no component {name}: check jid, and what the server calls it"
            )
        case "conflict":
            return Replaced(f"the component {name} is connected already: end the other bridge that uses it")
    return login.stream_error(xml, config, offered=True)
