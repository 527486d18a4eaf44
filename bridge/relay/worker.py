"""Delivers to one room, in order."""

import asyncio
import logging
import math
import time
from functools import partial

from bridge.boundary import outcome
from bridge.errors import AdapterError, ConnectionLost, Rejected
from bridge.journal import BEING_HEARD, Delivery, Standing
from bridge.language import N_
from bridge.model import Command, FleetingCommand, MessageCreated, Receipt, SendMessage, SetTyping, TalkEvent

from .attached import Attached, Promise
from .dispatch import Dispatch
from .entry import Entry
from .expiry import expire
from .flights import Flight, Flights
from .patience import Patience, leaves_doubt
from .queue import AHEAD, Queue, refers
from .room import Room
from .settling import Listener, Settling
from .steps import Steps
from .wording import Origin, Step, Wording

__all__ = ["Worker"]

log = logging.getLogger(__name__)

_FAULT = 5.0
_DOUBTED = 256
"""The largest window: so many may have been on their way when the process ended."""


class Worker:
    """Works off what a room is owed, as fast as the room confirms, while it is joined."""

    def __init__(
        self, room: Room, origin: Origin, attached: Attached, listener: Listener, dispatch: Dispatch
    ) -> None:
        journal = self._journal = dispatch.journal
        self.room = room
        self.joined = False
        self.reason = ""
        """Why the room took nothing last."""
        self.settling = Settling(room.title, journal, listener)
        self._listener = listener
        self._dispatch = dispatch
        self.latest = 0
        """The last event that came from this room."""
        self.wording = Wording(room, journal, origin)
        self._steps = Steps(self.wording, attached, listener)
        self._standing = journal.standing(room.number)
        self._queue = Queue(room.number, journal, _DOUBTED if self._standing.open else 0)
        self._flights = Flights()
        self.overdue = self._flights.overdue
        self._not_before = 0.0
        self.patience = Patience(room.title)
        self._halted = self._committing = self._entering = self._stopped = False
        self._waiting: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._entry = Entry(room, journal, self._queue, self._steps, self._flights.events)
        self._entry.guess = self._standing.open

    def __str__(self) -> str:
        return self.room.title

    # What the relay tells it

    def offer(self, delivery: Delivery) -> None:
        """Take on a delivery, which is in the journal; `pump` sends it."""
        self._queue.offer(delivery, away=not self.joined)
        if self._alarm is not None:
            self._steps.fetch(delivery)
        if delivery.event.replayed:
            self._trim()

    def said(self, seq: int, event: TalkEvent) -> None:
        """Somebody did something in this very room."""
        self.latest = seq
        if isinstance(event, MessageCreated):
            self.wording.shown.append(seq)
        self.wording.spoke(event.sender)

    def hint(self, command: FleetingCommand) -> None:
        """Do this now or never, where the room can."""
        record = self.room.adapter.capabilities(self.room.id)
        if self.joined and (record.typing if isinstance(command, SetTyping) else record.read):
            self.room.adapter.hint(command)

    def unpark(self, seq: int) -> None:
        """What this event waited for may be there."""
        if self._queue.unpark(seq) or self._alarm is not None:
            self._wake()

    def pump(self) -> None:
        """Send all that may be sent now."""
        while self._may_send() and (step := self._next()) is not None:
            self._send(step)

    def join(self) -> float | None:
        """Commands can flow. Returns until when the room was heard before, if it was and was not since."""
        heard = self._standing.heard
        self._steps.topics = True
        self.joined, self.reason, self._not_before = True, "", 0.0
        self._flights.lost_at = math.inf
        self._standing = Standing(BEING_HEARD, open=True)
        # On record before anything is sent: after a crash, what is first in the queue is then in doubt.
        self._journal.stand(self.room.number, self._standing)
        self._entering = True
        self._record()
        return heard if heard != BEING_HEARD else None

    def part(self, reason: str = "") -> None:
        """Commands cannot flow until it is joined again: what waits goes on waiting."""
        self.reason = reason or self.reason
        if self.joined:
            self.joined = False
            if self._preparing is not None:
                self._preparing.cancel()
            self._rest()

    def lose(self, reason: str) -> None:
        """The connection ended: nothing is confirmed any more of what was on its way."""
        self._flights.lost_at = math.inf
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
            self._flights[-1].placed = True  # as far as we know
        self.part(reason)
        for flight in tuple(self._flights):
            if not flight.over:
                self._failed(flight, ConnectionLost("the connection ended before it was confirmed"))

    def stop(self) -> None:
        """Begin nothing new; what is owed stays in the journal."""
        self._stopped = True
        if self._preparing is not None:
            self._preparing.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
            self._queue.put_back([self._flights.withdrawn()])

    def close(self) -> None:
        """At the end, when the connection is closed: note until when it was heard, and whether anything is in
        doubt.
        """
        if self.joined:
            self._rest()

    def _rest(self) -> None:
        in_doubt = bool(self._flights) or bool(self._queue.tried())
        heard = min(time.time(), self.room.adapter.heard(self.room.id))
        self._standing = Standing(heard, open=in_doubt)
        self._journal.stand(self.room.number, self._standing)

    def reload(self) -> None:
        """What is owed was changed in the journal."""
        self._queue.reload(self._flights.events())
        self._wake()

    def recorded(self) -> None:
        """What had to be on record is."""
        self._committing = False
        if self._entering:
            self._entering = False
            self._trim()
        self._wake()

    def tend(self) -> None:
        """Every few seconds: give up what waits for too long; nothing waits for ever, whatever went wrong."""
        if self._preparing is None:
            expire(self.room, self._queue, self._journal, self._listener, self._flights.events())
        self._wake()

    # What the relay asks

    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._flights

    @property
    def away_since(self) -> float:
        """Since when the room cannot be spoken in; 0: it can, or could never."""
        return 0.0 if self.joined else self._standing.heard or 0.0

    def oldest(self) -> Delivery | None:
        """What has been waiting longest; None: nothing waits."""
        return self._flights[0].delivery if self._flights else self._queue.head()

    def owes_from(self) -> float:
        """The first event that has not arrived here; infinity: all have."""
        return min(self._queue.lowest(), *self._flights.events(), math.inf)

    # Before the first message

    def _trim(self) -> None:
        """Something old was offered, or the room is joined: keep to its manners before going on."""
        if self.joined and self._preparing is None and len(self._queue):
            self._preparing = asyncio.ensure_future(self._prepare())

    async def _prepare(self) -> None:
        try:
            await self._entry.prepare(self.settling, self._listener)
        except Exception:
            log.exception("%s cannot be prepared: a fault of Hubbub's", self.room.title)
            self._pause(_FAULT)
        finally:
            self._preparing = None
            self._wake()

    # What is next

    def _may_send(self) -> bool:
        if not self.joined or self._halted or self._committing or self._stopped:
            return False
        if self._waiting is not None or self._preparing is not None:
            return False
        if self._not_before and time.monotonic() < self._not_before:
            return False
        flights = self._flights
        if not flights:
            return True
        window = self._steps.window
        if window == 1 or flights[-1].step.then is not None:
            return False
        return len(flights) < min(window, len(self._queue))

    def _next(self) -> Step | None:
        """The next command to send: it is of the first delivery in the queue."""
        while (delivery := self._queue.head()) is not None:
            if delivery.tried_at:
                if not self._flights:
                    self._trim()
                return None
            if self._flights and refers(self._journal, delivery, self._flights.events):
                return None
            try:
                step = self._steps.next(delivery)
            except Exception:
                log.exception("a message to %s cannot be shown there: a fault of Hubbub's", self.room.title)
                self.settling.give_up(self._queue.pop(), Rejected(N_("it could not be rendered")))
                continue
            if isinstance(step, Step):
                return step
            if step is None:
                self.settling.skip(self._queue.pop())
            elif isinstance(step, Promise):
                self.settling.deliver(delivery, None, step.then)
                self._record()
                return None
            elif step.until is None:
                self._queue.park()
            else:
                self._wait(step.until)
                return None
        return None

    def _wait(self, until: float) -> None:
        """Go on then, or when what is waited for is there. What comes next has the same time to come."""
        if self._alarm is None:
            self._steps.fetch(*self._queue.first(AHEAD))
            self._alarm = asyncio.get_running_loop().call_later(until - time.monotonic(), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._wake()

    def _wake(self) -> None:
        self._dispatch.wake(self)

    def _record(self) -> None:
        """Send nothing until what was noted is on record."""
        self._committing = True
        self._dispatch.record(self)

    # On the way

    def _send(self, step: Step) -> None:
        command = step.command
        if isinstance(command, SendMessage):
            self._listener.sent(command.content.text)
        flight = Flight(self._queue.pop(), step, time.monotonic(), time.time())
        self._flights.append(flight)
        try:
            if not self.room.adapter.send_now(command, partial(self._settle, flight)) and not flight.over:
                flight.placed = False
                self._waiting = asyncio.ensure_future(self._wait_and_send(flight, command))
        except Exception as error:  # noqa: BLE001 a message that cannot be sent must not stop its room
            self._settle(flight, error)

    async def _wait_and_send(self, flight: Flight, command: Command) -> None:
        """Send where the network lets the message wait for its place."""
        try:
            future = await self.room.adapter.send(command)
        except AdapterError as error:
            self._waiting = self._waiting if flight.over else None
            self._settle(flight, error)
        else:
            if flight.over:
                return
            self._waiting = None
            flight.since, flight.placed = time.monotonic(), True
            if future.done():  # known before the next message leaves: what failed must not be overtaken
                self._landed(flight, future)
            else:
                future.add_done_callback(partial(self._landed, flight))
            self._wake()

    def _landed(self, flight: Flight, future: asyncio.Future[Receipt]) -> None:
        gave_up = ConnectionLost("its adapter gave up") if future.cancelled() else None
        self._settle(flight, gave_up or future.exception() or future.result())

    def _settle(self, flight: Flight, said: object) -> None:
        """An adapter says what became of it."""
        if flight.over:
            return
        try:
            what = outcome(said)
            if isinstance(what, Receipt):
                self._confirmed(flight, what)
            else:
                self._failed(flight, what)
        except Exception:
            log.exception("%s: what became of a message is not known: a bug", self.room.title)
            self.restart(flight)

    def _confirmed(self, flight: Flight, receipt: Receipt) -> None:
        flight.over = True
        self._flights.remove(flight)
        self.patience.rewarded()
        delivery, then = flight.delivery, flight.step.then
        if then is not None:
            self._queue.put_back([delivery])
        self.settling.deliver(delivery, receipt.part, then)
        if not self._flights and (then is not None or len(self._queue)):
            # With one message on its way at a time, a crash can leave one in doubt: so the next one
            # leaves only when this one is on record.
            self._record()
        if self._halted and all(flight.error is not None for flight in self._flights):
            self._resume()
        self._wake()

    # When it fails

    def restart(self, last: Flight | None = None) -> None:
        """Begin again from the journal after a bug: what was on its way is in doubt, with this one."""
        self._queue.put_back(self._flights.doubted(last))
        self._halted = self._committing = self._entering = False
        self._queue.reload(())  # which of it is still owed, the journal knows
        self._pause(_FAULT)

    def _failed(self, flight: Flight, error: BaseException) -> None:
        """A failure closes the window until all that was on its way is settled; then they go on in order."""
        flight.error, flight.over = error, True
        self._halted = True
        if all(flight.error is not None for flight in self._flights):
            self._resume()
        self._wake()

    def _resume(self) -> None:
        pause = 0.0
        again: list[Delivery] = []
        for flight in self._flights:
            error, delivery = flight.error, flight.delivery
            assert error is not None
            self._steps.failed(flight.step.command)
            if self.wording.goes_without_file(delivery.seq, flight.step.command, error):
                again.append(delivery)
            elif isinstance(error, AdapterError) and not self.patience.ends(error, delivery):
                again.append(delivery)
                if leaves_doubt(error) and not delivery.tried_at and flight.placed:
                    delivery.tried_at = flight.sent_at
                self.reason = str(error)
                if (wait := self.patience.pause(error)) is None:
                    if isinstance(error, ConnectionLost) and self.joined:
                        self._flights.lost_at = time.monotonic()
                    self.part()
                pause = max(pause, wait or 0.0)
            else:
                # On record before the next leaves: after a crash it would be tried again, behind that one.
                self._steps.refused(flight.step.command)
                self.settling.give_up(delivery, error)
                self._record()
        self._flights.clear()
        self._queue.put_back(again)
        self._halted = False
        if pause:
            self._pause(pause)

    def _pause(self, seconds: float) -> None:
        self._not_before = time.monotonic() + seconds
        asyncio.get_running_loop().call_later(seconds, self._wake)
