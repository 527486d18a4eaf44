"""Who of all people on the network is ours, and which rooms we made, also after a restart."""

import contextlib
import json
import logging

from bridge import Keepsake, RoomId

from .speakers import OwnPeople

__all__ = ["KeptPeople"]

_CHANNELS = "#&+!"
"""No nick begins with one of these."""
log = logging.getLogger(__name__)


class KeptPeople:
    """The speakers of a network and the rooms made on it, and the file beside the journal that remembers
    them.
    """

    def __init__(self) -> None:
        self.rooms: set[RoomId] = set()
        self._speakers = OwnPeople()
        self._keepsake: Keepsake | None = None

    def speakers(self, keepsake: Keepsake | None) -> OwnPeople:
        """Return them, as they were when we last ran."""
        if self._keepsake is None and keepsake is not None:
            self._keepsake = keepsake
            with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
                kept = json.loads(keepsake.read() or "{}")
                self.rooms.update(RoomId(name) for name in kept if name[:1] in _CHANNELS)
                people = {nick: pair for nick, pair in kept.items() if nick[:1] not in _CHANNELS}
                self._speakers.remember({nick: (str(key), str(mask)) for nick, (key, mask) in people.items()})
        return self._speakers

    def save(self) -> None:
        """Write down who is ours. It is done for each of them who comes, before they say anything, and no
        more often than they may come.
        """
        if self._keepsake is None:
            return
        try:
            rooms = dict.fromkeys(sorted(self.rooms), ("", ""))
            self._keepsake.write(json.dumps({**rooms, **self._speakers.kept()}))
        except OSError as error:
            log.warning("who is ours on the network cannot be kept over a restart: %s", error.strerror)
