"""Messages that programs post, on their way into the core."""

import asyncio
from collections.abc import Mapping

from bridge import Clock, Emit, MessageId, RoomId

from . import decode
from .config import RoomConfig
from .held import HeldFiles

__all__ = ["Letterbox"]


class Letterbox:
    """Takes what is posted, as long as there is somebody to take it."""

    def __init__(self, clock: Clock, held: HeldFiles, emit: Emit) -> None:
        self.clock = clock
        self.rooms: Mapping[RoomId, RoomConfig] = {}
        """The rooms that something can be posted to."""
        self._held = held
        self._emit = emit

    async def take(
        self, given: Mapping[str, object], room: RoomId, name: MessageId, *, theirs: bool = False
    ) -> None:
        """Emit what was posted, and return when it is durable: only then the program is told so. See
        `decode.event`.

        Raises ValueError with a sentence, and ConnectionLost when we are about to end.
        """
        files = self._held.keep(decode.uploads(given))
        event = decode.event(given, room, name, files, theirs=theirs)
        await asyncio.shield(self._emit([event]))
