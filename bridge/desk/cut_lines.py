"""Knows the rest of a long line that an agent's client cut in two, so that no other visitor gets it.

Some networks end a line after some 400 bytes, and clients send what is longer as several lines at once. The
rest of a note, or of what was addressed to one visitor, would look like plain words for another.
"""

from typing import NamedTuple

from bridge.clock import Clock
from bridge.kit import BoundedDict

__all__ = ["CutLines"]

_LENGTHS = range(330, 511)
"""So long is a line that was cut, in bytes of UTF-8: a line of IRC has 512, with the names in it (RFC 2812,
section 2.3)."""
_SOON = 10.0
"""So soon comes the rest, in seconds: clients pace themselves."""
_MOST = 1000


class _Cut(NamedTuple):
    at: float
    chat: int


class CutLines:
    """Remembers the last line of each agent that may go on in the next one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cut: BoundedDict[str, _Cut] = BoundedDict(_MOST)

    def note(self, key: str, text: str, chat: int) -> None:
        """Note what an agent said to a chat, or to nobody (0), that was no plain words."""
        if len(text.encode()) in _LENGTHS:
            self._cut[key] = _Cut(self._clock.now(), chat)
        else:
            self._cut.pop(key, None)

    def rest(self, key: str, text: str) -> int | None:
        """Return whom the line went to whose rest this looks like; 0: nobody. None: it is no rest."""
        cut = self._cut.pop(key, None)
        if cut is None or self._clock.now() - cut.at > _SOON:
            return None
        self.note(key, text, cut.chat)
        return cut.chat
