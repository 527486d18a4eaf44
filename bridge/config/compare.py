"""What differs between two configurations, as a person wrote it."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, SecretBytes, SecretStr

from .models import Config, Live, Model, Network, RoomEntry

__all__ = ["Setting", "changed_settings", "needs_connection", "renamed"]

_NOTHING = "nothing"
_Place: TypeAlias = tuple[str, str]
"""A room, after its network."""
_Values: TypeAlias = dict[str, tuple[Any, str]]
"""What stands at each key: to compare, and to show."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that has another value."""

    place: str
    """The network, conversation or room that it belongs to; empty: the whole file."""
    key: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.place}{': ' if self.place else ''}{self.key}: {self.old} → {self.new}"


def needs_connection(old: Network, new: Network) -> bool:
    """Whether what changed at a network takes a new connection."""
    if old.protocol != new.protocol or type(old.settings) is not type(new.settings):
        return True
    model: type[Model] = type(new.settings)
    fixed = [
        key
        for key, field in model.model_fields.items()
        if not any(isinstance(note, Live) for note in field.metadata)
    ]
    return any(getattr(old.settings, key) != getattr(new.settings, key) for key in fixed)


def renamed(old: Config, new: Config) -> dict[str, str]:
    """Return the networks that have another name now: old to new."""
    return {
        network.was: name
        for name, network in new.networks.items()
        if network.was is not None and network.was in old.networks
    }


def changed_settings(old: Config, new: Config) -> Iterator[Setting]:
    """Yield all changed settings, but for those of rooms and networks that only one of the two has."""
    yield from _differences("", _top(old), _top(new))
    names = renamed(old, new)
    for name, network in old.networks.items():
        if (now := new.networks.get(names.get(name, name))) is not None:
            yield from _differences(now.name, _of_network(network), _of_network(now))
    before, after = _all_rooms(old, names), _all_rooms(new, {})
    untouched = set(_untouched(old, new))
    for name in {**old.conversations, **new.conversations}:
        if name in untouched:
            continue
        place = f"conversation {name}"
        was, then = _Part.of(old, name, names), _Part.of(new, name, {})
        if was is None or then is None:
            yield Setting("", "conversation", *(_NOTHING if part is None else name for part in (was, then)))
            continue
        yield from _differences(place, was.own, then.own)
        for room in {**was.rooms, **then.rooms}:
            title = " ".join(room)
            if room in was.rooms and room in then.rooms:
                both = was.rooms[room].keys() | then.rooms[room].keys()
                yield from _differences(f"{place}, {title}", was.said(room, both), then.said(room, both))
            elif room in before and room in after:  # else it joins or leaves the map, which says more
                yield Setting(
                    place, title, *("in it" if room in part.rooms else "not in it" for part in (was, then))
                )


def _untouched(old: Config, new: Config) -> Iterator[str]:
    """Yield the conversations that are the same in both, with all that their networks say of their rooms: to
    look at each value of thousands of rooms takes long.
    """
    alike = {
        name
        for name, network in old.networks.items()
        if name in new.networks and network.show == new.networks[name].show
    }
    for name, conversation in old.conversations.items():
        if new.conversations.get(name) == conversation and alike.issuperset(
            room.network for room in conversation.rooms
        ):
            yield name


def _top(config: Config) -> _Values:
    keys = ("owner", "journal", "durability", "keep", "mail", "media", "web", "reload")
    archive = config.archive
    if archive.mail == config.mail:  # it sends by the server of all
        archive = archive.model_copy(update={"mail": None})
    return _values({key: getattr(config, key) for key in keys} | {"archive": archive})


def _of_network(network: Network) -> _Values:
    own = {"prefix": network.prefix, "catch_up": network.catch_up}
    return _values({"protocol": network.protocol, **own}) | {
        key: value
        for part in (network.filters, network.settings, network.rules, network.show)
        for key, value in _values(part).items()
    }


@dataclass(frozen=True, slots=True)
class _Part:
    """One conversation, as a configuration has it."""

    own: _Values
    rooms: dict[_Place, _Values]
    """What is said of each, where that is not as its network says."""
    shows: dict[_Place, _Values]
    """What their networks say of what they are shown."""

    @classmethod
    def of(cls, config: Config, name: str, names: Mapping[str, str]) -> "_Part | None":
        """Return the conversation of this name; None: there is none. Networks are called by `names`."""
        if (found := config.conversations.get(name)) is None:
            return None
        own = _values(found.filters) | _values({"prefix": found.prefix, "archive": found.archive})
        rooms = {_place(room, names): room for room in found.rooms}
        return cls(
            own,
            {place: _of_room(room, config) for place, room in rooms.items()},
            {place: _values(config.networks[room.network].show) for place, room in rooms.items()},
        )

    def said(self, room: _Place, keys: Collection[str]) -> _Values:
        """Return the values of a room under these keys."""
        held = self.shows[room] | self.rooms[room]
        return {key: held[key] for key in held if key in keys}


def _place(room: RoomEntry, names: Mapping[str, str]) -> _Place:
    return names.get(room.network, room.network), str(room.room)


def _all_rooms(config: Config, names: Mapping[str, str]) -> set[_Place]:
    return {_place(room, names) for found in config.conversations.values() for room in found.rooms}


def _of_room(entry: RoomEntry, config: Config) -> _Values:
    """Return the values of a room that differ from its network's, whose own changes are told once."""
    network = _values(config.networks[entry.network].show)
    own = {key: value for key, value in _values(entry.show).items() if value != network[key]}
    filters = {key: value for key, value in _values(entry.filters).items() if value[0]}
    return _values({"direction": entry.direction}) | filters | _values(entry.settings) | own


def _values(part: Any, written: Any = None, path: str = "") -> _Values:
    """Return every single value in a part of a configuration, under its key as the file has it."""
    if isinstance(part, BaseModel):
        written = part.model_dump(mode="json", by_alias=True)
        part = {field.alias or name: getattr(part, name) for name, field in type(part).model_fields.items()}
    if isinstance(part, Mapping):
        found: _Values = {}
        for key, value in part.items():
            found |= _values(value, written[key] if written else value, f"{path}.{key}".lstrip("."))
        return found
    return {path: (part, "a secret" if isinstance(part, SecretStr | SecretBytes) else _shown(written))}


def _shown(value: Any) -> str:
    if value is None or value in ("", [], ()):
        return _NOTHING
    return str(value) if isinstance(value, str | Path) else json.dumps(value, ensure_ascii=False)


def _differences(place: str, old: _Values, new: _Values) -> Iterable[Setting]:
    for key in {**old, **new}:
        before, after = old.get(key, (None, _NOTHING)), new.get(key, (None, _NOTHING))
        if before[0] != after[0]:
            yield Setting(place, key, before[1], "another" if before[1] == after[1] else after[1])
