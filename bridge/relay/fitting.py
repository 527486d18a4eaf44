"""A delivery as the command that a room gets: named, dated, degraded, cut into parts."""

import time
from collections.abc import Callable
from dataclasses import replace

from bridge.adapter import Adapter
from bridge.journal import Delivery, Journal
from bridge.model import Author, Kind, MessageEdited, Removed, RoomId, Sender, SendMessage, Span, UserId

from .fit import Fitted, degrade, next_part
from .names import Prefix, safe_name

__all__ = ["HUBBUB", "OLD", "Fitting", "Origin", "clock"]

HUBBUB = Sender(UserId(""), "Hubbub")
"""Who speaks when Hubbub itself has something to tell."""
OLD = 120.0
"""Seconds after which a message says when it was said, and is part of a backlog."""
_EDITED = "[edited] "
_AGAIN = "[again?] "
"""Stands before what may have arrived before."""

Origin = Callable[[int, int], tuple[str, Prefix]]
"""Gives, for a source and a destination, the source's network and how to name its people."""


class Fitting:
    """Makes commands for one room."""

    def __init__(self, room: RoomId, number: int, adapter: Adapter, journal: Journal, origin: Origin) -> None:
        self.window = 1
        """How many commands may be on their way, as the room's record said last."""
        self._room = room
        self._number = number
        self._adapter = adapter
        self._journal = journal
        self._origin = origin
        self._at: float | None = None
        self._degraded: tuple[Delivery, object, tuple[Span, ...]] | None = None

    def part(self, delivery: Delivery) -> Fitted | None:
        """The next part of a delivery, as the room can take it; None: there is nothing to say."""
        event = delivery.event
        if isinstance(event, Removed):
            return None
        capabilities = self._adapter.capabilities(self._room)
        self.window = capabilities.window
        old = time.time() - delivery.said_at > OLD
        known = self._degraded
        if known is not None and known[0] is delivery and known[1] is event:
            spans = known[2]
        else:
            spans = degrade(event.content, capabilities)
            if old or event.replayed:
                spans = _without_mentions(spans)
            self._degraded = (delivery, event, spans)
        before = self._before(delivery, pings=capabilities.name_pings)
        if isinstance(event, MessageEdited):
            before += _EDITED
        self._at = delivery.said_at if old and capabilities.times else None
        if old and not capabilities.times:
            before = f"[{clock(delivery.said_at)}] {before}"
        if delivery.again:
            before = _AGAIN + before
        return next_part(spans, delivery.start, before, capabilities)

    def command(self, delivery: Delivery, fitted: Fitted) -> SendMessage:
        """The command that says the part that was made last."""
        event = delivery.event
        assert not isinstance(event, Removed)
        network, _ = self._origin(delivery.source, self._number)
        return SendMessage(
            room=self._room,
            author=Author(network, event.sender.id, safe_name(event.sender.name)),
            txn=self._journal.txn(delivery),
            content=fitted.content,
            kind=Kind.TEXT if event.kind is Kind.EMOTE else event.kind,
            at=self._at,
        )

    def _before(self, delivery: Delivery, *, pings: bool) -> str:
        event = delivery.event
        assert not isinstance(event, Removed)
        if event.sender == HUBBUB:
            return ""
        _, prefix = self._origin(delivery.source, self._number)
        return prefix.render(safe_name(event.sender.name), event.kind, pings=pings)


def clock(when: float, *, seconds: bool = False) -> str:
    """A time of day in UTC, with the date when that is not today."""
    then, now = time.gmtime(when), time.gmtime()
    day = "" if then[:3] == now[:3] else "%Y-%m-%d "
    return time.strftime(f"{day}%H:%M:%S" if seconds else f"{day}%H:%M", then)


def _without_mentions(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """History alerts nobody."""
    if not any(span.mention for span in spans):
        return spans
    return tuple([replace(span, mention=None) for span in spans])
