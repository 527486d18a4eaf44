"""What an adapter is behind: it is made when it is needed, and whatever it is asked comes to an end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bridge.adapter import Adapter
from bridge.complaints import Complaints
from bridge.errors import TemporaryFailure
from bridge.model import RoomId

from .answers import translating
from .gate import Gate
from .opening import Opening

__all__ = ["Hung", "Walled"]

log = logging.getLogger(__name__)

T = TypeVar("T")


class Hung(TemporaryFailure):
    """A call did not end."""


class Walled(Adapter):
    """Holds an adapter, and asks it."""

    def __init__(self, kind: type[Adapter], network: str, config: Any, introduction: str) -> None:
        self._adapter: Adapter | None = None
        super().__init__(network, config, introduction)
        self._complaints = Complaints(log)
        self._known: set[RoomId] = set()
        """Every room that was ever served: one that has left the map may be heard a little longer."""
        self._kind = kind
        self.names_are_unique = kind.names_are_unique
        self.instructed = kind.instructed
        self._gate: Gate | None = None
        self._behind: set[asyncio.Future[Any]] = set()
        """Calls that did not end in time, and do not end."""
        self._served = False

    @property
    def introduction(self) -> str:
        """The sentences that tell strangers that this is a bridge, and who owns it."""
        return self._introduction

    @introduction.setter
    def introduction(self, text: str) -> None:
        self._introduction = text
        if self._adapter is not None:
            self._adapter.introduction = text

    async def _ask(self, method: str, call: Callable[[], Awaitable[T]], limit: float) -> T:
        """Return what a call answers. Raises AdapterErrors alone; whatever the call does, it is over within
        `limit` seconds.
        """

        async def answer() -> T:
            with translating(method):
                return await call()

        task = asyncio.ensure_future(answer())
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait({task}, timeout=limit)
        finally:
            if not task.done():
                task.cancel()
                self._behind.add(task)
        if not task.done():
            raise Hung(f"a bug in its adapter: {method} did not answer within {limit:g} s")
        return task.result()

    def _ended(self, task: "asyncio.Future[Any]") -> None:
        self._behind.discard(task)
        if not task.cancelled():
            task.exception()  # it may be that nobody waits for it any more

    def _made(self) -> Adapter:
        """Return the adapter; make it, if it could not be made before."""
        if self._adapter is None:
            adapter = self._kind(self.network, self.config, self.introduction)
            adapter.catch_up, adapter.keepsake = self.catch_up, self.keepsake
            adapter.clock, adapter.avatars, adapter.mail = self.clock, self.avatars, self.mail
            adapter.lists = self.lists
            if self.conversations is not None:
                adapter.conversations = Opening(self.network, self._known, self.conversations)
            self._adapter, self._served = adapter, False
        return self._adapter

    def _complain(self, method: str, room: str, what: str, error: BaseException | None = None) -> None:
        where = f"{self.network} {room}" if room else self.network
        self._complaints.tell(method, f"{where}: a bug in its adapter, in {method}: {what}", error)
