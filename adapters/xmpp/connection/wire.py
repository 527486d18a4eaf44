"""What is the same on each of our streams: how stanzas go out, requests, and reading no further than what is
durable.
"""

import asyncio
from typing import Any, Protocol
from xml.etree.ElementTree import Element

from bridge import AdapterError, Endpoint, endpoint

from .requests import Requests

__all__ = ["StanzaListener", "Stanzas"]

_CONGESTED = 65536
"""Bytes that wait for the server; while there are more, ephemeral stanzas are not sent."""


class StanzaListener(Protocol):
    """Takes what comes in on the stream."""

    def message(self, element: Element) -> None: ...

    def presence(self, element: Element) -> None: ...

    def flush(self) -> "asyncio.Future[None] | None":
        """Called after all stanzas of one read; the future is done when they are durable."""


class Stanzas:
    """One stream; used once. Whatever ends it ends `ended` with the reason."""

    transport: Any
    resumed = False
    connected_to: tuple[str, int]
    """The host and port that we are connected to."""

    def __init__(self, listener: StanzaListener) -> None:
        running = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = running.create_future()
        self.heard = running.time()
        self.paused = False
        """Whether reading is paused, because what was read is not durable yet."""
        self.requests = Requests(self.say)
        self._listener = listener
        self._out: list[str] = []
        self._running = running

    @property
    def congested(self) -> bool:
        """Whether the server is slow to take what we send."""
        return self.transport is None or self.transport.get_write_buffer_size() > _CONGESTED

    def peer(self) -> Endpoint | None:
        """Return who is at the other end; None: nobody yet, or no more."""
        link = self.transport
        return endpoint(*self.connected_to, link.get_extra_info("ssl_object")) if link is not None else None

    def say(self, stanza: str, speaker: str = "") -> None:
        """Send a stanza, with all others of this tick in one write. `speaker`: the address that it is from,
        where there are several.
        """
        if not self._out:
            self._running.call_soon(self._write_out)
        self._out.append(stanza)

    def fresh_id(self) -> str:
        """Return an id for a stanza of ours that nobody can guess."""
        return self.requests.fresh_id()

    async def ask(self, kind: str, to: str, payload: str, timeout: float = 30.0) -> Element:  # noqa: ASYNC109
        """Send a request and return the answer, be it a result or an error. Raises TimeoutError."""
        return await self.requests.ask(kind, to, payload, timeout)

    def end(self, error: AdapterError) -> None:
        """End the connection for this reason; the first one counts."""
        if not self.ended.done():
            self.ended.set_exception(error)
            self.ended.exception()

    def _write_out(self) -> None:
        if self._out:
            data, self._out = "".join(self._out).encode(), []
            if self.transport is not None:
                self.transport.write(data)

    def _flushed(self) -> "asyncio.Future[None] | None":
        """Hand over what was read; read no further until it is durable: the server has room for it, and we
        have not.
        """
        durable = self._listener.flush()
        if durable is not None and not durable.done():
            self._pause(durable)
        return durable

    def _pause(self, durable: "asyncio.Future[None]") -> None:
        transport = self.transport
        if self.paused or transport is None or transport.is_closing():
            return
        self.paused = True
        transport.pause_reading()

        def resume(_: object) -> None:
            self.paused = False
            self.heard = self._running.time()
            if not transport.is_closing():
                transport.resume_reading()

        durable.add_done_callback(resume)
