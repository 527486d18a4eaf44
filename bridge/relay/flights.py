"""What of one room is on its way."""

import math
import time
from collections import deque
from dataclasses import dataclass

from bridge.journal import Delivery

from .wording import Step

__all__ = ["Flight", "Flights"]

_CONFIRMATION = 30.0
"""How long a confirmation may take, in seconds; so long a connection that is said to have ended may last."""
_PLACE = 600.0
"""How long a message may wait for its place in the network's order, in seconds."""


@dataclass(slots=True, eq=False)
class Flight:
    """A part that is on its way."""

    delivery: Delivery
    step: Step
    since: float
    """When it was sent, or began to wait for its place."""
    sent_at: float
    placed: bool = True
    over: bool = False
    """Whether it is known what became of it: what is said of it later is not heard."""
    error: BaseException | None = None


class Flights(deque[Flight]):
    """All of them, in order."""

    lost_at = math.inf
    """When a message failed since the connection has ended, while nothing else says that it has."""

    def events(self) -> set[int]:
        """Their events."""
        return {flight.delivery.seq for flight in self}

    def withdrawn(self) -> Delivery:
        """Take the last one out, which has not left."""
        flight = self.pop()
        flight.over = True
        return flight.delivery

    def overdue(self, awake: float) -> str:
        """Why the connection must be taken for dead; empty: it need not. Nobody heard before `awake`."""
        now = time.monotonic()
        if now - max(self.lost_at, awake) > _CONFIRMATION:
            return "its adapter says that the connection has ended, and goes on"
        for flight in self:
            limit = _CONFIRMATION if flight.placed else _PLACE
            if not flight.over and now - max(flight.since, awake) > limit:
                return "a confirmation is overdue" if flight.placed else "a place for a message is overdue"
        return ""

    def doubted(self, last: Flight | None = None) -> list[Delivery]:
        """Take all out, with this one: nobody knows what became of them."""
        flights = [*([last] if last is not None else ()), *[flight for flight in self if flight is not last]]
        self.clear()
        for flight in flights:
            flight.over = True
            flight.delivery.tried_at = flight.delivery.tried_at or flight.sent_at
        return sorted([flight.delivery for flight in flights], key=lambda delivery: delivery.seq)
