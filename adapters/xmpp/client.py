"""The connection: slixmpp up to the point where the session stands, and bytes in and out from there."""

import asyncio
import contextlib
import secrets
import ssl
import xml.etree.ElementTree as ET
from typing import Any, Protocol

from slixmpp import ClientXMPP

from bridge import AdapterError, AuthenticationFailed, ConnectionLost, Replaced

from . import encode, resume
from .config import NetworkConfig

__all__ = ["Client", "Listener"]

_PATIENCE = 30.0
"""Seconds for the server to let us in."""
_FAREWELL = 0.5
_CLIENT = "{jabber:client}"
_MESSAGE = f"{_CLIENT}message"
_PRESENCE = f"{_CLIENT}presence"
_IQ = f"{_CLIENT}iq"
_STREAM = "{http://etherx.jabber.org/streams}"
_SASL_FAILURE = "{urn:ietf:params:xml:ns:xmpp-sasl}failure"
_STARTTLS = "{urn:ietf:params:xml:ns:xmpp-tls}starttls"
_PROCEED = "{urn:ietf:params:xml:ns:xmpp-tls}proceed"
_TLS_FAILURE = "{urn:ietf:params:xml:ns:xmpp-tls}failure"
_NOT_OUR_FAULT = frozenset({"temporary-auth-failure", "aborted"})
_NEXT_MECHANISM = frozenset(
    {"invalid-mechanism", "mechanism-too-weak", "malformed-request", "incorrect-encoding"}
)


class Listener(Protocol):
    """Who wants to know what comes in."""

    def message(self, element: ET.Element) -> None: ...

    def presence(self, element: ET.Element) -> None: ...

    def flush(self) -> "asyncio.Future[None] | None":
        """All that was in one read has been told; the future is done when it is durable."""


class Client(ClientXMPP):
    """One connection; used once.

    slixmpp's own reconnecting is off. Whatever ends the connection ends `ended` with the reason.
    """

    def __init__(self, config: NetworkConfig, listener: Listener, stream: resume.Stream | None) -> None:
        self._config = config
        self._listener = listener
        super().__init__(f"{config.jid}/{config.resource}", config.password.get_secret_value())
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.resumed = False
        self.heard = loop.time()
        self._up: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()
        self._secured = config.tls == "direct"
        self._deaf = False
        self._live = False
        self._said_hello = False
        self._trouble: object = None
        self._out: list[str] = []
        self._asked: dict[str, tuple[str, asyncio.Future[ET.Element]]] = {}
        self._ids = secrets.token_hex(4)
        self._number = 0
        self._acks: int | None = None
        self.handled = 0
        self._configure()
        resume.load(self, stream)

    def _configure(self) -> None:
        config = self._config
        self.enable_direct_tls = config.tls == "direct"
        self.enable_starttls = config.tls == "starttls"
        self.enable_plaintext = config.tls == "none"
        self.default_port = config.default_port
        if config.tls == "none":
            mechanisms = self.plugin["feature_mechanisms"]
            mechanisms.unencrypted_scram = mechanisms.unencrypted_plain = True
        elif config.ca_file is not None:
            try:
                self.ssl_context = ssl.create_default_context(cafile=str(config.ca_file))
            except (OSError, ssl.SSLError) as error:
                raise ConnectionLost(f"ca_file {config.ca_file} cannot be used: {error}") from None
        on = self.add_event_handler
        on("connection_failed", self._failed)
        on("ssl_invalid_chain", self._failed)
        on("session_start", lambda _: self._started())
        on("session_resumed", lambda _: self._started(resumed=True))
        on("failed_all_auth", lambda _: self._no_login())

    # -- for the link

    async def open(self) -> None:
        """Connect and log in. Raises an AdapterError that says what is wrong."""
        self.connect(*(self._config.address or ()))
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.wait({self._up, self.ended}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise ConnectionLost(self._silence()) from None
        if self.ended.done():
            self.ended.result()

    async def close(self, *, final: bool) -> resume.Stream | None:
        """Close the connection; returns what can be resumed. `final`: we go for good, and say so."""
        stream_id = None if final or not self._live else resume.stream_id(self)
        self.ended.cancel()
        self._up.cancel()
        for _, future in self._asked.values():
            future.cancel()
        if self.transport is not None:
            self._write_out()
            if final and self._up.done():
                self.transport.write(b"<presence type='unavailable'/></stream:stream>")
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
        return resume.Stream(stream_id, self.handled) if stream_id else None

    def say(self, stanza: str) -> None:
        """Send a stanza, with all others of this tick in one write."""
        if not self._out:
            self.loop.call_soon(self._write_out)
        self._out.append(stanza)

    def fresh_id(self) -> str:
        """An id for a stanza of ours that nobody can guess."""
        self._number += 1
        return f"{self._ids}-{self._number}"

    async def ask(self, kind: str, to: str, payload: str, timeout: float = 30.0) -> ET.Element:  # noqa: ASYNC109
        """Send a request and return the answer, be it a result or an error. Raises TimeoutError."""
        stanza_id = self.fresh_id()
        future: asyncio.Future[ET.Element] = self.loop.create_future()
        self._asked[stanza_id] = (to, future)
        self.say(encode.iq(kind, stanza_id, to, payload))
        try:
            async with asyncio.timeout(timeout):
                return await future
        finally:
            del self._asked[stanza_id]

    # -- the wire

    def _write_out(self) -> None:
        if self._out:
            data, self._out = "".join(self._out).encode(), []
            if self.transport is not None:
                self.transport.write(data)

    def send_raw(self, data: str | bytes) -> None:
        """As slixmpp's own, which would log passwords."""
        if self.transport is not None:
            self.transport.write(data.encode() if isinstance(data, str) else data)

    def data_received(self, data: bytes | str) -> None:
        """As slixmpp's own, but what cannot be read ends the connection, and events go on in one batch."""
        self.heard = self.loop.time()
        if self.parser is None or self.ended.done():
            return
        self.parser.feed(data)
        try:
            self._read(self.parser)
        except ET.ParseError:
            what = "something that is not XML" if self._said_hello else "something that is not XMPP"
            self.end(ConnectionLost(f"{self._where} sent {what}: check server, port and tls"))
        durable = self._listener.flush()
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
                self.end(ConnectionLost(f"{self._where} closed the connection"))
                return
            if self.xml_depth == 1:
                self._spawn_event(element)
                if self.xml_root is not None:
                    self.xml_root.clear()
                if self.parser is not parser or self.ended.done():
                    return

    def start_stream_handler(self, xml: ET.Element) -> None:
        """The server's half of the stream begins (RFC 6120 section 4.2)."""
        if xml.tag != f"{_STREAM}stream":
            self.end(ConnectionLost(f"{self._where} sent something that is not XMPP: check server and port"))
            return
        self._said_hello = True
        super().start_stream_handler(xml)  # type: ignore[no-untyped-call]

    def _spawn_event(self, xml: ET.Element) -> None:
        tag = xml.tag
        if tag in (_MESSAGE, _PRESENCE):
            self.handled += 1
            if self._live:
                (self._listener.message if tag == _MESSAGE else self._listener.presence)(xml)
        elif tag == _IQ and xml.get("id") in self._asked and xml.get("type") in ("result", "error"):
            self.handled += 1
            self._answered(xml)
        elif tag == resume.REQUEST:
            self._acks = self.handled
        elif not self._deaf and self._negotiation(xml):
            self.handled += tag == _IQ
            super()._spawn_event(xml)

    def _answered(self, xml: ET.Element) -> None:
        to, future = self._asked[xml.get("id") or ""]
        if (xml.get("from") or "").lower() == to.lower() and not future.done():
            future.set_result(xml)

    def _negotiation(self, xml: ET.Element) -> bool:
        """Look at what is not a stanza; True: slixmpp deals with it."""
        tag = xml.tag
        if tag == f"{_STREAM}error":
            self.end(_stream_error(xml, self._where, self._config))
            return False
        if tag == f"{_STREAM}features" and self._config.tls == "starttls" and not self._secured:
            if xml.find(_STARTTLS) is None:
                self.end(
                    ConnectionLost(
                        f"{self._where} offers no TLS: use another server or port, or tls: direct for a"
                        " port that begins with TLS"
                    )
                )
                return False
        elif tag == _PROCEED:
            # What else came with it in the clear is nobody's word.
            self._secured, self._deaf = True, True
        elif tag == _TLS_FAILURE:
            self.end(ConnectionLost(f"{self._where} refuses TLS: its owner has to mend it"))
            return False
        elif tag == _SASL_FAILURE:
            return self._login_failed(xml)
        return True

    def _login_failed(self, xml: ET.Element) -> bool:
        """The server does not take the login (RFC 6120 section 6.5); True: another way may do."""
        named = next((child.tag.rpartition("}")[2] for child in xml if not child.tag.endswith("}text")), "")
        if named in _NEXT_MECHANISM:
            return True
        if named in _NOT_OUR_FAULT:
            self.end(ConnectionLost(f"{self._where} cannot check the login now ({named})"))
        elif named in ("not-authorized", ""):
            who = self._config.jid
            self.end(AuthenticationFailed(f"{self._where} refuses {who}: check jid and password"))
        else:
            self.end(AuthenticationFailed(f"{self._where} refuses {self._config.jid}: {named}"))
        return False

    def _acknowledge(self, durable: "asyncio.Future[None] | None") -> None:
        """Tell the server how much it need not send again, once that is durable (XEP-0198 section 4)."""
        stanza, self._acks = resume.acknowledgement(self._acks or 0), None
        if durable is None or durable.done():
            self.say(stanza)
        else:
            durable.add_done_callback(lambda _: self.say(stanza))

    # -- what slixmpp tells

    def end(self, error: AdapterError) -> None:
        """The connection is over, for this reason; the first one counts."""
        if not self.ended.done():
            self.ended.set_exception(error)
            self.ended.exception()

    def connection_made(self, transport: asyncio.BaseTransport, send_event: bool = True) -> None:
        """The TCP connection stands, or TLS does."""
        self._deaf = False
        super().connection_made(transport, send_event)

    def connection_lost(self, exception: BaseException | None) -> None:
        """The TCP connection is gone."""
        if isinstance(exception, ssl.SSLError):
            self._failed(exception)
        elif self._up.done() and not self._up.cancelled():
            self.end(ConnectionLost(f"the connection to {self._where} is lost"))
        else:
            self.end(ConnectionLost(f"{self._where} closed the connection before hubbub was in"))
        self.end_session_on_disconnect = False
        if not self._gone.done():
            self._gone.set_result(None)
        super().connection_lost(exception)

    def reschedule_connection_attempt(self) -> None:
        """All addresses have been tried: slixmpp would try again and again."""
        trouble = self._trouble
        if isinstance(trouble, ssl.SSLError):
            self.end(ConnectionLost(_tls_sentence(trouble, self._where, self._config)))
        elif isinstance(trouble, OSError):
            self.end(ConnectionLost(f"cannot connect to {self._where}: {trouble.strerror or trouble}"))
        else:
            self.end(ConnectionLost(f"{self._where} is not known to the DNS: check jid and server"))

    def _failed(self, trouble: object) -> None:
        self._trouble = trouble
        if isinstance(trouble, ssl.SSLError) and self.transport is not None:
            self.end(ConnectionLost(_tls_sentence(trouble, self._where, self._config)))

    def _started(self, *, resumed: bool = False) -> None:
        self.resumed, self._live = resumed, True
        if not self._up.done():
            self._up.set_result(None)

    def _no_login(self) -> None:
        self.end(AuthenticationFailed(f"{self._where} offers no way to log in that is safe with this tls"))

    def _start_keepalive(self, event: Any) -> None:
        """Nothing: the link keeps the connection alive, and knows when to stop."""

    def exception(self, exception: Exception) -> None:
        """A handler of slixmpp's has failed."""
        self.end(ConnectionLost(f"{self._where} sent what cannot be understood: {type(exception).__name__}"))

    @property
    def _where(self) -> str:
        address = self._config.address
        return f"{address[0]} port {address[1]}" if address else self._config.domain

    def _silence(self) -> str:
        if self.transport is None:
            return f"{self._where} does not answer: check server and port"
        if self._said_hello:
            return f"{self._where} does not let hubbub in: it stopped answering during the login"
        return f"{self._where} accepts the connection and says nothing: check port and tls"


def _tls_sentence(error: ssl.SSLError, where: str, config: NetworkConfig) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the certificate of {where} does not verify for {config.domain}: {error.verify_message};"
            " where that is right, name its authority in ca_file"
        )
    return f"{where} does not speak TLS there ({error.reason or 'handshake failed'}): check port and tls"


def _stream_error(xml: ET.Element, where: str, config: NetworkConfig) -> AdapterError:
    """Why the server ends the stream (RFC 6120 section 4.9.3)."""
    named, text = "undefined-condition", ""
    for child in xml:
        name = child.tag.rpartition("}")[2]
        if name == "text":
            text = " ".join((child.text or "").split())[:200]
        elif "xmpp-streams" in child.tag:
            named = name
    if named == "conflict":
        return Replaced(
            f"another client logged in as {config.jid}/{config.resource}: give one of them another resource"
        )
    if named == "host-unknown":
        return ConnectionLost(f"{where} does not serve {config.domain}: check jid and server")
    if named == "system-shutdown":
        return ConnectionLost(f"{where} is shutting down")
    said = f": {text}" if text else ""
    return ConnectionLost(f"{where} ended the connection ({named}){said}")
