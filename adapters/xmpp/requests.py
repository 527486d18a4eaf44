"""Requests that we make of servers and rooms, and their answers (RFC 6120 section 8.2.3)."""

import asyncio
import secrets
from collections.abc import Callable
from xml.etree.ElementTree import Element

from bridge import within

from . import encode

__all__ = ["Requests"]


class Requests:
    """All requests of one connection that are not answered yet."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._asked: dict[str, tuple[str, asyncio.Future[Element]]] = {}
        self._ids = secrets.token_hex(4)
        self._number = 0

    def fresh_id(self) -> str:
        """An id for a stanza of ours that nobody can guess."""
        self._number += 1
        return f"{self._ids}-{self._number}"

    async def ask(self, kind: str, to: str, payload: str, timeout: float) -> Element:  # noqa: ASYNC109
        """Send a request and return the answer, be it a result or an error. Raises TimeoutError."""
        stanza_id = self.fresh_id()
        future: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._asked[stanza_id] = (to, future)
        self._say(encode.iq(kind, stanza_id, to, payload))
        try:
            return await within(future, timeout)
        finally:
            del self._asked[stanza_id]

    def answered(self, xml: Element) -> bool:
        """Take an answer, if it is one and comes from whom we asked; False: it is none."""
        if xml.get("type") not in ("result", "error"):
            return False
        to, future = self._asked.get(xml.get("id") or "", ("", None))
        if future is None:
            return False
        if (xml.get("from") or "").lower() == to.lower() and not future.done():
            future.set_result(xml)
        return True

    def cancel(self) -> None:
        """Nobody will answer any more."""
        for _, future in self._asked.values():
            future.cancel()
