"""Reads the past of rooms: pages of an archive (XEP-0313), or what a room shows on entering (XEP-0045)."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol
from xml.etree.ElementTree import Element

from adapters.xmpp import decode, encode
from adapters.xmpp.decode import PastMessage, children, muc_info
from adapters.xmpp.session import Place
from bridge import RoomId

__all__ = ["PAGE", "ArchiveReader", "Requester", "Unreadable"]

_PATIENCE = 20.0
"""Seconds for an archive's page, or for a room to show its history."""
PAGE = 100
_MOST_SHOWN = 256


class Requester(Protocol):
    """The part of a connection that sends stanzas and asks."""

    def say(self, stanza: str) -> None: ...

    def fresh_id(self) -> str: ...

    async def ask(self, kind: str, to: str, payload: str, timeout: float = ...) -> Element: ...  # noqa: ASYNC109


class Unreadable(Exception):
    """The archive cannot be read: it refuses, or gives what nobody asked for."""


@dataclass(slots=True)
class _Showing:
    """Messages of the past that are being received."""

    place: Place
    past: deque[PastMessage] = field(default_factory=lambda: deque(maxlen=_MOST_SHOWN))
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class ArchiveReader:
    """The readings under way in all rooms of one connection."""

    def __init__(self, requester: Requester) -> None:
        self._requester = requester
        self._queries: dict[str, _Showing] = {}
        self._showings: dict[RoomId, _Showing] = {}

    def archived(self, element: Element) -> bool:
        """Take a message of an archive; False: it is none.

        Only a room speaks with its bare address, and only of a query that we have made (XEP-0313 section 8).
        """
        found = muc_info.result(element)
        if found is None:
            return False
        query, name, stamp, said = found
        asked = self._queries.get(query)
        if asked is not None and name and element.get("from") == asked.place.room:
            past = decode.past(said, asked.place, name, stamp)
            asked.past.append(past or PastMessage(name, "", children.time_of(stamp), (), None))
        return True

    def shown(self, element: Element, place: Place) -> bool:
        """Take a message of the history that a room shows; False: it is none."""
        showing = self._showings.get(place.room)
        if children.is_subject(element):
            if showing is not None:
                showing.ended.set()  # it ends the history (XEP-0045 section 7.2.15)
            return False
        past = decode.past(element, place)
        if showing is not None and past is not None:
            showing.past.append(past)
        return past is not None

    def hurry(self, place: Place) -> None:
        """Wait no longer for what a room shows."""
        if place.room in self._showings:
            self._showings[place.room].ended.set()

    async def page(
        self, place: Place, start: float, before: str, most: int = PAGE
    ) -> tuple[list[PastMessage], str]:
        """Return a page of the archive, and the id to ask with for the page before; "" when there is none.

        Raises TimeoutError and Unreadable.
        """
        query = self._requester.fresh_id()
        asked = self._queries[query] = _Showing(place)
        try:
            payload = encode.archive(query, start, before, most)
            answer = await self._requester.ask("set", place.room, payload, _PATIENCE)
        finally:
            del self._queries[query]
        if answer.get("type") == "error" or len(asked.past) > PAGE:
            raise Unreadable
        if said := [one for one in asked.past if one.occupant]:
            place.named = bool(place.named) or any(one.names for one in said)
        page = muc_info.page(answer)
        return list(asked.past), "" if page.complete or page.first == before else page.first

    async def show(self, place: Place) -> list[PastMessage]:
        """Return the last of the room's history, the oldest first: who enters again is shown it anew."""
        showing = self._showings[place.room] = _Showing(place)
        counted, place.shown = place.shown, place.shown or 0
        self._requester.say(encode.join(place.occupant, self._requester.fresh_id(), place.key, _MOST_SHOWN))
        try:
            async with asyncio.timeout(_PATIENCE):
                await showing.ended.wait()
        except TimeoutError:
            return []
        finally:
            place.shown = counted
            self._showings.pop(place.room, None)
        return list(showing.past)
