"""TLS for a connection over which little is said: asyncio's own keeps 256 kB for each."""

import asyncio
import contextlib
import ssl

__all__ = ["SmallTls"]

_READ = 4_096


class SmallTls(asyncio.Protocol):
    """Stands between the socket and a protocol, for which it is the transport. That hears of the connection
    once the server has shown who it is, or at once that it is lost.
    """

    __slots__ = ("_incoming", "_inner", "_outgoing", "_ready", "_tls", "_transport", "max_size")

    def __init__(self, inner: asyncio.Protocol, context: ssl.SSLContext, host: str) -> None:
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._ready = False
        self._transport: asyncio.Transport | None = None
        self.max_size = _READ
        """What the protocol would have read at once."""

    # -- for the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.max_size = _READ  # type: ignore[attr-defined]  # else it takes 256 kB for each read
        self._transport = transport  # type: ignore[assignment]  # it is one that writes
        self._go_on()

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._inner.connection_lost(exc)

    def _go_on(self) -> None:
        """Do what can be done with what has come. A server that does not speak TLS, or as somebody else, is
        left at once.
        """
        try:
            if not self._ready:
                self._tls.do_handshake()
                self._ready = True
                self._inner.connection_made(self)  # type: ignore[arg-type]  # all of a transport that it uses
            while not self.is_closing():
                if data := self._tls.read(_READ):
                    self._inner.data_received(data)
                else:
                    self.close()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._flush()  # the alert
            self._fail(error)
        self._flush()

    def _fail(self, error: ssl.SSLError) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.set_protocol(asyncio.Protocol())
            transport.abort()
            self._inner.connection_lost(error)

    def _flush(self) -> None:
        if self._transport is not None and self._outgoing.pending:
            self._transport.write(self._outgoing.read())

    # -- for the protocol

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        return self._transport is None or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send some bytes."""
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            self._fail(error)
        self._flush()

    def close(self) -> None:
        """End the connection once all is sent."""
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()  # says that this is the end
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()
