"""Gives up, in the open, what has waited for too long, and what is too much."""

import logging
from collections.abc import Collection

from bridge.config.words import counted, lasting
from bridge.journal import Journal, Oldest
from bridge.language import N_

from .listener import Listener
from .queue import Queue
from .room import Room

__all__ = ["expire"]

_LATE = N_("it waited for too long")
_MANY = N_("too many messages waited")

log = logging.getLogger(__name__)


def expire(room: Room, queue: Queue, journal: Journal, listener: Listener, flying: Collection[int]) -> None:
    """Keep to the limits of a room's rules; `flying` are the events on their way there. A delivery that may
    have arrived is not given up either: it is looked up first.
    """
    rules = room.rules
    head, oldest = queue.head(), room.clock.now() - rules.max_age
    if head is None or (head.said_at > oldest and not queue.behind and len(queue) <= rules.max_queue):
        return
    after = max([*flying, *(delivery.seq for delivery in queue.tried())], default=0)
    limits = (
        (
            _LATE,
            f"it waited for more than {lasting(rules.max_age)}",
            Oldest(before=oldest, after=after),
        ),
        (_MANY, f"more than {rules.max_queue} messages waited", Oldest(keep=rules.max_queue, after=after)),
    )
    for phrase, reason, which in limits:
        gone = 0
        while found := journal.bury(room.number, reason, which):
            gone += found
        if gone:
            some = counted(gone, "message")
            log.warning("given up: %s to %s: %s", some, room.title, reason, extra=room.about())
            listener.lost(room.number, phrase, gone)
            queue.reload(flying)
