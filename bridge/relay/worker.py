"""Delivers to one room, in order."""

import asyncio
import logging
import math
from collections.abc import Callable

from bridge.boundary import outcome
from bridge.clock import Timer
from bridge.compose.composer import Composer
from bridge.compose.next import Behind, Promise, Step, Wait
from bridge.errors import AdapterError, ConnectionLost
from bridge.journal import Delivery
from bridge.model import Authorship, Receipt, SendMessage, Speaker, TalkEvent

from .attendance import Attendance
from .dispatch import Dispatch
from .expiry import expire
from .flights import Flight, Flights
from .listener import Listener
from .outcomes import Outcomes
from .queue import AHEAD, Queue, refers
from .recovery import Recovery
from .retry import Retries, leaves_doubt
from .room import Room, RoomStatus
from .states import FREE, Hold, Input, after

__all__ = ["Worker"]

log = logging.getLogger(__name__)

_FAULT = 5.0
_DOUBTED = 256
"""The largest window: so many may have been on their way when the process ended."""


class Worker:
    """Works off what a room is owed, as fast as the room confirms, while it is joined."""

    def __init__(
        self,
        room: Room,
        composer: Composer,
        listener: Listener,
        dispatch: Dispatch,
        sent: Callable[[str, Speaker | None], None],
    ) -> None:
        """`sent` is told the words of each message on its way, and who says them by themselves, if so."""
        journal = self._journal = dispatch.journal
        self.room = room
        self.about = room.about
        self._holds = Hold.AWAY
        self.reason = ""
        """Why the room took nothing last."""
        self.outcomes = Outcomes(room, journal, listener, dispatch.ended)
        self._listener = listener
        self._sent = sent
        self._dispatch = dispatch
        self.latest = 0
        """The last event that came from this room."""
        self.composer = composer
        self._attendance = Attendance(room, journal)
        guess = self._attendance.left_in_doubt
        self._queue = Queue(room.number, journal, _DOUBTED if guess else 0)
        self._flights = Flights(room.adapter, self._settle, self._placed)
        self.overdue = self._flights.overdue
        self._retries = Retries(room.title, room.clock, room.logged, room.about)
        self._preparing: asyncio.Task[None] | None = None
        self._pausing: Timer | None = None
        self._alarm: Timer | None = None
        self._recovery = Recovery(room, journal, self._queue, composer, self._flights.events)
        self._recovery.guess = guess

    def __str__(self) -> str:
        return self.room.title

    # What the relay tells it

    def offer(self, delivery: Delivery) -> None:
        """Take on a delivery, which is in the journal; `pump` sends it."""
        self._queue.offer(delivery, away=not self.joined)
        if self._alarm is not None:
            self.composer.fetch(delivery)
        if delivery.event.replayed:
            self._trim()

    def said(self, seq: int, event: TalkEvent) -> None:
        """Note that somebody did something in this very room."""
        self.latest = seq
        self.room.tally.taken += 1
        self.composer.said(seq, event)

    def unpark(self, seq: int) -> None:
        """Go on with this event if it waited: what it waited for may be there."""
        if self._queue.unpark(seq) or self._alarm is not None:
            self._wake()

    def pump(self) -> None:
        """Send all that may be sent now."""
        while self._holds is FREE and self._has_place() and (step := self._next()) is not None:
            self._send(step)

    def join(self) -> float | None:
        """Let commands flow. Returns until when the room was heard before, if it was and was not since."""
        self.composer.joined()
        self.reason = ""
        self._flights.lost_at = math.inf
        # On record before anything is sent: after a crash, what is first in the queue is then in doubt.
        heard = self._attendance.enter()
        self._happens(Input.JOINED)
        self._dispatch.record(self)
        return heard

    def part(self, reason: str = "") -> None:
        """Let no command flow until the room is joined again: what waits goes on waiting."""
        self.reason = reason or self.reason
        if self.joined:
            self._happens(Input.PARTED)
            if self._preparing is not None:
                self._preparing.cancel()
            self._rest()

    def lose(self, reason: str) -> None:
        """Note that the connection ended: nothing is confirmed any more of what was on its way."""
        self._flights.lost_at = math.inf
        if (last := self._flights.wait_no_more()) is not None:
            last.placed = True  # as far as we know
        self.part(reason)
        for flight in tuple(self._flights):
            if not flight.over:
                self._failed(flight, ConnectionLost("the connection ended before it was confirmed"))

    def stop(self) -> None:
        """Begin nothing new; what is owed stays in the journal."""
        self._happens(Input.STOP)
        if self._preparing is not None:
            self._preparing.cancel()
        for timer in (self._alarm, self._pausing):
            if timer is not None:
                timer.cancel()
        if self._flights.wait_no_more() is not None:
            self._queue.put_back([self._flights.withdrawn()])

    def close(self) -> None:
        """Note, at the end and when the connection is closed, until when the room was heard, and whether
        anything is in doubt.
        """
        if self.joined:
            self._rest()

    def _rest(self) -> None:
        self._attendance.leave(in_doubt=bool(self._flights) or bool(self._queue.tried()))

    def reload(self) -> None:
        """Read anew what is owed: it was changed in the journal."""
        self._queue.reload(self._flights.events())
        self._wake()

    def recorded(self) -> None:
        """Go on: what had to be on record is."""
        entering = Hold.ENTERING in self._holds
        self._happens(Input.RECORDED)
        if entering:
            self._trim()
        self._wake()

    def tend(self) -> None:
        """Give up what waits for too long, every few seconds: nothing waits for ever, whatever went wrong."""
        if self._preparing is None:
            expire(self.room, self._queue, self._journal, self._listener, self._flights.events())
        self._wake()

    # What the relay asks

    @property
    def joined(self) -> bool:
        """Whether commands can flow."""
        return self._holds is FREE or Hold.AWAY not in self._holds  # the first is asked of every message

    def status(self) -> RoomStatus:
        """Return how the room stands now."""
        return RoomStatus(
            number=self.room.number,
            network=self.room.adapter.network,
            id=self.room.id,
            rules=self.room.rules,
            joined=self.joined,
            reason=self.reason,
            closed=self._retries.closed,
            away_since=0.0 if self.joined else self._attendance.until,
            delivered=self.outcomes.delivered,
            oldest=self._flights[0].delivery if self._flights else self._queue.head(),
            private=self.room.private,
        )

    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._flights

    def owes_from(self) -> float:
        """Return the number of the first event that has not arrived here; infinity: all have."""
        return min(self._queue.lowest(), *self._flights.events(), math.inf)

    # Before the first message

    def _trim(self) -> None:
        """Keep to the room's manners before going on: something old was offered, or the room is joined."""
        if self.joined and self._preparing is None and len(self._queue):
            self._happens(Input.PREPARE)
            self._preparing = asyncio.ensure_future(self._prepare())
            self._preparing.add_done_callback(self._prepared)  # also of what is cancelled before it begins

    async def _prepare(self) -> None:
        try:
            await self._recovery.prepare(self.outcomes, self._listener)
        except Exception:
            log.exception("%s cannot be prepared: a bug", self, extra=self.about())
            self._pause(_FAULT)

    def _prepared(self, _: asyncio.Task[None]) -> None:
        self._preparing = None
        self._happens(Input.PREPARED)
        self._wake()

    # What is next

    def _has_place(self) -> bool:
        """Whether the room's window leaves place for one more."""
        flights = self._flights
        if not flights:
            return True
        if self.composer.window == 1 or flights[-1].step.then is not None:
            return False
        return len(flights) < min(self.composer.window, len(self._queue))

    def _next(self) -> Step | None:
        """Return the next command to send: it is of the first delivery in the queue."""
        while (delivery := self._queue.head()) is not None:
            if delivery.tried_at:
                if not self._flights:
                    self._trim()
                return None
            if self._flights and refers(self._journal, delivery, self._flights.events):
                return None
            try:
                step = self.composer.next(delivery, self._flights)
            except Exception as error:  # noqa: BLE001 -- it is logged
                self.outcomes.unshown(self._queue.pop(), error)
                continue
            if isinstance(step, Step):
                return step
            if step is None:
                self.outcomes.skip(self._queue.pop())
            elif not self._may_be_passed(delivery, step):
                return None
        return None

    def _may_be_passed(self, delivery: Delivery, step: Wait | Promise | Behind) -> bool:
        """Whether others go on while the first waits."""
        if isinstance(step, Promise):
            self.outcomes.deliver(delivery, None, step.then)
            self._record()
        elif isinstance(step, Wait):
            if step.until is None:
                self._queue.park()
                return True
            self._wait(step.until)
        return False

    def _wait(self, until: float) -> None:
        """Go on then, or when what is waited for is there. Files of what comes next have the same time."""
        if self._alarm is None:
            self.composer.fetch(*self._queue.first(AHEAD))
            clock = self.room.clock
            self._alarm = clock.call_later(until - clock.monotonic(), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._wake()

    def _wake(self) -> None:
        self._dispatch.wake(self)

    def _happens(self, what: Input) -> None:
        self._holds = after(self._holds, what)

    def _record(self) -> None:
        """Send nothing until what was noted is on record."""
        self._happens(Input.RECORD)
        self._dispatch.record(self)

    # On the way

    def _send(self, step: Step) -> None:
        if isinstance(step.command, SendMessage):
            command = step.command
            named = command.speaker.how is Authorship.PREFIX
            self._sent(command.content.text, None if named else command.speaker)
        if not self._flights.launch(self._queue.pop(), step):
            self._happens(Input.PLACE)

    def _placed(self) -> None:
        self._happens(Input.PLACED)
        self._wake()

    def _settle(self, flight: Flight, said: object) -> None:
        """Go on by what an adapter says became of a flight."""
        if flight.over:
            return
        try:
            what = outcome(said)
            if isinstance(what, Receipt):
                self._confirmed(flight, what)
            else:
                self._failed(flight, what)
        except Exception:
            log.exception("%s: an outcome is not known: a bug", self, extra=self.about(flight.delivery.seq))
            self.restart(flight)

    def _confirmed(self, flight: Flight, receipt: Receipt) -> None:
        flight.over = True
        self._flights.remove(flight)
        self._retries.rewarded()
        self.reason = "" if self.joined else self.reason
        delivery, then = flight.delivery, flight.step.then
        if then is not None:
            self._queue.put_back([delivery])
        self.outcomes.deliver(delivery, receipt.part, then)
        if not self._flights and (then is not None or len(self._queue)):
            # With one message on its way at a time, a crash can leave one in doubt: so the next one
            # leaves only when this one is on record.
            self._record()
        halted = self._holds is not FREE and Hold.HALTED in self._holds
        if halted and all(flight.error is not None for flight in self._flights):
            self._resume()
        self._wake()

    # When it fails

    def restart(self, last: Flight | None = None) -> None:
        """Begin again from the journal after a bug: what was on its way is in doubt, with this one."""
        self._flights.wait_no_more()
        self._queue.put_back(self._flights.doubted(last))
        self._happens(Input.RESTART)
        self._queue.reload(())  # which of it is still owed, the journal knows
        self._pause(_FAULT)

    def _failed(self, flight: Flight, error: AdapterError) -> None:
        """Close the window after a failure until all that was on its way is settled; then go on in order."""
        flight.error, flight.over = error, True
        self._happens(Input.FAILED)
        if all(flight.error is not None for flight in self._flights):
            self._resume()
        self._wake()

    def _resume(self) -> None:
        pause = 0.0
        again: list[Delivery] = []
        for flight in self._flights:
            error, delivery, command = flight.error, flight.delivery, flight.step.command
            assert error is not None
            self.composer.failed(command)
            otherwise = self.composer.goes_otherwise(delivery.seq, command, error)
            if otherwise or not self._retries.ends(error, delivery):
                again.append(delivery)
                if leaves_doubt(error) and not delivery.tried_at and flight.placed:
                    delivery.tried_at = flight.sent_at
                pause = pause if otherwise else max(pause, self._wanted(error, delivery.seq))
            else:
                # On record before the next leaves: after a crash it would be tried again, behind that one.
                self.composer.refused(command)
                self.outcomes.give_up(delivery, error)
                self._record()
        self._flights.clear()
        self._queue.put_back(again)
        self._happens(Input.SETTLED)
        if pause:
            self._pause(pause)

    def _wanted(self, error: AdapterError, delivery: int) -> float:
        """Return the pause that an error asks for, in seconds; or end our being in the room."""
        self.reason = str(error)
        if (wait := self._retries.pause(error, delivery)) is not None:
            return wait
        if isinstance(error, ConnectionLost) and self.joined:
            self._flights.lost_at = self.room.clock.monotonic()
        self.part()
        return 0.0

    def _pause(self, seconds: float) -> None:
        self._happens(Input.PAUSE)
        if self._pausing is not None:
            self._pausing.cancel()
        self._pausing = self.room.clock.call_later(seconds, self._passed)

    def _passed(self) -> None:
        self._happens(Input.PASSED)
        self._wake()
