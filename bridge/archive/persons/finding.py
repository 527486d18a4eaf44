"""Finds whom an owner means: by network and id, or by a name."""

from collections.abc import Iterable, Sequence

import msgspec

from bridge.archive.store import Reader, ScopeKind
from bridge.config.words import quoted
from bridge.errors import ArchiveError

__all__ = ["KnownPerson", "called", "chosen_people", "people_among"]

_SHOWN = 20


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
            raise ArchiveError(
                f"nobody in the archive is, or was, called {quoted(who)}: name them as network/id, or by a "
                "name that they had"
            )
        if len(found) > 1:
            raise ArchiveError(_several(who, found))
        chosen[found[0].key] = found[0]
    return list(chosen.values())


def people_among(reader: Reader, wanted: Sequence[str], networks: Iterable[str] = ()) -> list[KnownPerson]:
    """Return who of those in an archive is meant. Else as `chosen_people`."""
    found = reader.subjects(ScopeKind.PERSON)
    known = [KnownPerson(network=one.network, id=one.id, names=one.names) for one in found if one.id]
    return chosen_people(wanted, known, networks)


def _several(who: str, found: Sequence[KnownPerson]) -> str:
    lines = [f"  {one.key}  ({', '.join(one.names[-3:])})" for one in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN:,} more")
    listed = "\n".join(lines)
    return (
        f"{quoted(who)} can be any of these; name those that are meant by network and id, also several:\n"
        f"{listed}"
    )
