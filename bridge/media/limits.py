"""Keeps the folder in its limits: what is too old goes, and the oldest where there is too much."""

import asyncio
from collections.abc import Callable

from bridge.clock import Clock
from bridge.config import Media

from .cache import Cache, Kept, Note

__all__ = ["Limits"]


class Limits:
    """Knows how full the folder is. What a delivery waits for stays in any case."""

    def __init__(
        self,
        config: Media,
        cache: Cache,
        owed: Callable[[int], bool],
        dropped: Callable[[Note], None],
        clock: Clock,
    ) -> None:
        """`dropped` is called for each file that goes."""
        self._clock = clock
        self._config = config
        self._cache = cache
        self._owed = owed
        self._dropped = dropped
        self._taken = 0
        """What the folder takes on the disk, nearly."""
        self._looking = asyncio.Lock()

    def add(self, size: int) -> None:
        """Note that so many bytes have come in."""
        self._taken += size

    @property
    def full(self) -> bool:
        """Whether there is more than there should be."""
        return self._taken > self._config.max_folder

    async def keep(self, *, always: bool = False) -> None:
        """Look around where there is too much, or `always`, and delete what has to go."""
        async with self._looking:
            if not always and not self.full:
                return
            before = self._taken
            now = self._clock.now()
            found = await asyncio.to_thread(self._cache.look_around, now - self._config.keep)
            came = self._taken - before
            self._taken = sum(kept.space for kept in found) + came
            most = self._config.max_folder
            goal = most - most // 20 if self.full else most  # not a look around for every file that comes
            for kept in found:
                if kept.since >= now - self._config.keep and self._taken <= goal:
                    break
                self._let_go(kept)
                await asyncio.sleep(0)

    def _let_go(self, kept: Kept) -> None:
        note = self._cache.note(kept.path)
        if note is not None and self._owed(note.seq):
            return
        self._cache.drop(kept.path)
        self._taken -= kept.space
        if note is not None:
            self._dropped(note)
