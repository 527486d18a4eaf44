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

from .online import answer, rooms_of

__all__ = ["look_at"]

log = logging.getLogger(__name__)

_PATIENCE = 30.0
"""Seconds for what comes before a login, and for the login with ten rooms."""


async def look_at(config: Config, name: str) -> list[Finding]:
    """Return what is found about one network."""
    log_for(name)
    found = await _examined(config, name)
    return found if _is_hopeless(found) else found + await _looked(config, name)  # a login would say the same


def _is_hopeless(found: list[Finding]) -> bool:
    """Whether there is no server to log in to, as far as is found."""
    for subject in ("srv", "name", "certificate", "login"):
        grades = {finding.grade for finding in found if finding.subject == subject}
        if grades == {Grade.WRONG}:
            return True
    return False


async def _examined(config: Config, name: str) -> list[Finding]:
    """Gather what is found before a login; what fails is a finding as well."""
    found = []
    network = config.networks[name]
    try:
        if (examine := _examination(network.protocol)) is None:
            return []
        async with asyncio.timeout(_PATIENCE):
            async for finding in examine(network.settings):
                found.append(finding)  # noqa: PERF401 -- what was found before an error counts
    except AdapterError as error:
        found.append(Finding("login", Grade.WRONG, str(error) or "there is no getting in: see its log"))
    except TimeoutError:
        said = f"no answer within {_PATIENCE:g} seconds: check server and port"
        found.append(Finding("login", Grade.WRONG, said))
    except Exception as error:
        log.debug("looking failed", exc_info=True)
        said = f"its adapter failed ({type(error).__name__}): this is a bug, please report it"
        found.append(Finding("adapter", Grade.WRONG, said))
    return found


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


async def _looked(config: Config, name: str) -> list[Finding]:
    """Return what a login and a look at each room find."""
    rooms = rooms_of(config, name)
    told = await answer(config, name, rooms, _PATIENCE)
    if isinstance(told, str):
        return [Finding("login", Grade.WRONG, told)]
    found = [Finding("network", Grade.WRONG, trouble)] if (trouble := told.get(RoomId(""))) else []
    kept_out = {room: told.get(room, "the network says nothing about it") for room in rooms}
    for room, trouble in kept_out.items():
        if trouble is not None:
            said = trouble if room in trouble else f"{room}: {trouble}"
            found.append(Finding("room", Grade.WRONG, said))
    if (well := list(kept_out.values()).count(None)) or not rooms:
        said = f"lets Hubbub in, and into {counted(well, 'room')} of the map"
        found.append(Finding("login", Grade.WELL, said))
    return found
