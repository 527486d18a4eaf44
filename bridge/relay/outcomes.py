"""What becomes of deliveries, on record and told."""

import logging
from collections.abc import Sequence

from bridge.complaints import Complaints, wordless
from bridge.errors import AdapterError, Rejected
from bridge.journal import UNBEGUN, Delivery, Journal, Progress
from bridge.language import N_
from bridge.model import Part
from bridge.secrets import strike

from .dispatch import Ended
from .listener import Listener
from .room import Room

__all__ = ["Outcomes"]

log = logging.getLogger(__name__)


class Outcomes:
    """Settles the deliveries of one room, each with the edits that it carries."""

    def __init__(self, room: Room, journal: Journal, listener: Listener, ended: Sequence[Ended]) -> None:
        """`ended` are told what becomes of each delivery; who they are may change."""
        self.delivered = 0
        """How many arrived, whole."""
        self._tally = room.tally
        self._complaints = Complaints(log, room.clock)
        self._title = room.title
        self._about = room.about
        self._logged = room.logged
        self._now = room.clock.now
        self._journal = journal
        self._listener = listener
        self._ended = ended

    def deliver(self, delivery: Delivery, part: Part | None, then: Progress | None) -> None:
        """Note that a delivery's next part arrived, and how far it has come; None: all of it has."""
        unbegun = delivery.progress is UNBEGUN
        self._journal.deliver(delivery, part, then)
        if log.isEnabledFor(logging.DEBUG):
            name = f" as {part.id}" if part is not None else ""
            after = _after(delivery, then, self._now())
            log.debug("%s: delivered%s, %s", self._title, name, after, extra=self._about(delivery.seq))
        if then is None:
            self.delivered += 1
            self._tally.waits[delivery.source].add(self._now() - delivery.said_at)
            for edit in delivery.carries:
                self._journal.skip(edit)
            if self._ended:
                parts = (part,) if part is not None else ()
                self._tell("delivered", delivery, parts=parts if unbegun else None)
                if delivery.carries:
                    self._tell("delivered", *delivery.carries)

    def skip(self, delivery: Delivery) -> None:
        """Note that there is nothing to deliver."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s: there is nothing to show there", self._title, extra=self._about(delivery.seq))
        for settled in (delivery, *delivery.carries):
            self._journal.skip(settled)
        self._tell("nothing to show", delivery, *delivery.carries)

    def give_up(self, delivery: Delivery, error: BaseException) -> None:
        """Give the delivery up, for this reason."""
        reason, keys = strike(str(error)) or type(error).__name__, self._about(delivery.seq)
        if isinstance(error, AdapterError):
            sentence = f"a message to {self._title} is given up: {self._logged(reason)}"
            self._complaints.tell(reason, sentence, wordless(error.__cause__), logging.WARNING, keys)
        else:
            log.error(
                "a message to %s is given up by a bug", self._title, exc_info=wordless(error), extra=keys
            )
        self._tally.given_up += 1
        for lost in (*delivery.carries, delivery):
            self._journal.give_up(lost, reason)
        self._tell("given up", *delivery.carries, delivery, reason=reason)
        self._listener.lost(delivery.room, reason, source=delivery.source)

    def unshown(self, delivery: Delivery, error: Exception) -> None:
        """Give up what could not be composed, by a bug."""
        keys = self._about(delivery.seq)
        log.error("a message to %s cannot be shown: a bug", self._title, exc_info=wordless(error), extra=keys)
        self.give_up(delivery, Rejected(N_("it could not be rendered")))

    def _tell(
        self, what: str, *deliveries: Delivery, reason: str = "", parts: tuple[Part, ...] | None = None
    ) -> None:
        for told in tuple(self._ended):  # who has heard enough leaves
            for delivery in deliveries:
                told(delivery, what, reason, parts)


def _after(delivery: Delivery, then: Progress | None, now: float) -> str:
    """Say how far a delivery has come, and how long after it was said."""
    after = f"after {max(now - delivery.said_at, 0):.2f} s"
    if then is None:
        return after
    return f"but for files, {after}" if then.files else f"up to character {then.chars}, {after}"
