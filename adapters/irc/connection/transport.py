"""The transport: the only place that does I/O.

The `irc` library opens it and sends NICK and USER. The known weaknesses of the library are avoided: bytes are
cut into lines and decoded here, so that no byte, line or handler ends a connection; each attempt has a
reactor of its own, because a late end of an old connection would end the new one; writing to a closed
transport is harmless.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, cast

from irc.client_aio import AioConnection, AioReactor, IrcProtocol
from irc.connection import AioFactory

from adapters.irc.config import NetworkConfig, no_answer
from adapters.irc.wire.line import Line, decode_text, parse
from bridge import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    common,
    reason,
    route,
    trust,
    unverified,
)

__all__ = ["Transport", "connect"]

log = logging.getLogger(__name__)

_CONNECT_TIMEOUT = 30.0
_LONGEST = 65_536
_GOODBYE = 0.5
_READ = 16_384
_CONGESTED = 16_384


class _Protocol(IrcProtocol):  # type: ignore[misc]  # the library is not typed
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio reads up to 256 kB at once: 6,000 lines, during which nothing is sent to anybody.
        transport.max_size = _READ  # type: ignore[attr-defined]
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection.lost(exc)


class _Factory(AioFactory):  # type: ignore[misc]  # the library is not typed
    def connect(self, protocol: _Protocol, _address: tuple[str, int]) -> Coroutine[Any, Any, Any]:
        """Connect where `route` leads."""
        opening: Coroutine[Any, Any, Any] = protocol.loop.create_connection(
            lambda: protocol, **self.connection_args
        )
        return opening

    __call__ = connect


class Transport(AioConnection):  # type: ignore[misc]  # the library is not typed
    """A connection that hands over lines.

    `on_line` gets each line; `on_read` is called when all lines of one read are handed over;
    `on_lost` once, when the connection is gone. An AdapterError from `on_line` goes to `on_lost` too.
    """

    protocol_class = _Protocol
    transport: asyncio.Transport | None = None
    on_line: Callable[[Line], None]
    on_read: Callable[[], None]
    on_lost: Callable[[AdapterError | Exception | None], None]
    encoding = "utf-8"
    heard = 0.0
    """When the server last said something, by the loop's clock."""
    odd: str | None = None
    """The first line that was not IRC."""
    _rest = b""
    _over: "asyncio.Future[None]"
    _farewell = False
    """Whether the server has said that it ends the connection (RFC 2812 section 3.7.4)."""

    def process_data(self, data: bytes) -> None:
        """Take in bytes from the server."""
        self.heard = self.reactor.loop.time()
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LONGEST:
            self._rest = b""
        for raw in lines:
            self._take(raw.rstrip(b"\r"))
        self.on_read()

    def _take(self, raw: bytes) -> None:
        if not raw.strip(b" "):
            return
        text = decode_text(raw, self.encoding)
        try:
            line = parse(text)
            self._farewell |= line.command == "ERROR"
            self.on_line(line)
        except AdapterError as error:
            self.on_lost(error)
        except Exception as error:  # noqa: BLE001 - one bad line never ends a connection
            self.odd = self.odd or text[:80]
            log.debug("left out a line that makes no sense: %s", type(error).__name__)  # it may hold words

    def write(self, data: bytes) -> None:
        """Send lines, each with its end."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    @property
    def ssl(self) -> object:
        """What carries TLS on this connection; None: nothing does."""
        return self.transport.get_extra_info("ssl_object") if self.transport is not None else None

    @property
    def idle(self) -> bool:
        """Whether the server keeps up with what we send, so that nothing piles up here."""
        transport = self.transport
        return (
            transport is not None
            and not transport.is_closing()
            and transport.get_write_buffer_size() < _CONGESTED
        )

    def pause(self) -> None:
        """Read nothing more from the server."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def send_raw(self, string: str) -> None:
        """Send what the library sends by itself: NICK and USER."""
        self.write(string.encode(self.encoding, "replace").translate(None, b"\r\n\0") + b"\r\n")

    def lost(self, error: Exception | None) -> None:
        """Note that the transport is gone."""
        self.connected = False
        if not self._over.done():
            self._over.set_result(None)
        self.on_lost(error)

    def disconnect(self, message: str = "") -> None:
        """Close politely; `message` goes to the server."""
        if self.transport is not None:
            self.write(b"QUIT :" + message.encode() + b"\r\n")
            self.transport.close()

    async def close(self, message: str) -> bool:
        """Close politely, at last by force. Returns whether all was heard that the server had said before."""
        if self.transport is None or self._over.done():
            return False
        self.write(b"QUIT :" + message.encode() + b"\r\n")
        await asyncio.wait([self._over], timeout=_GOODBYE)
        self.transport.abort()
        return self._farewell


async def connect(
    config: NetworkConfig,
    hello: list[bytes],
    on_line: Callable[[Line], None],
    on_read: Callable[[], None],
    on_lost: Callable[[AdapterError | Exception | None], None],
) -> Transport:
    """Open a connection and send `hello`, NICK and USER. Raises ConnectionLost with a sentence."""
    loop = asyncio.get_running_loop()
    opening = b"".join(data + b"\r\n" for data in hello)
    reactor = AioReactor(on_connect=lambda protocol, _: protocol.connection.write(opening), loop=loop)
    reactor.connection_class = Transport
    transport = cast("Transport", reactor.server())
    transport.on_line, transport.on_read, transport.on_lost = on_line, on_read, on_lost
    transport.encoding, transport.heard = config.encoding, loop.time()
    transport._over = loop.create_future()  # noqa: SLF001 - our own class, before anybody else has it
    server, port = config.address
    context = await asyncio.to_thread(_context, config)
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            way = await route(config, server, port)
            await transport.connect(
                server, port, config.nick, username=config.username or config.nick, ircname=config.realname,
                connect_factory=_Factory(ssl=context, server_hostname=server if config.tls else None, **way),
            )  # fmt: skip
    except (OSError, TimeoutError) as error:
        raise ConnectionLost(_explain(error, config)) from error
    return transport


def _context(config: NetworkConfig) -> ssl.SSLContext | None:
    if not config.tls:
        return None
    context = trust(config.ca_file, alone=True)
    if config.cert_file:
        try:
            context.load_cert_chain(config.cert_file, config.key_file, password="")
        except (OSError, ssl.SSLError) as error:
            raise AuthenticationFailed(
                f"cert_file {config.cert_file} cannot be used: {error}; it must hold a certificate in PEM, "
                "and key_file or itself the key that belongs to it, without a passphrase"
            ) from error
    return context


def _explain(error: OSError, config: NetworkConfig) -> str:
    server, port = config.address
    match error := common(error):
        case ssl.SSLCertVerificationError():
            return f"the certificate of {server} {unverified(error)}"
        case ssl.SSLError() | ConnectionResetError() if config.tls:
            return f"{server} does not speak TLS on port {port}: check port, or set tls: false"
        case socket.gaierror():
            return f"there is no host {server}: check server, or the name service of this machine"
        case ConnectionRefusedError():
            return f"nothing listens on port {port} of {server}: check server and port"
        case TimeoutError():
            return no_answer(config)
        case _:
            return f"cannot connect to port {port} of {server}: {reason(error)}"
