"""Following the configuration as it is now."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import fields
from functools import partial
from pathlib import Path

from bridge.app import Bridge
from bridge.aside import aside
from bridge.config import Config
from bridge.errors import ConfigError, HubbubError
from bridge.model import RoomId
from bridge.relay.room import RoomStatus
from bridge.status import count
from bridge.supervisor import NetworkState

from .answers import ReloadAnswer
from .config_diff import Changes, compare
from .requests import ReloadRequest

__all__ = ["NotFollowed", "Reloading"]

log = logging.getLogger(__name__)

_ARRIVAL = 10.0
"""How long a reload waits for the rooms that are to be joined, in seconds."""
_GLANCE = 0.05


class NotFollowed(HubbubError):
    """The configuration has mistakes, and nothing has changed; `mistakes` are as many as somebody reads."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("nothing has changed, since the configuration has mistakes")
        self.mistakes = mistakes


class Reloading:
    """Reads the configuration and has a bridge follow it."""

    def __init__(
        self,
        bridge: Bridge,
        read: Callable[[], Awaitable[Config]],
        file: Path | None,
        lock: asyncio.Lock,
        changing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`read` reads the configuration anew, from this file; `lock` is held, and `changing` entered, while
        the bridge changes.
        """
        self._changing = changing
        self._bridge = bridge
        self._file = file.absolute() if file is not None else None
        self._read = read
        self._lock = lock

    async def reload(self, request: ReloadRequest) -> ReloadAnswer:
        """Follow the configuration as it is now. Raises NotFollowed and HubbubError."""
        self._see_that_it_is_ours(request.file)
        if request.dry_run:
            return _told(await self._change(dry_run=True), {}, dry_run=True)
        reloads = self._bridge.reloads
        try:
            changes = await self._change(dry_run=False)
        except Exception as error:
            reloads.refused(error.mistakes if isinstance(error, NotFollowed) else [str(error)])
            raise
        reloads.followed()
        return _told(changes, await self._arrived(changes), dry_run=False)

    async def _change(self, *, dry_run: bool) -> Changes:
        async with self._lock:
            try:
                config = await self._read()
            except ConfigError as error:
                if not dry_run:
                    for mistake in error.shown():
                        log.error("the new configuration is not followed: %s", mistake)  # noqa: TRY400
                raise NotFollowed(error.shown()) from None
            owed = {
                (room.network, room.room): room.count for room in (await count(self._bridge.journal)).owed
            }
            changes = await aside(partial(compare, self._bridge.config, config, owed, self._parting))
            if not dry_run:
                for setting in changes.settings:
                    log.info("%s", setting)
                if changes.restart_for:
                    log.warning("a restart is needed for %s", ", ".join(changes.restart_for))
                with self._changing():
                    await self._bridge.reload(config)
            return changes

    def _see_that_it_is_ours(self, file: str) -> None:
        """Raise HubbubError when another file than the one that is followed is meant."""
        if not file or self._file is None or file == str(self._file):
            return
        with contextlib.suppress(OSError):
            if Path(file).samefile(self._file):
                return
        raise HubbubError(
            f"the service follows {self._file}, not {file}: change that file, or start it with this one"
        )

    async def _arrived(self, changes: Changes) -> dict[str, str]:
        """Wait a while, then return the rooms that are to be joined, each with why it is not yet; empty: it
        is.
        """
        anew = {*changes.started, *changes.connected_anew}
        rooms = self._bridge.rooms()
        numbers = [room.number for room in rooms if room.title in changes.joined or room.network in anew]

        def wanted() -> list[RoomStatus]:
            """Look at these alone: there may be thousands of others."""
            return [room for number in numbers if (room := self._bridge.room(number)) is not None]

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ARRIVAL):
                while not all(room.joined or self._why_not(room) for room in wanted()):  # noqa: ASYNC110 -- nobody tells
                    await asyncio.sleep(_GLANCE)
        return {
            room.title: "" if room.joined else self._why_not(room) or f"not within {_ARRIVAL:.0f} s"
            for room in wanted()
        }

    def _why_not(self, room: RoomStatus) -> str:
        """Say why a room is not joined, or why its network cannot be reached; empty: it may be soon."""
        try:
            state, reason = self._bridge.state(room.network)
        except KeyError:  # another reload came in between
            return "its network left the map"
        return room.reason or (reason if state is not NetworkState.CONNECTING else "")

    def _parting(self, network: str, room: str) -> str:
        return self._bridge.adapter(network).parting(RoomId(room))


def _told(changes: Changes, arrived: Mapping[str, str], *, dry_run: bool) -> ReloadAnswer:
    known = {field.name: getattr(changes, field.name) for field in fields(changes)}
    return ReloadAnswer(dry_run=dry_run, arrived=arrived, **known)
