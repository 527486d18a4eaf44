"""Tells an IRC server who is behind a connection of ours, when it asks (RFC 1413)."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from ipaddress import IPv6Address, ip_address
from typing import Any

from bridge import Port

__all__ = ["Identities", "identifying"]

Ends = tuple[str, int, str, int]
"""A connection: our address and port, the server's address and port."""

_LONGEST = 64
_QUESTION = re.compile(rb"[ \t]*([0-9]{1,5})[ \t]*,[ \t]*([0-9]{1,5})[ \t]*\r?")
_LAST_PORT = 65_535


class Identities:
    """Who is behind which connection of ours. Of no other is anything said."""

    def __init__(self) -> None:
        self._known: dict[Ends, str] = {}

    def add(self, ends: Ends, who: str) -> None:
        """Note who a connection is for: before it is made, since the server asks at once."""
        self._known[_plain(ends)] = who

    def remove(self, ends: Ends) -> None:
        """Forget a connection."""
        self._known.pop(_plain(ends), None)

    def answer(self, question: bytes, here: str, asker: str) -> bytes:
        """Return the answer to a line, asked at one address by another; empty: it was no question."""
        found = _QUESTION.fullmatch(question)
        if found is None:
            return b""
        ours, theirs = int(found[1]), int(found[2])
        asked = b"%d , %d : " % (ours, theirs)
        if not (1 <= ours <= _LAST_PORT and 1 <= theirs <= _LAST_PORT):
            return asked + b"ERROR : INVALID-PORT\r\n"
        who = self._known.get(_plain((here, ours, asker, theirs)))
        return asked + (b"USERID : UNIX : %b\r\n" % who.encode() if who else b"ERROR : NO-USER\r\n")


class IdentProtocol(asyncio.Protocol):
    """One who asks: once."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._asked = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        question, end, _ = self._asked.partition(b"\n")
        if end:
            here, asker = (self._transport.get_extra_info(end)[0] for end in ("sockname", "peername"))
            self._transport.write(self._identities.answer(question, here, asker))
        if end or len(self._asked) > _LONGEST:
            self._transport.close()


class _Shared:
    """A port at which all networks of this process answer: servers ask at one and the same."""

    def __init__(self) -> None:
        self.identities = Identities()
        self.users = 0
        self.open = contextlib.AsyncExitStack()
        self.opening = asyncio.Lock()


_shared: dict[tuple[str, int], _Shared] = {}
"""By address, and by the loop that serves it."""


@contextlib.asynccontextmanager
async def identifying(listen: str) -> AsyncIterator[Identities]:
    """Answer at HOST:PORT while in this context. Raises ConnectionLost when the port cannot be used."""
    address = listen, id(asyncio.get_running_loop())
    shared = _shared.setdefault(address, _Shared())
    async with shared.opening:
        if not shared.users:
            port = Port(listen, lambda: IdentProtocol(shared.identities))
            await shared.open.enter_async_context(port.open())
        shared.users += 1
    try:
        yield shared.identities
    finally:
        shared.users -= 1
        if not shared.users:
            _shared.pop(address, None)
            await shared.open.aclose()


def _plain(ends: Ends) -> Ends:
    """Return the ends of a connection as both sides write them: an IPv4 address has two forms."""
    ours, port, theirs, other = ends
    return _address(ours), port, _address(theirs), other


def _address(text: str) -> str:
    address = ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
