"""What of one room is on its way."""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bridge.adapter import Adapter
from bridge.compose.next import Step
from bridge.errors import AdapterError, ConnectionLost
from bridge.journal import Delivery
from bridge.model import Receipt
from bridge.whose import log_for

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
    error: AdapterError | None = None


class Flights(deque[Flight]):
    """All flights of one room, in order."""

    def __init__(
        self, adapter: Adapter, settled: Callable[[Flight, object], None], placed: Callable[[], None]
    ) -> None:
        """`settled` is told what an adapter says became of a flight, `placed` that one does not wait for its
        place any more.
        """
        super().__init__()
        self._adapter = adapter
        self._settled = settled
        self._placed = placed
        self._placing: asyncio.Task[None] | None = None
        self.lost_at = math.inf
        """When a message failed since the connection has ended, while nothing else says that it has."""

    def launch(self, delivery: Delivery, step: Step) -> bool:
        """Send a delivery's step. Returns whether it has its place in the network's order already."""
        clock = self._adapter.clock
        flight = Flight(delivery, step, clock.monotonic(), clock.now())
        self.append(flight)
        try:
            if self._adapter.send_now(step.command, partial(self._settled, flight)) or flight.over:
                return True
        except Exception as error:  # noqa: BLE001 a message that cannot be sent must not stop its room
            self._settled(flight, error)
            return True
        flight.placed = False
        self._placing = asyncio.ensure_future(self._place(flight))
        return False

    async def _place(self, flight: Flight) -> None:
        """Send where the network lets the message wait for its place."""
        log_for(self._adapter.network, flight.delivery.seq)  # the task is this message's alone
        try:
            future = await self._adapter.send(flight.step.command)
        except AdapterError as error:
            if not flight.over:
                self._placing = None
                self._placed()
            self._settled(flight, error)
            return
        if flight.over:
            return
        self._placing = None
        flight.since, flight.placed = self._adapter.clock.monotonic(), True
        if future.done():  # known before the next message leaves: what failed must not be overtaken
            self._landed(flight, future)
        else:
            future.add_done_callback(partial(self._landed, flight))
        self._placed()

    def _landed(self, flight: Flight, future: "asyncio.Future[Receipt]") -> None:
        gave_up = ConnectionLost("its adapter gave up") if future.cancelled() else None
        self._settled(flight, gave_up or future.exception() or future.result())

    def wait_no_more(self) -> Flight | None:
        """Let nothing wait for its place any more. Returns the flight that did, which is the last."""
        if self._placing is None:
            return None
        self._placing.cancel()
        self._placing = None
        self._placed()
        return self[-1]

    def events(self) -> set[int]:
        """Return the numbers of their events."""
        return {flight.delivery.seq for flight in self}

    def withdrawn(self) -> Delivery:
        """Take the last one out, which has not left."""
        flight = self.pop()
        flight.over = True
        return flight.delivery

    def overdue(self, awake: float) -> str:
        """Say why the connection must be taken for dead; empty: it need not. No wait counts from before
        `awake`. An overdue flight by somebody's own connection ends that flight alone.
        """
        now = self._adapter.clock.monotonic()
        if now - max(self.lost_at, awake) > _CONFIRMATION:
            return "its adapter says that the connection has ended, and goes on"
        for flight in tuple(self):
            limit = _CONFIRMATION if flight.placed else _PLACE
            if flight.over or now - max(flight.since, awake) <= limit:
                continue
            if not flight.placed:
                return "a place for a message is overdue"
            if not (flight.step.way and flight.step.command.speaker.key):
                return "a confirmation is overdue"
            self._settled(flight, ConnectionLost("a confirmation is overdue"))
        return ""

    def doubted(self, last: Flight | None = None) -> list[Delivery]:
        """Take all out, with this one, since nobody knows what became of them. Returns their deliveries."""
        flights = [*([last] if last is not None else ()), *[flight for flight in self if flight is not last]]
        self.clear()
        for flight in flights:
            flight.over = True
            flight.delivery.tried_at = flight.delivery.tried_at or flight.sent_at
        return sorted([flight.delivery for flight in flights], key=lambda delivery: delivery.seq)
