"""Two people who talk alone, or of whom one wants to; and what is kept of them over a restart."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from bridge.identity.speaker import key_of
from bridge.journal.beside import Notes
from bridge.model import RoomId, UserId

__all__ = ["Ledger", "Pair", "Party"]

log = logging.getLogger(__name__)

_ASKED, _TALKS, _IGNORED = "direct asked", "direct talks", "direct ignored"
_MOST_IGNORED = 200
"""So many are ignored by one person with all the names that they take."""
_LASTS = 604_800.0
"""How long a question waits for its answer, in seconds."""


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two."""

    network: str
    user: UserId
    name: str
    room: RoomId
    """Where they can be told something: a room that they are in, or where they wrote to one of ours alone."""
    private: RoomId
    """Their room with the other (`Adapter.private_room`)."""

    @property
    def key(self) -> str:
        return key_of(self.network, self.user)


@dataclass(frozen=True, slots=True)
class Pair:
    """Who wants to talk alone, and with whom."""

    asking: Party
    asked: Party
    at: float
    """When they said so, in seconds since 1970."""
    refused: bool = False

    @property
    def name(self) -> str:
        """What the two are called together, whoever asked."""
        return "\n".join(sorted((self.asking.key, self.asked.key)))

    @property
    def parties(self) -> tuple[Party, Party]:
        return self.asking, self.asked

    def other(self, key: str) -> Party:
        """Return the one that somebody talks with."""
        return self.asked if self.asking.key == key else self.asking

    def own(self, key: str) -> Party:
        """Return somebody of the two."""
        return self.asking if self.asking.key == key else self.asked


class Ledger:
    """Who asked whom, who talks with whom, and who is ignored by whom. What changes it raises JournalError,
    and changes nothing, when that cannot be kept.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.asked: dict[tuple[str, str], Pair] = {}
        """By who asked, and who was."""
        self.talks: dict[str, Pair] = {}
        """By `Pair.name`."""
        self.ignored: dict[tuple[str, str], str] = {}
        """By who ignores, and who is: what they were called."""
        for pair in self._read(_ASKED):
            self.asked[pair.asking.key, pair.asked.key] = pair
        for pair in self._read(_TALKS):
            self.talks[pair.name] = pair
        for (_, key), name in notes.all(_IGNORED).items():
            ignoring, _, other = key.partition("\n")
            self.ignored[ignoring, other] = name

    def _read(self, kind: str) -> Iterator[Pair]:
        for (network, key), text in self._notes.all(kind).items():
            try:
                pair = msgspec.json.decode(text, type=Pair)
            except msgspec.MsgspecError:
                log.warning("what was noted of two people on %s cannot be read, and is left out", network)
                continue
            if network == pair.asked.network:
                yield pair
            else:  # the network has another name now, and so have the people
                self._notes.drop(kind, network, key)

    # Who asked

    def ask(self, pair: Pair) -> None:
        self._keep(_ASKED, pair)
        self.asked[pair.asking.key, pair.asked.key] = pair

    def forget(self, pair: Pair) -> None:
        """Forget that somebody asked."""
        if self.asked.pop((pair.asking.key, pair.asked.key), None) is not None:
            self._drop(_ASKED, pair)

    def waiting(self, key: str) -> list[Pair]:
        """Return who asked somebody, and has no answer yet."""
        return [pair for (_, asked), pair in self.asked.items() if asked == key and not pair.refused]

    def tidy(self, now: float) -> None:
        """Forget who asked long ago."""
        for pair in [pair for pair in self.asked.values() if now - pair.at > _LASTS]:
            self.forget(pair)

    # Who talks

    def talk(self, pair: Pair) -> None:
        """Note that two talk from now on."""
        self._keep(_TALKS, pair)
        self.talks[pair.name] = pair
        for one in (pair, replace(pair, asking=pair.asked, asked=pair.asking)):
            self.forget(one)

    def end(self, pair: Pair) -> None:
        """Note that two talk no more."""
        if (known := self.talks.get(pair.name)) is not None:
            self._drop(_TALKS, known)
            del self.talks[pair.name]

    def between(self, one: str, other: str) -> Pair | None:
        """Return the talk of two; None: they have none."""
        return self.talks.get("\n".join(sorted((one, other))))

    def of(self, key: str) -> list[Pair]:
        """Return the talks of somebody."""
        return [pair for pair in self.talks.values() if key in (pair.asking.key, pair.asked.key)]

    def rename(self, key: str, name: str) -> None:
        """Note that somebody is called something else."""
        for pair in self.of(key):
            self.talk(_renamed(pair, key, name))
        for pair in [pair for pair in self.asked.values() if key in (pair.asking.key, pair.asked.key)]:
            self.ask(_renamed(pair, key, name))

    # Who is ignored

    def renamed(self, old: str, new: str) -> None:
        """Note that a network has another name. Who talks is asked anew; who is ignored stays so."""
        for (key, other), name in list(self.ignored.items()):
            after = _moved(key, old, new), _moved(other, old, new)
            if after != (key, other):
                network = after[0].partition("/")[0]
                self.ignore(network, *after, name)
                self.heed(network, key, other)  # the journal gave the network its notes already

    def ignore(self, network: str, key: str, other: str, name: str) -> None:
        """Note that somebody, of this network, ignores another, who is called so."""
        self._notes.keep(_IGNORED, network, f"{key}\n{other}", name)
        self.ignored[key, other] = name

    def heed(self, network: str, key: str, other: str) -> None:
        """Ignore somebody no more."""
        self._notes.drop(_IGNORED, network, f"{key}\n{other}")
        self.ignored.pop((key, other), None)

    def known_as(self, key: str, now: str, name: str) -> None:
        """Ignore somebody who has another id as well, for who ignores them already."""
        for ignoring in [one for one, other in self.ignored if other == key]:
            if len(self.ignored_by(ignoring)) < _MOST_IGNORED:
                self.ignore(ignoring.partition("/")[0], ignoring, now, name)

    def ignored_by(self, key: str) -> dict[str, str]:
        """Return whom somebody ignores: what they were called, by their keys."""
        return {other: name for (ignoring, other), name in self.ignored.items() if ignoring == key}

    def _keep(self, kind: str, pair: Pair) -> None:
        self._notes.keep(kind, pair.asked.network, _key(kind, pair), msgspec.json.encode(pair).decode())

    def _drop(self, kind: str, pair: Pair) -> None:
        self._notes.drop(kind, pair.asked.network, _key(kind, pair))


def _key(kind: str, pair: Pair) -> str:
    return pair.name if kind == _TALKS else f"{pair.asking.key}\n{pair.asked.key}"


def _moved(key: str, old: str, new: str) -> str:
    network, _, user = key.partition("/")
    return key_of(new, UserId(user)) if network == old else key


def _renamed(pair: Pair, key: str, name: str) -> Pair:
    if pair.asking.key == key:
        return replace(pair, asking=replace(pair.asking, name=name))
    return replace(pair, asked=replace(pair.asked, name=name))
