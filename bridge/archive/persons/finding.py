"""Finds whom an owner means: by network and id, or by a name."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import msgspec

from bridge.archive.store import Reader, ScopeKind
from bridge.config.words import quoted
from bridge.errors import ArchiveError

__all__ = ["KnownPerson", "alike", "called", "chosen_people", "described", "known_people", "people_among"]

_SHOWN = 20
_ALIKE = 3
"""So many are named who are called alike."""


class KnownPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on one network. One person may be several of these."""

    network: str
    id: str
    names: tuple[str, ...] = ()
    """All that they went by, the newest last."""

    @property
    def key(self) -> str:
        """Who it is, as an owner writes it: `network/id`."""
        return f"{self.network}/{self.id}"


def called(who: str, people: Iterable[KnownPerson]) -> list[KnownPerson]:
    """Return who can be meant: exactly that one by `network/id`, else all who have or had the name or id."""
    people = list(people)
    exact = [one for one in people if one.key == who]
    name = who.casefold()
    return exact or [
        one for one in people if one.id == who or name in {known.casefold() for known in one.names}
    ]


def alike(who: str, people: Iterable[KnownPerson]) -> list[KnownPerson]:
    """Return who else can be meant, where nobody is or was called so: who has nearly this name, whether or
    not a network stands before it.
    """
    names: dict[str, list[KnownPerson]] = {}
    for one in people:
        for name in (one.id, *one.names):
            names.setdefault(name.casefold(), []).append(one)
    close = [
        one
        for wanted in (who, who.partition("/")[2])
        for near in get_close_matches(wanted.casefold(), names, n=_ALIKE)
        for one in names[near]
    ]
    return list({one.key: one for one in close}.values())[:_ALIKE]


def chosen_people(
    wanted: Sequence[str], people: Sequence[KnownPerson], networks: Iterable[str] = ()
) -> list[KnownPerson]:
    """Return who is meant by all of these. Of a network of the map, also who was never heard can be named by
    `network/id`. Raises ArchiveError with the candidates where a name may be of several, or of nobody.
    """
    chosen: dict[str, KnownPerson] = {}
    known = set(networks)
    for who in wanted:
        found = called(who, people)
        network, slash, name = who.partition("/")
        if not found and slash and name and network in known:
            found = [KnownPerson(network=network, id=name)]
        if not found:
            raise ArchiveError(_nobody(who, alike(who, people)))
        if len(found) > 1:
            raise ArchiveError(_several(who, found))
        chosen[found[0].key] = found[0]
    return list(chosen.values())


def people_among(reader: Reader, wanted: Sequence[str], networks: Iterable[str] = ()) -> list[KnownPerson]:
    """Return who of those in an archive is meant. Else as `chosen_people`."""
    return chosen_people(wanted, known_people(reader), networks)


def known_people(reader: Reader) -> list[KnownPerson]:
    """Return all whom an archive knows."""
    found = reader.subjects(ScopeKind.PERSON)
    return [KnownPerson(network=one.network, id=one.id, names=one.names) for one in found if one.id]


def _nobody(who: str, near: Sequence[KnownPerson]) -> str:
    sentence = f"nobody in the archive is, or was, called {quoted(who)}"
    if near:
        return f"{sentence}; did you mean {' or '.join(map(described, near))}?"
    return f"{sentence}: name them as network/id, or by a name that they had"


def described(one: KnownPerson) -> str:
    """Return who somebody is, with the last names that they had."""
    names = ", ".join(one.names[-3:])
    return f"{one.key} ({names})" if names else one.key


def _several(who: str, found: Sequence[KnownPerson]) -> str:
    lines = [f"  {one.key}  ({', '.join(one.names[-3:])})" for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN:,} more")
    listed = "\n".join(lines)
    return (
        f"{quoted(who)} can be any of these; name those that are meant by network and id, also several:\n"
        f"{listed}"
    )
