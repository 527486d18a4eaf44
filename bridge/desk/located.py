"""Finds the desks of the map, each with the file of its chats."""

from dataclasses import dataclass
from pathlib import Path

from bridge.config import Config
from bridge.config.words import nearest, quoted
from bridge.errors import HubbubError
from bridge.keepsake import Keepsake

from .rules import DeskRules

__all__ = ["MappedDesk", "desk_file", "desks", "one_desk"]


@dataclass(frozen=True, slots=True)
class MappedDesk:
    """A desk of the map."""

    name: str
    network: str
    rules: DeskRules
    file: Path
    """Where its chats are kept, with those of the network's other desks; there may be none yet."""


def desk_file(keepsake: Path) -> Path:
    """Return where the desks of a network keep their chats, beside what it gave us to come back with."""
    return keepsake.with_name(f"{keepsake.name}.sqlite3")


def desks(config: Config) -> list[MappedDesk]:
    """Return the desks of the map, in its order: the rooms whose adapter lets them be written as such."""
    found: dict[tuple[str, str], MappedDesk] = {}
    for network, rooms in config.rooms().items():
        file = desk_file(Keepsake(config.journal, network).path)
        for room, settings in rooms.items():
            if isinstance(settings, DeskRules):
                found[network, room] = MappedDesk(str(room), network, settings, file)
    return list(found.values())


def one_desk(config: Config, name: str = "") -> MappedDesk:
    """Return the desk of a name, or the only one; `NETWORK DESK` where two have the same. Raises HubbubError
    where there is none, or nobody can tell which is meant.
    """
    there = desks(config)
    if not there:
        raise HubbubError("the map has no desk")
    meant = [one for one in there if name in {"", one.name, f"{one.network} {one.name}"}]
    if len(meant) == 1:
        return meant[0]
    if not meant:
        raise HubbubError(f"there is no desk {quoted(name)}{nearest(name, [one.name for one in there])}")
    known = ", ".join(quoted(one.name if not name else f"{one.network} {one.name}") for one in meant)
    raise HubbubError(f"say which desk: {known}")
