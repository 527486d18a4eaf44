"""Commands on their way: sent, and neither confirmed nor refused yet."""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.adapter import Settle, landing
from bridge.clock import SYSTEM, Clock
from bridge.errors import AdapterError
from bridge.model import Receipt, RoomId

__all__ = ["InFlight"]

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class _Flight:
    room: RoomId
    settle: Settle
    since: float


class InFlight(Generic[K]):
    """The commands of one connection that are on their way, in the order in which they were sent.

    Each has a key by which the network's answer is recognised: the txn where that comes back, or a token, a
    label, an echo number. Each is settled once, with the first outcome, and all of them are when the
    connection ends (`close`): the core waits for every confirmation.
    """

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self._clock = clock
        self._flights: dict[K, _Flight] = {}
        self._closed: AdapterError | None = None

    def __len__(self) -> int:
        return len(self._flights)

    def __contains__(self, key: K) -> bool:
        """Whether this is on its way."""
        return key in self._flights

    def add(self, key: K, room: RoomId, settle: Settle) -> None:
        """Note a command that is about to be sent to a room; `settle` is called with what becomes of it.

        Raises what this was closed with, and ValueError when something with this key is on its way.
        """
        if self._closed is not None:
            raise self._closed
        if key in self._flights:
            raise ValueError(f"{key!r} is on its way already")
        self._flights[key] = _Flight(room, settle, self._clock.monotonic())

    def start(self, key: K, room: RoomId) -> "asyncio.Future[Receipt]":
        """Note a command as `add` does. Returns what becomes of it, to be awaited."""
        landed, settle = landing()
        self.add(key, room, settle)
        return landed

    def settle(self, key: K, outcome: Receipt | AdapterError) -> bool:
        """Say what became of a command. Returns whether it was on its way: the network may answer twice, or
        answer what was sent on another connection.
        """
        flight = self._flights.pop(key, None)
        if flight is None:
            return False
        flight.settle(outcome)
        return True

    def room(self, key: K) -> RoomId | None:
        """Return the room to which this is on its way; None: it is not."""
        flight = self._flights.get(key)
        return flight.room if flight is not None else None

    def drop(self, room: RoomId, error: AdapterError) -> None:
        """Fail all that is on its way to a room: we are no longer in it."""
        self._fail(lambda flight: flight.room == room, error)

    def close(self, error: AdapterError) -> None:
        """Fail all, and whatever is added later: the connection has ended."""
        self._closed = error
        self._fail(lambda _: True, error)

    def _fail(self, meant: Callable[[_Flight], bool], error: AdapterError) -> None:
        for key in [key for key, flight in self._flights.items() if meant(flight)]:
            self.settle(key, error)

    def overdue(self, seconds: float) -> list[tuple[K, RoomId]]:
        """Return what has been on its way for longer than that, the oldest first, each with its room."""
        late = self._clock.monotonic() - seconds
        return [(key, flight.room) for key, flight in self._flights.items() if flight.since < late]

    def excuse(self) -> None:
        """Count from now how long everything has been on its way: we could not hear what became of it."""
        now = self._clock.monotonic()
        for flight in self._flights.values():
            flight.since = now
