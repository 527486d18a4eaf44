"""What a reload changes, as a person would say it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bridge.config.words import counted, quoted

__all__ = ["sentences"]

_MOST = 8
"""So many names are listed; of the others it is told how many they are."""
_SETTINGS = 40
"""So many sentences about settings are told."""
_NOTHING = "nothing"
_WORRY = "yellow"


def sentences(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a service answered to a reload as sentences, each with its style; none: nothing changes."""
    told = [*_networks(answer), *_rooms(answer), *_settings(answer), *_worries(answer)]
    if told:
        yield from told
        if kept := answer["kept"]:
            keep = "would keep" if answer["dry_run"] else "kept"
            yield (
                f"{_listed(kept)} {keep} {'its connection' if len(kept) == 1 else 'their connections'}.",
                "dim",
            )


def _it(answer: Mapping[str, Any], would: str, did: str) -> str:
    return f"It would {would}" if answer["dry_run"] else f"It {did}"


def _networks(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for names in answer["renamed"]:
        before, after = names.split(" to ")
        yield f"{_it(answer, 'rename', 'renamed')} {before} to {after}, with all that belongs to it.", ""
    if started := answer["started"]:
        yield f"{_it(answer, 'connect to', 'connected to')} {_listed(started)}.", ""
    if anew := answer["connected_anew"]:
        yield f"{_it(answer, 'connect anew to', 'connected anew to')} {_listed(anew)}.", ""
    if stopped := answer["stopped"]:
        yield f"{_it(answer, 'disconnect from', 'disconnected from')} {_listed(stopped)}.", ""


def _rooms(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    missed = {room for room, reason in answer["arrived"].items() if reason}
    if joined := [room for room in answer["joined"] if room not in missed]:
        yield f"{_it(answer, 'join', 'joined')} {_listed(joined, 'room')}.", ""
    plain = [one["room"] for one in answer["left"] if not one["given_up"] and not one["note"]]
    if plain:
        yield f"{_it(answer, 'leave', 'left')} {_listed(plain, 'room')}.", ""
    for one in answer["left"]:
        if one["room"] in plain:
            continue
        note = f" ({one['note']})" if one["note"] else ""
        lost = f", and give up {counted(one['given_up'], 'message')} for it" if one["given_up"] else ""
        lost = lost if answer["dry_run"] else lost.replace("give", "gave")
        yield f"{_it(answer, 'leave', 'left')} {one['room']}{note}{lost}.", _WORRY if lost else ""


def _settings(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Tell what has another value; what changed alike in many places is one sentence."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for one in answer["settings"]:
        alike.setdefault((one["key"], one["old"], one["new"]), []).append(one["place"])
    would = answer["dry_run"]
    begun = [quoted(new) for key, old, new in alike if key == "conversation" and old == _NOTHING]
    ended = [quoted(old) for key, old, new in alike if key == "conversation" and new == _NOTHING]
    if begun:
        are = "would be" if would else "is" if len(begun) == 1 else "are"
        many = "a new conversation" if len(begun) == 1 else f"{len(begun):,} new conversations"
        yield f"There {are} {many}: {_listed(begun)}.", ""
    if ended:
        are = "would be" if would else "is" if len(ended) == 1 else "are"
        yield f"The conversation{'' if len(ended) == 1 else 's'} {_listed(ended)} {are} gone.", ""
    others = [(key, places) for key, places in alike.items() if key[0] != "conversation"]
    for (key, old, new), places in others[:_SETTINGS]:
        yield f"{_where(places)}{_value(key, old, new, would=would)}.", ""
    if len(others) > _SETTINGS:
        yield f"{counted(len(others) - _SETTINGS, 'more change')} of settings: --json tells them all.", ""


def _where(places: Sequence[str]) -> str:
    return f"{_listed(places, 'place')}: " if any(places) else ""


def _value(key: str, old: str, new: str, *, would: bool) -> str:
    be = "would be" if would else "is now"
    old, new = _readable(old), _readable(new)
    match old, new:
        case "not in it", "in it":
            return f"{key} {be} in it"
        case "in it", "not in it":
            return f"{key} {'would' if would else 'is'} no longer{' be' if would else ''} in it"
        case _, "another":
            return f"{key} {be} another"
        case "nothing", _:
            return f"{key} {be} {new}; it {'is not set now' if would else 'was not set'}"
        case _, "nothing":
            be, was = ("would not be", "is") if would else ("is not", "was")
            return f"{key} {be} set any more; it {was} {old}"
        case _:
            return f"{key} {be} {new} instead of {old}"


def _readable(value: str) -> str:
    """Return a value in quotes where nobody would see its ends."""
    return quoted(value) if value != value.strip() or ": " in value else value


def _worries(answer: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Tell what is not as the map says, rooms with the same reason at once."""
    reasons: dict[str, list[str]] = {}
    for room, reason in answer["arrived"].items():
        if reason:
            reasons.setdefault(reason, []).append(room)
    for reason, rooms in reasons.items():
        yield f"It is not in {_listed(rooms, 'room')}: {reason}", _WORRY
    if keys := answer["restart_for"]:
        yield f"What is new in {_listed(keys)} counts after a restart of the service.", _WORRY


def _listed(names: Iterable[str], thing: str = "") -> str:
    """Return names as a person lists them, the first of many: `a, b and c`, `90 rooms: a, b and 88 more`."""
    some = list(names)
    if len(some) <= _MOST:
        *most, last = some
        return f"{', '.join(most)} and {last}" if most else last
    many = f"{counted(len(some), thing)}: " if thing else ""
    return f"{many}{', '.join(some[:_MOST])} and {len(some) - _MOST:,} more"
