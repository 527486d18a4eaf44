"""What `hubbub doctor` looks at on the networks: what each protocol's `examination` finds, then what its
adapter's `look` does.
"""

import asyncio
import importlib
import logging
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

from bridge.config import Config
from bridge.config.words import counted
from bridge.errors import AdapterError
from bridge.examination import Finding, Grade
from bridge.model import RoomId
from bridge.protocols import find
from bridge.whose import log_for

from .looking import adapter_of

__all__ = ["look_at"]

log = logging.getLogger(__name__)

_PATIENCE = 60.0
"""Seconds for what comes before a login, and for the login with ten rooms."""
_ROOMS = 10


async def look_at(config: Config, name: str) -> list[Finding]:
    """Return what is found about one network."""
    log_for(name)
    rooms = {
        room.room: room.settings
        for conversation in config.conversations.values()
        for room in conversation.rooms
        if room.network == name
    }
    found = await _within(_PATIENCE, _examined(config, name))
    if _is_hopeless(found):
        return found  # a login would only say the same again
    return found + await _within(_PATIENCE * max(1.0, len(rooms) / _ROOMS), _looked(config, name, rooms))


def _is_hopeless(found: list[Finding]) -> bool:
    """Whether there is no server to log in to, as far as is found."""
    for subject in ("srv", "name", "certificate", "login"):
        grades = {finding.grade for finding in found if finding.subject == subject}
        if grades == {Grade.WRONG}:
            return True
    return False


async def _within(patience: float, findings: AsyncIterator[Finding]) -> list[Finding]:
    """Gather what is found in so many seconds; what fails is a finding as well."""
    found = []
    try:
        async with asyncio.timeout(patience):
            async for finding in findings:
                found.append(finding)  # noqa: PERF401 -- what was found before an error counts
    except AdapterError as error:
        found.append(Finding("login", Grade.WRONG, str(error) or "there is no getting in: see its log"))
    except TimeoutError:
        said = f"no answer within {patience:g} seconds: check server and port"
        found.append(Finding("login", Grade.WRONG, said))
    except Exception as error:
        log.debug("looking failed", exc_info=True)
        said = f"its adapter failed ({type(error).__name__}): this is a bug, please report it"
        found.append(Finding("adapter", Grade.WRONG, said))
    return found


async def _examined(config: Config, name: str) -> AsyncIterator[Finding]:
    network = config.networks[name]
    if (examine := _examination(network.protocol)) is not None:
        async for finding in examine(network.settings):
            yield finding


def _examination(protocol: str) -> Callable[[Any], AsyncIterator[Finding]] | None:
    """Return what looks at a network of this protocol before a login: `examine` in the module `examination`
    beside its adapter. None: there is none.
    """
    module = find(protocol).__module__
    spec = sys.modules[module].__spec__
    assert spec is not None
    place = f"{spec.parent or spec.name}.examination"
    try:
        examine: Callable[[Any], AsyncIterator[Finding]] = importlib.import_module(place).examine
    except ModuleNotFoundError as error:
        if error.name != place:
            raise
        return None
    return examine


async def _looked(config: Config, name: str, rooms: dict[RoomId, Any]) -> AsyncIterator[Finding]:
    answer = await adapter_of(config, name).look(rooms)
    if trouble := answer.get(RoomId("")):
        yield Finding("network", Grade.WRONG, trouble)
    for room in rooms:
        if (trouble := answer.get(room, "the network says nothing about it")) is not None:
            yield Finding("room", Grade.WRONG, trouble if room in trouble else f"{room}: {trouble}")
    well = sum(answer.get(room, "") is None for room in rooms)
    if well or not rooms:
        yield Finding("login", Grade.WELL, f"lets Hubbub in, and into {counted(well, 'room')} of the map")
