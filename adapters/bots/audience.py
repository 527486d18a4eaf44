"""The bots that hear what is said, and what they have not confirmed yet."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bridge import AdapterError, Receipt, RoomUnavailable, Settle, TemporaryFailure

from .kept import KeptMessage
from .store import MessageStore

__all__ = ["Audience", "Hearer", "Told"]

_NOBODY = "no bot is connected"


@dataclass(frozen=True, slots=True)
class Told:
    """An event for bots, as it goes out."""

    serial: int
    """Up to which message they have heard all when they have read it."""
    frame: str


class Hearer(ABC):
    """A bot that is told what happens."""

    confirmed = 0
    """Up to which serial it has heard all."""

    @abstractmethod
    def tell(self, events: Sequence[Told]) -> None:
        """Tell it these, in order, as soon as it reads. It confirms the last one's serial to the audience."""

    @abstractmethod
    def beat(self, frame: str) -> None:
        """Give it a sign of life."""


@dataclass(frozen=True, slots=True)
class _Flight:
    """A message or a removal on its way."""

    frame: str
    settle: Settle
    receipt: Receipt
    message: KeptMessage | None
    """The record that is kept of it; None: nothing is."""


class Audience:
    """The bots that are connected. What is said reaches all of them in one order, and is confirmed when all
    that are still there have read it; when none is, nobody knows.
    """

    def __init__(self, store: MessageStore, changed: Callable[[], None]) -> None:
        """`changed` is called when the first bot comes, and when the last one has gone."""
        self._store = store
        self._changed = changed
        self._bots: set[Hearer] = set()
        self._waiting: list[_Flight] = []
        """The frames that leave with the next turn of the loop."""
        self._flights: deque[tuple[int, _Flight]] = deque()
        self._serial = 0

    def __bool__(self) -> bool:
        """Whether there is anybody."""
        return bool(self._bots)

    def enter(self, bot: Hearer) -> None:
        """Let a bot hear what is said from now on."""
        bot.confirmed = self._serial
        self._bots.add(bot)
        if len(self._bots) == 1:
            self._changed()

    def leave(self, bot: Hearer) -> None:
        """Wait for this bot no more."""
        if bot not in self._bots:
            return
        self._bots.discard(bot)
        if self._bots:
            self._settle()
            return
        flights, self._flights = self._flights, deque()
        self._fail((flight for _, flight in flights), RoomUnavailable(_NOBODY))
        self._changed()

    def say(self, frame: str, settle: Settle, receipt: Receipt, message: KeptMessage | None = None) -> None:
        """Tell all bots this, once it is kept, in the order of these calls. Raises RoomUnavailable."""
        if not self._bots:
            raise RoomUnavailable(_NOBODY)
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._leave)
        self._waiting.append(_Flight(frame, settle, receipt, message))

    def beat(self, frame: str) -> None:
        """Give all bots a sign of life."""
        for bot in tuple(self._bots):
            bot.beat(frame)

    def confirm(self, bot: Hearer, serial: int) -> None:
        """Note that a bot has read all up to this."""
        if serial > bot.confirmed:
            bot.confirmed = serial
            self._settle()

    def named(self, number: int) -> None:
        """Note that a bot answers the message with this number. Who is alone has read it, before its library
        confirms that; so the core knows what it is called when it hears of the answer.
        """
        if len(self._bots) == 1:
            for serial, flight in self._flights:
                if flight.message is not None and flight.message.id == number:
                    self.confirm(next(iter(self._bots)), serial)
                    return

    @property
    def serial(self) -> int:
        """The serial of what was told last."""
        return self._serial

    def _leave(self) -> None:
        flights, self._waiting = self._waiting, []
        if not self._bots:
            self._fail(flights, RoomUnavailable(_NOBODY))
            return
        try:
            self._store.keep(flight.message for flight in flights if flight.message is not None)
        except TemporaryFailure as error:
            self._fail(flights, error)
            return
        told = []
        for flight in flights:
            self._serial += 1
            self._flights.append((self._serial, flight))
            told.append(Told(self._serial, flight.frame))
        for bot in tuple(self._bots):
            bot.tell(told)

    @staticmethod
    def _fail(flights: Iterable[_Flight], error: AdapterError) -> None:
        for flight in flights:
            flight.settle(error)

    def _settle(self) -> None:
        """Confirm what all have read."""
        upto = min(bot.confirmed for bot in self._bots)
        heard: list[_Flight] = []
        while self._flights and self._flights[0][0] <= upto:
            heard.append(self._flights.popleft()[1])
        numbers = [flight.message.id for flight in heard if flight.message is not None]
        with contextlib.suppress(TemporaryFailure):  # after a crash it is in doubt, no more
            self._store.heard(numbers)
        for flight in heard:
            flight.settle(flight.receipt)
