"""Puts files where the networks keep them, beside what is said: nobody's words wait for a slow upload."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bridge.adapter import Adapter
from bridge.clock import SYSTEM, Clock
from bridge.errors import AdapterError, ConnectionLost, Rejected, RoomUnavailable, Unsupported
from bridge.model import File
from bridge.whose import about

from .files import Pending
from .line import HostFiles, WaitingLine

__all__ = ["Uploads"]

log = logging.getLogger(__name__)

_AT_ONCE = 12
_PAUSES = (2.0, 8.0, 30.0, 60.0, 0.0)
"""Seconds after each try that failed."""
_KNOWN = 1000
"""How many answers are remembered: the adapters remember as many addresses."""


@dataclass(frozen=True, slots=True, eq=False)
class _Upload:
    adapter: Adapter
    seq: int
    file: File
    since: float
    sender: str

    @property
    def network(self) -> str:
        return self.adapter.network

    host = network


class Uploads:
    """Uploads files to the networks, and knows what became of each. Work goes on while `run` does."""

    def __init__(self, sender: Callable[[int], str] = lambda _: "", clock: Clock = SYSTEM) -> None:
        """`sender` tells who said a message."""
        self._clock = clock
        self._sender = sender
        self.ended: Callable[[int], None] = lambda _: None
        """Called with the message whenever an upload ended, well or not."""
        self._line: WaitingLine[_Upload] = WaitingLine()
        self._known: dict[tuple[Adapter, File], _Upload | bool] = {}
        self.uploaded = Counter[str]()
        """Bytes of files that networks took, by network."""

    def get(self, adapter: Adapter, seq: int, file: File) -> Pending | None:
        """Begin the upload, if it is new. Returns Pending while it lasts; None: it ended. Never waits."""
        key = (adapter, file)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _Upload(adapter, seq, file, self._clock.monotonic(), self._sender(seq))
            self._line.add(known)
            self._shorten()
        return Pending(known.since) if isinstance(known, _Upload) else None

    def standing(self) -> list[HostFiles]:
        """Return what is being uploaded and what waits for it, by host."""
        return self._line.standing(self._clock.monotonic())

    def refused(self, adapter: Adapter, file: File) -> bool:
        """Whether the network did not take the file."""
        return self._known.get((adapter, file)) is False

    def _shorten(self) -> None:
        if len(self._known) > _KNOWN:
            oldest = next(iter(self._known))
            if isinstance(known := self._known.pop(oldest), _Upload):
                self._known[oldest] = known

    async def run(self) -> None:
        """Upload, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            upload = await self._line.next()
            outcome = await self._outcome(upload)
            self._line.leave(upload)
            key = (upload.adapter, upload.file)
            if outcome is None:
                del self._known[key]  # who still wants it asks again, when the room is joined
            else:
                self._known[key] = outcome
            try:
                self.ended(upload.seq)
            except Exception:
                log.exception("media: what waits for an upload could not be told")

    async def _outcome(self, upload: _Upload) -> bool | None:
        """Upload a file. Returns whether the network has it now; None: it cannot be reached."""
        reason = ""
        for pause in _PAUSES:
            try:
                await upload.adapter.upload(upload.file)
            except (ConnectionLost, RoomUnavailable):
                await self._clock.sleep(pause)
                return None
            except (Rejected, Unsupported) as error:
                reason = str(error)
                break
            except AdapterError as error:
                reason = str(error)
                again = "%s did not take a file, trying again: %s"
                log.info(again, upload.network, reason, extra=about(upload.network, delivery=upload.seq))
                await self._clock.sleep(pause)
            except Exception:
                keys = about(upload.network, delivery=upload.seq)
                log.exception("a file cannot be uploaded to %s: a bug", upload.network, extra=keys)
                return False
            else:
                self.uploaded[upload.network] += upload.file.size
                return True
        keys = about(upload.network, delivery=upload.seq)
        log.warning("a file is only told of on %s: %s", upload.network, reason, extra=keys)
        return False
