"""The stream: slixmpp until the session stands, and from there bytes in and out."""

import asyncio
import contextlib
import logging
import ssl
import xml.etree.ElementTree as ET
from typing import Any

from slixmpp import ClientXMPP

from adapters.xmpp import encode
from adapters.xmpp.config import NetworkConfig
from bridge import ConnectionLost, route, trust

from . import login, stream_management
from .wire import StanzaListener, Stanzas

__all__ = ["XmppClient"]

# our own errors tell what is wrong with a connection
logging.getLogger("slixmpp").setLevel(logging.CRITICAL)

_PATIENCE = 30.0
"""Seconds for the server to let us in."""
_FAREWELL = 0.5
_CLIENT = "{jabber:client}"
_MESSAGE = f"{_CLIENT}message"
_PRESENCE = f"{_CLIENT}presence"
_IQ = f"{_CLIENT}iq"


class XmppClient(Stanzas, ClientXMPP):
    """One connection; used once.

    slixmpp's own reconnecting is off. Whatever ends the connection ends `ended` with the reason.
    """

    def __init__(
        self, config: NetworkConfig, listener: StanzaListener, stream: stream_management.Stream | None
    ) -> None:
        Stanzas.__init__(self, listener)
        self._config = config
        nobody = ssl.SSLContext(
            ssl.PROTOCOL_TLS_CLIENT
        )  # `open` sets it, in a thread: loading certificates takes long
        jid, password = f"{config.jid}/{config.resource}", config.password.get_secret_value()
        ClientXMPP.__init__(self, jid, password, ssl_context=nobody)
        loop = asyncio.get_running_loop()
        self._up: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()
        self._secured = config.tls == "direct"
        self._deaf = False
        self._live = False
        self._said_hello = False
        self._offered = False
        """Whether the server has sent its features since its half of the stream began."""
        self._trouble: object = None
        self._acks: int | None = None
        self.handled = 0
        self._stream = stream
        self._configure()
        stream_management.load(self, stream)

    def _configure(self) -> None:
        config = self._config
        self.enable_direct_tls = config.tls == "direct"
        self.enable_starttls = config.tls == "starttls"
        self.enable_plaintext = config.tls == "none"
        self.default_port = config.default_port
        if config.tls == "none":
            mechanisms = self.plugin["feature_mechanisms"]
            mechanisms.unencrypted_scram = mechanisms.unencrypted_plain = True
            mechanisms.security_callback = login.unbound(mechanisms.security_callback)
        on = self.add_event_handler
        on("connection_failed", self._failed)
        on("ssl_invalid_chain", self._failed)
        on("session_start", lambda _: self._started())
        on("session_resumed", lambda _: self._started(resumed=True))
        on("failed_all_auth", lambda _: self.end(login.no_way(config)))

    # -- for the connection

    async def open(self, patience: float | None = None) -> None:
        """Connect and log in, within so many seconds. Raises an AdapterError that says what is wrong."""
        if self._config.tls != "none":
            self.ssl_context = await asyncio.to_thread(trust, self._config.ca_file, alone=True)
        self.connect(*(self._config.address or ()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience or _PATIENCE):
                await asyncio.wait({self._up, self.ended}, return_when=asyncio.FIRST_COMPLETED)
        if self._up.done():  # also when it has ended since: what came with it counts
            return
        if self.ended.done():
            self.ended.result()
        connected, greeted = self.transport is not None, self._said_hello
        raise login.silence(self._config, connected=connected, greeted=greeted, offered=self._offered)

    async def close(self, *, final: bool) -> stream_management.Stream | None:
        """Close the stream. Returns what it takes to resume it; `final`: we end it for good, and say so."""
        stream = None if final else self._resumable()
        self.ended.cancel()
        self._up.cancel()
        self.requests.cancel()
        if self.transport is not None:
            self._write_out()
            if final and self._live:
                self.transport.write(b"<presence type='unavailable'/></stream:stream>")
            else:
                self.transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await asyncio.shield(self._gone)
            if self.transport is not None:
                self.transport.abort()
        attempt = self._current_connection_attempt
        self.cancel_connection_attempt()
        tasks = [task for task in (attempt, self._run_out_filters) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        return stream

    def _resumable(self) -> stream_management.Stream | None:
        """Return our stream if it stands, else the one before it, unless the server no longer has that."""
        stream_id = stream_management.stream_id(self)
        if self._live:
            return stream_management.Stream(stream_id, self.handled) if stream_id else None
        before = self._stream
        return before if before is not None and before.id == stream_id else None

    # -- the wire

    def send_raw(self, data: str | bytes) -> None:
        """Send as slixmpp's own method does, which would log passwords."""
        if self.transport is not None:
            self.transport.write(data.encode() if isinstance(data, str) else data)

    def data_received(self, data: bytes | str) -> None:
        """Parse as slixmpp's own method does; but what cannot be parsed ends the stream, and events go on in
        one batch.
        """
        self.heard = self.loop.time()
        if self.parser is None or self.ended.done():
            return
        self.parser.feed(data)
        try:
            self._read(self.parser)
        except ET.ParseError:
            what = "something that is not XML" if self._said_hello else "something that is not XMPP"
            self.end(ConnectionLost(f"{self._config.where} sent {what}: check server, port and tls"))
        durable = self._flushed()
        if self._acks is not None:
            self._acknowledge(durable)

    def _read(self, parser: Any) -> None:
        for event, element in parser.read_events():
            if event == "start":
                if self.xml_depth == 0:
                    self.xml_root = element
                    self.start_stream_handler(element)
                self.xml_depth += 1
                continue
            self.xml_depth -= 1
            if self.xml_depth == 0:
                self.end(ConnectionLost(f"{self._config.where} closed the connection"))
                return
            if self.xml_depth == 1:
                self._spawn_event(element)
                if self.xml_root is not None:
                    self.xml_root.clear()
                if self.parser is not parser or self.ended.done():
                    return

    def start_stream_handler(self, xml: ET.Element) -> None:
        """Note that the server's half of the stream begins (RFC 6120 section 4.2)."""
        if xml.tag != f"{login.STREAM}stream":
            self.end(
                ConnectionLost(f"{self._config.where} sent something that is not XMPP: check server and port")
            )
            return
        self._said_hello, self._offered = True, False
        super().start_stream_handler(xml)  # type: ignore[no-untyped-call]

    def _spawn_event(self, xml: ET.Element) -> None:
        tag = xml.tag
        if tag in (_MESSAGE, _PRESENCE):
            self.handled += 1
            if self._live:
                (self._listener.message if tag == _MESSAGE else self._listener.presence)(xml)
        elif tag == _IQ and self.requests.answered(xml):
            self.handled += 1
        elif tag == _IQ and self._live:
            self.handled += 1
            if xml.get("type") in ("get", "set"):  # we serve none, and slixmpp chokes on odd addresses
                self.say(encode.refusal(xml.get("id") or "", xml.get("from") or ""))
        elif tag == stream_management.REQUEST:
            self._acks = self.handled
        elif not self._deaf and self._negotiation(xml):
            self.handled += tag == _IQ
            super()._spawn_event(xml)

    def _negotiation(self, xml: ET.Element) -> bool:
        """Look at an element that is no stanza. Returns whether slixmpp is to deal with it."""
        refusal = login.refusal(xml, self._config, secured=self._secured, offered=self._offered)
        if refusal is not None:
            self.end(refusal)
        elif xml.tag == login.FEATURES:
            self._offered = True
        elif xml.tag == login.PROCEED:
            # whatever else came with it in the clear cannot be trusted
            self._secured, self._deaf = True, True
        return refusal is None

    def _acknowledge(self, durable: "asyncio.Future[None] | None") -> None:
        """Acknowledge what came in, once that is durable (XEP-0198 section 4)."""
        stanza, self._acks = stream_management.acknowledgement(self._acks or 0), None
        if durable is None or durable.done():
            self.say(stanza)
        else:
            durable.add_done_callback(lambda _: self.say(stanza))

    # -- what slixmpp tells

    async def _attempt_connection(self, host: str, port: int, tls: bool, server_hostname: str | None) -> bool:
        """Connect as slixmpp would, but by the owner's way."""
        self.connected_to = (host, port)
        if self._config.is_direct:
            attempt: bool = await super()._attempt_connection(host, port, tls, server_hostname)
            return attempt
        self.event_when_connected = "connected"
        context = self.get_ssl_context() if tls else None
        try:
            way = await route(self._config, host, port)
            await self.loop.create_connection(
                lambda: self, **way, ssl=context, server_hostname=server_hostname
            )
        except OSError as error:
            self._failed(error)
            return False
        return True

    def connection_made(self, transport: asyncio.BaseTransport, send_event: bool = True) -> None:
        """Note that the TCP connection stands, or TLS."""
        self._deaf = False
        super().connection_made(transport, send_event)

    def connection_lost(self, exception: BaseException | None) -> None:
        """Note that the TCP connection is gone."""
        if isinstance(exception, ssl.SSLError):
            self._failed(exception)
        else:
            self.end(login.lost(self._config, was_in=self._up.done() and not self._up.cancelled()))
        self.end_session_on_disconnect = False
        if not self._gone.done():
            self._gone.set_result(None)
        super().connection_lost(exception)

    def reschedule_connection_attempt(self) -> None:
        """End: all addresses have been tried, and slixmpp would try again and again."""
        self.end(login.unreachable(self._trouble, self._config))

    def _failed(self, trouble: object) -> None:
        self._trouble = trouble
        if isinstance(trouble, ssl.SSLError) and self.transport is not None:
            self.end(login.tls_failure(trouble, self._config))

    def _started(self, *, resumed: bool = False) -> None:
        self.resumed, self._live = resumed, True
        if not self._up.done():
            self._up.set_result(None)

    def _start_keepalive(self, event: Any) -> None:
        """Do nothing: `XmppConnection` keeps the stream alive, and knows when to stop."""

    def exception(self, exception: Exception) -> None:
        """Note that a handler of slixmpp's has failed."""
        self.end(
            ConnectionLost(f"{self._config.where} sent what cannot be understood: {type(exception).__name__}")
        )
