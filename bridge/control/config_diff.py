"""What following another configuration changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from bridge.config import Config, Setting, changed_settings, needs_connection, renamed

__all__ = ["Changes", "Left", "compare"]

_AT_START = ("journal", "durability", "media", "web", "archive.file")


@dataclass(frozen=True, slots=True)
class Left:
    """A room that is in no conversation any more."""

    room: str
    given_up: int
    """How many messages it is still owed."""
    note: str = ""
    """What the owner should know of it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a reload does, for people. Rooms are named with their networks."""

    settings: tuple[Setting, ...]
    """What has another value."""
    renamed: tuple[str, ...]
    """Networks that have another name: both names."""
    started: tuple[str, ...]
    stopped: tuple[str, ...]
    connected_anew: tuple[str, ...]
    """Networks with settings that a connection cannot follow."""
    kept: tuple[str, ...]
    joined: tuple[str, ...]
    left: tuple[Left, ...]
    restart_for: tuple[str, ...]
    """Settings that changed and need a restart of the service."""


def compare(
    old: Config,
    new: Config,
    owed: Mapping[tuple[str, str], int],
    parting: Callable[[str, str], str] = lambda _network, _room: "",
) -> Changes:
    """Compare two configurations; `owed` says how much is owed, by network and room, and `parting` what is
    worth knowing of a room that is left while its network stays connected.
    """
    names = renamed(old, new)
    before, after = _rooms(old, names), _rooms(new, {})
    owed = {(names.get(network, network), room): count for (network, room), count in owed.items()}
    networks = {names.get(name, name): network for name, network in old.networks.items()}
    ran = dict.fromkeys(network for network, _ in before)
    runs = dict.fromkeys(network for network, _ in after)
    stay = [name for name in runs if name in ran]
    changed = [
        name
        for name in stay
        if name in names.values() or needs_connection(networks[name], new.networks[name])
    ]
    kept = [name for name in stay if name not in changed]
    left = [room for room in before if room not in after]
    return Changes(
        settings=tuple(changed_settings(old, new)),
        renamed=tuple(f"{before} to {name}" for before, name in names.items()),
        started=tuple(name for name in runs if name not in ran),
        stopped=tuple(name for name in ran if name not in runs),
        connected_anew=tuple(changed),
        kept=tuple(kept),
        joined=tuple(" ".join(room) for room in after if room not in before),
        left=tuple(
            Left(" ".join(room), owed.get(room, 0), parting(*room) if room[0] in kept else "")
            for room in left
        ),
        restart_for=tuple(key for key in _AT_START if attrgetter(key)(old) != attrgetter(key)(new)),
    )


def _rooms(config: Config, names: Mapping[str, str]) -> dict[tuple[str, str], None]:
    """Return the rooms of a configuration, with their networks by these names, in its order."""
    entries = [entry for conversation in config.conversations.values() for entry in conversation.rooms]
    return {(names.get(entry.network, entry.network), str(entry.room)): None for entry in entries}
