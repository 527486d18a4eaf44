"""Requests to servers and rooms, and their answers (RFC 6120 section 8.2.3)."""

import asyncio
import math
import secrets
import time
from collections.abc import Callable
from xml.etree.ElementTree import Element

from adapters.xmpp import encode
from bridge import within

__all__ = ["Requests"]


class Requests:
    """The requests of one connection that are not answered yet."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._asked: dict[str, tuple[str, float, asyncio.Future[Element]]] = {}
        self.heard = time.time()
        """All that our server said until then was surely heard: we then sent the newest request that is
        answered.
        """
        self.last = -math.inf
        """When the last request was sent, by the loop's clock."""
        self._ids = secrets.token_hex(4)
        self._number = 0

    def fresh_id(self) -> str:
        """Return an id for a stanza of ours that nobody can guess."""
        self._number += 1
        return f"{self._ids}-{self._number}"

    async def ask(self, kind: str, to: str, payload: str, timeout: float) -> Element:  # noqa: ASYNC109
        """Send a request and return the answer, be it a result or an error. Raises TimeoutError."""
        stanza_id = self.fresh_id()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Element] = loop.create_future()
        self._asked[stanza_id], self.last = (to, time.time(), future), loop.time()
        self._say(encode.iq(kind, stanza_id, to, payload))
        try:
            return await within(future, timeout)
        finally:
            del self._asked[stanza_id]

    def answered(self, xml: Element) -> bool:
        """Take in an answer. Returns whether the stanza is one, and comes from the address that we asked."""
        if xml.get("type") not in ("result", "error"):
            return False
        to, at, future = self._asked.get(xml.get("id") or "", ("", 0.0, None))
        if future is None:
            return False
        if (xml.get("from") or "").lower() == to.lower() and not future.done():
            self.heard = max(self.heard, at)
            future.set_result(xml)
        return True

    def cancel(self) -> None:
        """Cancel all: nobody will answer any more."""
        for _, _, future in self._asked.values():
            future.cancel()
