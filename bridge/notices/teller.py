"""Tells people what the relay has to tell of itself."""

import logging
import math
from collections.abc import Callable, Iterable

from bridge.aside import in_steps
from bridge.compose.forging import whole
from bridge.identity import safe_name
from bridge.journal import Journal
from bridge.language import ENGLISH, Locale
from bridge.relay.room import RoomStatus
from bridge.relay.routes import Routes

from .announcer import Announcer
from .digest import Digests
from .gaps import Gaps
from .losses import Losses
from .outages import Outages

__all__ = ["Teller"]

log = logging.getLogger(__name__)


class Teller:
    """Listens to the relay, looks at its rooms, and tells what matters to people, folded."""

    def __init__(self, journal: Journal, status: Callable[[int], RoomStatus | None]) -> None:
        """`status` gives how a room stands; None: it is not in the map."""
        self.announcer = announcer = Announcer(journal, status)
        self._rooms: Iterable[int] = ()
        clock = journal.clock
        self._outages = Outages(journal, announcer)
        self._losses = Losses(announcer, clock)
        self._digests = Digests(announcer.say, announcer.place, clock)
        self.gaps = Gaps(journal, announcer.place, self._least)
        self.many_lost = self._losses.many
        self.lost, self.hidden = self._losses.lost, self._losses.hidden
        self.member, self.speaks = self._digests.member, self._digests.speaks
        self.reacted, self.repeated = self._digests.reacted, self._digests.repeated
        self.unheard = self.gaps.add

    def follow(self, routes: Routes) -> None:
        """Follow this map from now on."""
        self._rooms = list(routes.rooms)
        self.announcer.follow(routes)
        self._outages.follow(routes.rooms)
        self.gaps.follow(routes.rooms)

    def loop(self, source: int, who: str) -> None:
        """Tell that somebody repeats in a room what we say, and is not listened to any more where they do."""

        def told(locale: Locale) -> str:
            return locale.gettext(
                "{name} repeats in {room} what Hubbub says: such lines are not relayed any more. "
                "If it is another bridge, its name belongs under ignore.",
                name=whole(safe_name(who)),
                room=self.announcer.place(source, locale),
            )

        log.warning("%s", told(ENGLISH))
        self.announcer.say(source, self.announcer.hearing(source), told)

    async def patrol(self) -> None:
        """Tell what is due: every few seconds."""
        await in_steps(self._look_at, self._rooms)
        for room, told in self.gaps.due():
            self.announcer.say(room, self.announcer.hearing(room), told)
        self._losses.patrol()
        self._digests.patrol()

    def _look_at(self, room: int) -> None:
        if (status := self.announcer.status(room)) is not None:
            self._outages.look_at(status)

    def _least(self, room: int) -> float:
        """Return for how many seconds a room must not have been heard to be worth a line."""
        status = self.announcer.status(room)
        return status.rules.tell_gap if status is not None else math.inf
