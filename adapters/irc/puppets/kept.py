"""Who of all people on the network is ours, also after a restart."""

import contextlib
import json
import logging

from bridge import Keepsake

from .speakers import OwnPeople

__all__ = ["KeptPeople"]

log = logging.getLogger(__name__)


class KeptPeople:
    """The speakers of a network, and the file beside the journal that remembers them."""

    def __init__(self) -> None:
        self._speakers = OwnPeople()
        self._keepsake: Keepsake | None = None

    def speakers(self, keepsake: Keepsake | None) -> OwnPeople:
        """Return them, as they were when we last ran."""
        if self._keepsake is None and keepsake is not None:
            self._keepsake = keepsake
            with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
                kept = json.loads(keepsake.read() or "{}")
                self._speakers.remember({nick: (str(key), str(mask)) for nick, (key, mask) in kept.items()})
        return self._speakers

    def save(self) -> None:
        """Write down who is ours. It is done for each of them who comes, before they say anything, and no
        more often than they may come.
        """
        if self._keepsake is None:
            return
        try:
            self._keepsake.write(json.dumps(self._speakers.kept()))
        except OSError as error:
            log.warning("who is ours on the network cannot be kept over a restart: %s", error.strerror)
