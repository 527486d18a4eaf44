"""People of one name who are in a room together, there or through us, are told apart.

Who speaks in the room itself has their name; of all others, who had it first. The next is "Ada (libera)", or
"Ada (2)" if their networks are the same. Somebody is there for six hours after their last word, unless they
are seen to leave: so nobody who comes back under another id stays a namesake of themselves.
"""

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import count

from bridge.model import US, Sender, UserId

from .forging import look
from .names import safe_name

__all__ = ["HUBBUB", "Namesakes"]

HUBBUB = Sender(US, "Hubbub")
"""Who speaks when Hubbub itself has something to tell. Nobody else is called that."""

_HUBBUB = look(HUBBUB.name)
_THERE = 6 * 3600.0
"""Seconds."""
_MOST = 2000

Person = tuple[str, UserId]
"""A network, and who it is there."""


class Namesakes:
    """Knows who goes by which name in one room."""

    def __init__(self, own: str, before: Callable[[float], Iterable[tuple[str | None, Sender]]]) -> None:
        """`own` is the room's network; `before` gives who was heard in the last so many seconds, and on
        which network, None for the room itself, the first first: asked when it is needed.
        """
        self._own = own
        self._before: Callable[[float], Iterable[tuple[str | None, Sender]]] | None = before
        self.unique: Collection[str] = ()
        """The networks where no two people in one room bear the same name: a newcomer there with the name of
        somebody else has it after them."""
        self._there: dict[Person, tuple[float, str]] = {}
        """When they spoke last, by the monotonic clock, and by which name."""
        self._holders: dict[tuple[str, str], tuple[Person, str]] = {}
        """Who is shown by a name, and their own; by network too, for where that stands beside the name."""

    def spoke(self, sender: Sender) -> None:
        """Somebody says something in the room itself, where their name is theirs."""
        name, holder = look(safe_name(sender.name)), ((self._own, sender.id), sender.name)
        self._come(holder[0], sender.name, time.monotonic())
        if self._holders.get(("", name)) != holder:
            self._holders["", name] = self._holders[self._own, name] = holder

    def left(self, network: str, user: UserId) -> None:
        """Somebody is there no more, or no more by that name."""
        self._there.pop((network, user), None)

    def speaking(self, network: str, sender: Sender, *, told: bool) -> str:
        """Name somebody whose words come to the room, safe to show. `told`: their network stands
        beside the name.
        """
        person, name, now = (network, sender.id), safe_name(sender.name), time.monotonic()
        self._come(person, sender.name, now)
        shown, key = name, look(name)
        for space in ("", network) if told else ("",):
            shown = name
            if self._holders.get((space, key)) != (person, sender.name):
                shown = self._shown(person, name, space, now)
                self._holders[space, look(shown)] = person, sender.name
        return shown

    def called(self, network: str, sender: Sender) -> str:
        """Name somebody who is spoken of, where no network stands beside the name. They take no
        name by that. Some networks name who moderates otherwise than who speaks.
        """
        self._recall()
        person, name, now = (network, sender.id), safe_name(sender.name), time.monotonic()
        if person not in self._there:
            person = next(self._bearers(network, name, now), person)
        return self._shown(person, name, "", now)

    def means_another(self, network: str, name: str) -> bool:
        """Whether somebody on another network says this name of somebody who is not of the room itself: of
        their own network, or as it is told apart.
        """
        now = time.monotonic()
        first, _, label = name.removesuffix(")").rpartition(" (")
        named = ((network, name), (label.partition(" ")[0], first))
        return any(one != self._own and any(self._bearers(one, safe_name(who), now)) for one, who in named)

    def _shown(self, person: Person, name: str, space: str, now: float) -> str:
        if self._is_free(space, name, person, now):
            return name
        (first, _), _ = self._holders.get((space, look(name)), (("", ""), ""))
        labelled = (f"{name} ({label})" for label in _labels("" if first == person[0] else person[0]))
        return next(other for other in labelled if self._is_free(space, other, person, now))

    def _is_free(self, space: str, name: str, person: Person, now: float) -> bool:
        if look(name) == _HUBBUB:
            return False
        holder, bore = self._holders.get((space, look(name)), (person, ""))
        if holder == person:
            return True
        spoke, bears = self._there.get(holder, (-math.inf, ""))
        if now - spoke >= _THERE or look(safe_name(bears)) != look(safe_name(bore)):
            home = self._bearers(self._own, name, now) if space in ("", self._own) else ()
            return not any(one != person for one in home)
        _, called = self._there.get(person, (now, name))
        return holder[0] == person[0] and holder[0] in self.unique and bears.lower() == called.lower()

    def _bearers(self, network: str, name: str, now: float) -> Iterator[Person]:
        """Yield those from a network who are there by this name."""
        for person, (spoke, called) in self._there.items():
            if person[0] == network and now - spoke < _THERE and look(safe_name(called)) == look(name):
                yield person

    def _recall(self) -> None:
        if self._before is not None:
            before, self._before = self._before(_THERE), None
            for network, sender in before:
                if network is None:
                    self.spoke(sender)
                else:
                    self.speaking(network, sender, told=True)

    def _come(self, person: Person, name: str, now: float) -> None:
        if self._before is not None:
            self._recall()
        self._there[person] = (now, name)
        if len(self._there) > _MOST or len(self._holders) > 4 * _MOST:
            self._there = dict(sorted(self._there.items(), key=lambda known: known[1][0])[-_MOST // 2 :])
            self._holders = {key: held for key, held in self._holders.items() if held[0] in self._there}


def _labels(network: str) -> Iterator[str]:
    """Yield what may tell somebody apart, the best first."""
    if network:
        yield network
    for number in count(2):
        yield f"{network} {number}".lstrip()
