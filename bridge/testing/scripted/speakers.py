"""Those who speak by themselves on a fake network."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.errors import AdapterError
from bridge.model import Authorship, Capabilities, RoomId, Speaker, UserId

__all__ = ["Speakers"]

_BEST_FIRST = list(Authorship)
_TICK = 1e-6
"""What comes at one time comes in no order."""


@dataclass
class Speakers:
    """What a test wants of them, by their keys."""

    records: dict[str, Capabilities] = field(default_factory=dict)
    """What puppets can do; where nothing stands here, all that the bridge's own account can."""
    broken: dict[str, AdapterError] = field(default_factory=dict)
    """What becomes of all that they do by accounts of their own."""
    delay: Callable[[str], float] | None = None
    """How long what goes by somebody's connection is on its way, in seconds; None: no time."""
    pictured: list[tuple[RoomId, str]] = field(default_factory=list)
    """Of whom the network was told that they have another picture, and where they are heard."""
    avatars: dict[UserId, bytes] = field(default_factory=dict)
    """The pictures of its own people."""
    _arrived: dict[str, float] = field(default_factory=dict)
    _known: dict[tuple[Capabilities, Authorship], Capabilities] = field(default_factory=dict)

    def record(self, own: Capabilities, speaker: Speaker | None) -> Capabilities:
        """Return what a speaker can do, where the bridge's own account can do so much."""
        if speaker is None or own.authorship is Authorship.PREFIX:
            return own
        how = max(own.authorship, speaker.how, key=_BEST_FIRST.index)
        if how is Authorship.PUPPET and speaker.key in self.records:
            return self.records[speaker.key]
        if (own, how) not in self._known:
            connection = own.own_connection and how is Authorship.PUPPET
            self._known[own, how] = replace(own, authorship=how, own_connection=connection)
        return self._known[own, how]

    def arrival(self, account: str) -> float:
        """Return when what is sent now arrives: behind all that was sent before by the same connection."""
        assert self.delay is not None
        at = max(
            asyncio.get_running_loop().time() + self.delay(account), self._arrived.get(account, 0.0) + _TICK
        )
        self._arrived[account] = at
        return at
