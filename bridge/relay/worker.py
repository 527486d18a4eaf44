"""Delivers to one room, in order."""

import asyncio
import logging
import math
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bridge.adapter import Adapter
from bridge.errors import AdapterError, ConnectionLost, RateLimited, Rejected, RoomUnavailable, Unsupported
from bridge.journal import Delivery, Journal
from bridge.model import Author, Kind, MessageEdited, Receipt, RoomId, SendMessage, Span

from .fit import Fitted, degrade, next_part
from .names import Prefix, safe_name

__all__ = ["Worker"]

log = logging.getLogger(__name__)

_IN_MEMORY = 5000
"""How many deliveries wait in memory while the room takes them; the rest waits in the journal."""
_WHILE_AWAY = 100
"""The same while it does not."""
_REFILL = 500
_CONFIRMATION = 30.0
"""How long a confirmation may take, in seconds."""
_LONGEST_PAUSE = 60.0
_EDITED = "[edited] "


@dataclass(slots=True, eq=False)
class _Flight:
    """A part that is on its way."""

    delivery: Delivery
    fitted: Fitted
    since: float
    error: BaseException | None = None


class Worker:
    """The queue of one room and what works it off: as fast as the room confirms, while it is joined."""

    def __init__(
        self,
        number: int,
        room: RoomId,
        adapter: Adapter,
        journal: Journal,
        origin: Callable[[int, int], tuple[str, Prefix]],
    ) -> None:
        """`origin` gives, for a source and a destination, the source's network and how to name its people."""
        self.number = number
        self.room = room
        self._adapter = adapter
        self._journal = journal
        self._origin = origin
        self._queue: deque[Delivery] = deque()
        self._flights: deque[_Flight] = deque()
        self._behind = True
        self._last = 0
        self._joined = False
        self._not_before = 0.0
        self._failures = 0
        self._halted = False
        self._committing = False
        self._window = 1
        self._stopped = False
        self._waiting: asyncio.Task[None] | None = None
        self._soon: asyncio.Handle | None = None
        self._degraded: tuple[Delivery, tuple[Span, ...]] | None = None
        self._refill()

    # What the relay tells it

    def offer(self, delivery: Delivery) -> None:
        """Take on a delivery, which is in the journal; `pump` sends it."""
        if self._behind or len(self._queue) >= (_IN_MEMORY if self._joined else _WHILE_AWAY):
            self._behind = True
        else:
            self._queue.append(delivery)
            self._last = delivery.seq

    def pump(self) -> None:
        """Send all that may be sent now."""
        while self._may_send() and (fitted := self._next()) is not None:
            self._send(self._queue.popleft(), fitted)

    def joined(self) -> None:
        """Commands can flow."""
        self._joined = True
        self._not_before = 0.0
        self.pump()

    def parted(self) -> None:
        """Commands cannot flow until it is joined again: what waits goes on waiting."""
        self._joined = False

    def stop(self) -> None:
        """Begin nothing new; what is owed stays in the journal."""
        self._stopped = True
        if self._waiting is not None:
            self._waiting.cancel()

    def overdue(self) -> bool:
        """Whether a confirmation is so late that the connection must be taken for dead."""
        return bool(self._flights) and time.monotonic() - self._flights[0].since > _CONFIRMATION

    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._flights

    # What is next

    def _may_send(self) -> bool:
        if not self._joined or self._halted or self._committing or self._waiting is not None or self._stopped:
            return False
        if self._not_before and time.monotonic() < self._not_before:
            return False
        flights = self._flights
        if not flights:
            return True
        if self._window == 1 or flights[-1].fitted.end is not None:
            return False
        return len(flights) < min(self._window, len(self._queue))

    def _next(self) -> Fitted | None:
        """The next part to send: it is of the first delivery in the queue."""
        if self._behind and len(self._queue) < _REFILL:
            self._refill()
        while self._queue:
            delivery = self._queue[0]
            try:
                fitted = self._fit(delivery)
            except Exception:
                log.exception("a message to %s cannot be shown there: a fault of Hubbub's", self._title)
                self._journal.give_up(self._queue.popleft(), "it could not be rendered")
                continue
            if fitted is not None:
                return fitted
            self._journal.skip(self._queue.popleft())
        return None

    def _refill(self) -> None:
        """Read on in the journal: at the start, and wherever memory was too small."""
        found = self._journal.owed(self.number, self._last, _REFILL)
        self._behind = len(found) == _REFILL
        self._queue.extend(found)
        if found:
            self._last = found[-1].seq

    def _fit(self, delivery: Delivery) -> Fitted | None:
        event = delivery.event
        _, prefix = self._origin(delivery.source, self.number)
        capabilities = self._adapter.capabilities(self.room)
        self._window = capabilities.window
        if self._degraded is not None and self._degraded[0] is delivery:
            spans = self._degraded[1]
        else:
            spans = degrade(event.content, capabilities)
            self._degraded = (delivery, spans)
        before = prefix.render(safe_name(event.sender.name), event.kind, pings=capabilities.name_pings)
        if isinstance(event, MessageEdited):
            before += _EDITED
        return next_part(spans, delivery.start, before, capabilities)

    # On the way

    def _send(self, delivery: Delivery, fitted: Fitted) -> None:
        event = delivery.event
        network, _ = self._origin(delivery.source, self.number)
        command = SendMessage(
            room=self.room,
            author=Author(network, event.sender.id, safe_name(event.sender.name)),
            txn=self._journal.txn(delivery),
            content=fitted.content,
            kind=Kind.TEXT if event.kind is Kind.EMOTE else event.kind,
        )
        flight = _Flight(delivery, fitted, time.monotonic())
        self._flights.append(flight)
        try:
            if not self._adapter.send_now(command, partial(self._settle, flight)):
                flight.since = math.inf  # it waits for its place, not for a confirmation
                self._waiting = asyncio.ensure_future(self._wait_and_send(flight, command))
        except Exception as error:  # noqa: BLE001 a message that breaks an adapter must not stop its room
            self._failed(flight, error)

    async def _wait_and_send(self, flight: _Flight, command: SendMessage) -> None:
        """Send where the network lets the message wait for its place."""
        try:
            future = await self._adapter.send(command)
        except Exception as error:  # noqa: BLE001 a message that breaks an adapter must not stop its room
            self._waiting = None
            self._failed(flight, error)
        else:
            self._waiting = None
            flight.since = time.monotonic()
            future.add_done_callback(partial(self._landed, flight))
            self.pump()

    def _landed(self, flight: _Flight, future: asyncio.Future[Receipt]) -> None:
        if future.cancelled():
            self._failed(flight, ConnectionLost("the adapter gave up"))
        elif (error := future.exception()) is not None:
            self._failed(flight, error)
        else:
            self._confirmed(flight, future.result())

    def _settle(self, flight: _Flight, outcome: Receipt | AdapterError) -> None:
        if isinstance(outcome, Receipt):
            self._confirmed(flight, outcome)
        else:
            self._failed(flight, outcome)

    def _confirmed(self, flight: _Flight, receipt: Receipt) -> None:
        self._flights.remove(flight)
        self._failures = 0
        delivery, end = flight.delivery, flight.fitted.end
        if end is not None:
            self._queue.appendleft(delivery)
        if self._flights or (end is None and not self._queue and not self._behind):
            self._journal.deliver(delivery, receipt.part, end)
        else:
            # With one message on its way at a time, a crash can leave one in doubt: so the next one
            # leaves only when this one is on record.
            self._committing = True
            self._journal.deliver(delivery, receipt.part, end, self._recorded)
        if self._halted and all(flight.error is not None for flight in self._flights):
            self._resume()
        if not self._committing:
            self._pump_soon()

    def _recorded(self) -> None:
        self._committing = False
        self.pump()

    def _pump_soon(self) -> None:
        """Pump once for all confirmations that came together."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_soon(self._pump_now)

    def _pump_now(self) -> None:
        self._soon = None
        self.pump()

    # When it fails

    def _failed(self, flight: _Flight, error: BaseException) -> None:
        """A failure closes the window until all that was on its way is settled; then they go on in order."""
        flight.error = error
        self._halted = True
        if all(flight.error is not None for flight in self._flights):
            self._resume()
        self._pump_soon()

    def _resume(self) -> None:
        pause = 0.0
        again: list[Delivery] = []
        for flight in self._flights:
            assert flight.error is not None
            if isinstance(flight.error, AdapterError) and not isinstance(
                flight.error, Rejected | Unsupported
            ):
                again.append(flight.delivery)
                pause = max(pause, self._pause(flight.error))
            else:
                self._give_up(flight.delivery, flight.error)
        self._flights.clear()
        self._queue.extendleft(reversed(again))
        self._halted = False
        if pause:
            self._not_before = time.monotonic() + pause
            asyncio.get_running_loop().call_later(pause, self.pump)

    def _pause(self, error: AdapterError) -> float:
        """How long to wait before trying again, in seconds; 0 where joining the room again ends the wait."""
        if isinstance(error, ConnectionLost):
            self._joined = False
            return 0.0
        if isinstance(error, RoomUnavailable):
            log.info("%s takes no messages now: %s", self._title, error)
            if error.retry_after is None:
                self._joined = False
                return 0.0
            return error.retry_after
        if isinstance(error, RateLimited):
            log.info("%s asks to wait %.1f s: %s", self._title, error.retry_after, error)
            return error.retry_after
        self._failures += 1
        log.info("%s did not take a message, trying again: %s", self._title, error)
        return min(2.0 ** min(self._failures, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1)  # noqa: S311 jitter

    def _give_up(self, delivery: Delivery, error: BaseException) -> None:
        reason = str(error) or type(error).__name__
        if isinstance(error, Rejected):
            log.warning("a message to %s is given up: %s", self._title, reason)
        else:
            log.error("a message to %s is given up by a fault of Hubbub's", self._title, exc_info=error)
        self._journal.give_up(delivery, reason)

    @property
    def _title(self) -> str:
        return f"{self._adapter.network} {self.room}"
