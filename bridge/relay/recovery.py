"""Prepares a room that was just joined, before anything is sent: doubt is settled, and what is too old to be
shown is left out.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from enum import Enum

from bridge.compose.composer import Composer
from bridge.compose.words import OLD
from bridge.errors import AdapterError, Rejected
from bridge.journal import Delivery, Journal, Oldest
from bridge.language import N_
from bridge.model import MessageCreated, MessageEdited, Receipt

from .listener import Listener
from .outcomes import Outcomes
from .queue import Queue
from .room import Room

__all__ = ["Recovery"]

log = logging.getLogger(__name__)

_ASKED = 3
"""How often a network is asked what became of messages."""
_PAUSE = 2.0
_SENT = 2
"""How often a message is sent again of which nobody can tell whether it arrived."""


class _Unknown(Enum):
    """Nobody can tell what became of it."""

    UNKNOWN = "unknown"


_UNKNOWN = _Unknown.UNKNOWN
_Outcome = Receipt | _Unknown | None
"""A receipt: it arrived. None: it surely did not, or may be sent again without harm."""


class Recovery:
    """Prepares one room's queue."""

    def __init__(
        self, room: Room, journal: Journal, queue: Queue, composer: Composer, flying: Callable[[], set[int]]
    ) -> None:
        """`flying` gives the events that are on their way."""
        self._room = room
        self._journal = journal
        self._queue = queue
        self._composer = composer
        self._flying = flying
        self.guess = False
        """Whether the process ended without a word, so that nobody knows how much was on its way."""

    async def prepare(self, record: Outcomes, listener: Listener) -> None:
        """Settle what is in doubt, then hide what is too old."""
        if not self._flying() and (doubtful := self._queue.tried()):
            self._settle(doubtful, await self._look_up(doubtful), record)
        if hidden := await self._hide():
            listener.hidden(self._room.number, hidden)

    async def _look_up(self, doubtful: list[Delivery]) -> list[_Outcome]:
        """Ask the network what became of these deliveries."""
        txns = [self._journal.txn(delivery) for delivery in doubtful]
        since = min(delivery.tried_at for delivery in doubtful)
        for _ in range(_ASKED):
            try:
                found = await self._room.adapter.find_sent(self._room.id, since, txns)
            except AdapterError as error:
                why = self._room.logged(error)
                log.info("%s does not say what it has: %s", self._room.title, why, extra=self._room.about())
                await self._room.clock.sleep(_PAUSE * random.uniform(0.5, 1))  # noqa: S311 jitter
            else:
                break
        else:
            found = {}
        outcomes: list[_Outcome] = [found.get(txn, _UNKNOWN) for txn in txns]
        outcomes = [
            _UNKNOWN if outcome is None and _is_unstored(delivery) else outcome
            for delivery, outcome in zip(doubtful, outcomes, strict=True)
        ]
        arrived = max((n for n, outcome in enumerate(outcomes) if isinstance(outcome, Receipt)), default=-1)
        # A network takes what is on its way in order: what stands before one that arrived had its turn.
        return [
            Receipt(None)
            if outcome is _UNKNOWN and number < arrived and not delivery.progress.late
            else outcome
            for number, (delivery, outcome) in enumerate(zip(doubtful, outcomes, strict=True))
        ]

    def _settle(self, doubtful: list[Delivery], outcomes: list[_Outcome], record: Outcomes) -> None:
        """Go on with each as its outcome says. After a crash, no more than a window can have been sent."""
        possible, guessed = len(doubtful), self.guess
        if guessed:
            self.guess, possible = False, self._room.adapter.capabilities(self._room.id).window
        for delivery, outcome in zip(doubtful, outcomes, strict=True):
            doubt = outcome is _UNKNOWN and possible > 0
            if not delivery.progress.late:  # others pass a file that is late
                possible -= 1
            delivery.tried_at = 0.0
            if isinstance(outcome, Receipt):
                self._arrived(delivery, outcome, record)
            elif doubt:
                self._unknown(delivery, record)
        if guessed:
            self._queue.reload(self._flying())  # what surely has not arrived takes on its edits

    def _arrived(self, delivery: Delivery, receipt: Receipt, record: Outcomes) -> None:
        then = self._composer.reached(delivery)
        record.deliver(delivery, receipt.part, then)
        if then is None:
            self._queue.drop(delivery)

    def _unknown(self, delivery: Delivery, record: Outcomes) -> None:
        delivery.doubts += 1
        if self._room.rules.doubt == "hold" or delivery.doubts > _SENT:
            self._queue.drop(delivery)
            record.give_up(delivery, Rejected(N_("it may have arrived, and nobody can tell")))
            return
        again = "a message to %s is sent again, and may come twice"
        log.warning(again, self._room.title, extra=self._room.about(delivery.seq))
        self._journal.repeat(delivery)

    async def _hide(self) -> int:
        """Leave out all but the last of what is old: a backlog is not a flood. Returns how many."""
        rules, number = self._room.rules.backlog, self._room.number
        most = rules.max_messages
        if most is None:
            most = self._room.adapter.capabilities(self._room.id).backlog
        now, after = self._room.clock.now(), max(self._flying(), default=0)
        which = [] if most is None else [Oldest(most, now - OLD, after)]
        if rules.max_age is not None:
            which.append(Oldest(0, now - rules.max_age, after))
        hidden = 0
        try:
            for oldest in which:
                while found := self._journal.bury(number, "it was too old to be shown", oldest):
                    hidden += found
                    await asyncio.sleep(0)
        finally:
            if hidden:
                self._queue.reload(self._flying())
        return hidden


def _is_unstored(delivery: Delivery) -> bool:
    """Whether no network may have kept it: that it is not found proves nothing."""
    return isinstance(delivery.event, MessageCreated | MessageEdited) and delivery.event.unstored
