"""Decides what is archived: by the owner's map, by how long rooms themselves want to be kept, and without the
words of people who opted out.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence

from bridge.archive.process.parcels import Terms
from bridge.config import Config
from bridge.errors import JournalError
from bridge.model import MemberChanged, RoomId
from bridge.notices.announcer import Announcer
from bridge.relay import Router

from .notice import Notices
from .opted import OptedOut
from .policy import NOTHING, Policy, compile_policy

__all__ = ["Wanted"]

_OFTEN = 60.0
"""How often rooms are asked for how long they want to be kept, in seconds."""


class Wanted:
    """Knows it, and says when it changed."""

    def __init__(self, router: Router, announcer: Announcer, config: Callable[[], Config]) -> None:
        """`config` gives the configuration that is followed."""
        self._router = router
        self._config = config
        self._clock = router.journal.clock
        self.policy: Policy = NOTHING
        self.opted = OptedOut(router.journal)
        self.notices = Notices(router, announcer)
        self.changed: Callable[[], None] = lambda: None
        """Called when the archive's process has other terms to go by."""
        self._retention: Mapping[tuple[str, str], float] = {}
        self._looked = -_OFTEN

    def follow(self) -> Mapping[str, str]:
        """Follow another map. Returns what changed with which conversation (`Notices.follow`)."""
        self.policy = self._compiled()
        changes = self.notices.follow(self.policy)
        self.changed()
        return changes

    def follow_opened(self) -> bool:
        """Follow what adapters opened and closed. Returns whether that changes what is archived."""
        policy = self._compiled()
        if policy == self.policy:
            return False
        self.policy = policy
        self.changed()
        return True

    def _compiled(self) -> Policy:
        return compile_policy(self._config(), self._router.rooms.directory.opened())

    def hear(self, network: str, event: MemberChanged) -> None:
        """Know people who opted out by their new ids."""
        with contextlib.suppress(JournalError):  # which has said so
            if self.opted.renamed(network, event):
                self.changed()

    def patrol(self) -> None:
        """See for how long rooms want to be kept: now and then."""
        now = self._clock.monotonic()
        if now - self._looked < _OFTEN:
            return
        self._looked = now
        adapters = self._router.rooms.adapters
        retention: Mapping[tuple[str, str], float] = {
            (network, room): found
            for network, room in self.policy.known
            if network in adapters and (found := adapters[network].retention(room)) is not None
        }
        if retention != self._retention:
            self._retention = retention
            self.changed()

    def conversations(self, network: str, room: RoomId) -> Sequence[str]:
        """Return the archived conversations that have what is said in a room."""
        return self.policy.by_room.get((network, room), ())

    def terms(self, journal: str) -> Terms:
        """Return what the archive's process has to know. `journal` is the one whose numbers events have."""
        archived = self.notices.archived
        return Terms(
            journal,
            {name: one.kept for name, one in archived.items()},
            [(*place, names) for place, names in self.policy.by_room.items()],
            {name: one.since for name, one in archived.items()},
            list(self.opted),
            [(*place, seconds) for place, seconds in self._retention.items()],
        )
