"""Tells people of one name apart who are in a room together, there or through us.

Who is in the room itself has their name, whether they speak or not; of all others, who had it first. The next
is "Ada (libera)", or "Ada (2)" if their networks are the same. Somebody is there for six hours after their
last word, unless they are seen to leave: so nobody who comes back under another id stays a namesake of
themselves. Of the room's own people all are there of whom its network says so.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from bridge.clock import SYSTEM, Clock
from bridge.identity import safe_name
from bridge.looks import is_labelled, look, looks_like
from bridge.model import US, Sender, UserId

__all__ = ["HUBBUB", "Namesakes"]

HUBBUB = Sender(US, "Hubbub")
"""Who speaks when Hubbub itself has something to tell. Nobody else is called that."""

_HUBBUB = look(HUBBUB.name)
_THERE = 6 * 3600.0
"""Seconds."""
_MOST = 2000

Person = tuple[str, UserId]
"""A network, and who it is there."""


@dataclass(slots=True, eq=False)
class _Stay:
    """Somebody is there, under one name."""

    person: Person
    name: str
    shown: str
    """The name, safe to show."""
    look: str
    spoke: float
    """When they did last, by the monotonic clock."""
    form: Callable[[str], str] = str
    """Returns a safe name as it is shown where it stands."""
    gone: bool = False


class Namesakes:
    """Knows who goes by which name in one room."""

    def __init__(
        self,
        own: str,
        before: Callable[[float], Iterable[tuple[str | None, Sender]]],
        is_present: Callable[[str], bool],
        clock: Clock = SYSTEM,
    ) -> None:
        """`own` is the room's network; `before` gives who was heard in the last so many seconds, and on
        which network, None for the room itself, the first first: asked when it is needed. `is_present` tells
        whether somebody of the room itself bears a name, as far as that is known.
        """
        self._clock = clock
        self._own = own
        self._before, self._is_recalled = before, False
        self._is_present = is_present
        self.unique: Collection[str] = ()
        """The networks where no two people in one room bear the same name: a newcomer there with the name of
        somebody else has it after them."""
        self._networks = frozenset[str]()
        self._protected: tuple[str, ...] = ()
        self._there: dict[Person, _Stay] = {}
        self._claims: dict[tuple[str, str], list[_Stay]] = {}
        """Who wants to be shown by a name, the first first: their own, or what tells them apart; by network
        too, for where that stands beside the name."""

    def follow(self, networks: Collection[str], protected: tuple[str, ...]) -> None:
        """Go by these rules from now on. `networks` are all that there are: nobody's own name ends as if they
        were told apart by one. `protected` are patterns of names that nobody on another network has as they
        are.
        """
        self._networks, self._protected = frozenset(networks), protected

    def hear(self, networks: Callable[[], Collection[str]]) -> None:
        """Know people of these networks alone from now on, which are asked for where anybody is known. Where
        one is gone it may have another name by now, and its people are no namesakes of themselves: who is
        there is asked anew.
        """
        if self._there and {network for network, _ in self._there}.difference(networks()):
            self._there.clear()
            self._claims.clear()
            self._is_recalled = False

    def spoke(self, sender: Sender) -> None:
        """Note that somebody says something in the room itself, where their name is theirs."""
        self._come((self._own, sender.id), sender.name, str)

    def left(self, network: str, user: UserId) -> None:
        """Note that somebody is there no more, or no more by that name."""
        if (stay := self._there.pop((network, user), None)) is not None:
            stay.gone = True

    def speaking(self, network: str, sender: Sender, *, told: bool, form: Callable[[str], str] = str) -> str:
        """Name somebody whose words come to the room, safe to show. `told`: their network stands
        beside the name. `form` returns a safe name as it is shown where this one stands.
        """
        stay = self._come((network, sender.id), sender.name, form)
        shown = name = stay.shown
        for space in ("", network) if told else ("",):
            shown = name
            if (
                len(self._claims[space, stay.look]) > 1
                or self._is_kept(space, name, stay.look, network)
                or self._is_reserved(space, name, network)
            ):
                shown = self._shown(stay.person, name, space, stay)
                self._claim(space, look(shown), stay)
        return shown

    def called(self, network: str, sender: Sender) -> str:
        """Name somebody who is spoken of, where no network stands beside the name. They take no
        name by that. Some networks name who moderates otherwise than who speaks.
        """
        self._recall()
        person, name = (network, sender.id), safe_name(sender.name)
        stay = self._there.get(person) or self._holder(network, look(name))
        if stay is not None and stay.name == sender.name:
            name = stay.shown
        return self._shown(stay.person if stay is not None else person, name, "", stay)

    def means_another(self, network: str, name: str) -> bool:
        """Whether this name, said by somebody on another network, means somebody who is not of the room
        itself: of their own network, or as it is told apart.
        """
        first, _, label = name.removesuffix(")").rpartition(" (")
        named = ((network, name), (label.partition(" ")[0], first))
        return any(one != self._own and self._holder(one, look(safe_name(who))) for one, who in named)

    def _shown(self, person: Person, name: str, space: str, stay: _Stay | None) -> str:
        reserved = self._is_reserved(space, name, person[0])
        if not reserved and self._is_free(space, name, person, stay):
            return name
        seen = look(name)
        kept = reserved or self._is_kept(space, name, seen, person[0])
        holder = None if kept else self._holder(space, seen)
        alike = holder is not None and holder.person[0] == person[0]
        form = stay.form if stay is not None else str
        labelled = (form(f"{name} ({label})") for label in _labels("" if alike else person[0]))
        return next(other for other in labelled if self._is_free(space, other, person, stay))

    def _is_reserved(self, space: str, name: str, network: str) -> bool:
        """Whether somebody on a network has such a name only with a label after it."""
        if is_labelled(name, self._networks):
            return True
        elsewhere = not space and network != self._own
        return elsewhere and bool(self._protected) and looks_like(name, self._protected)

    def _is_kept(self, space: str, name: str, seen: str, network: str) -> bool:
        """Whether nobody on a network can have the name, which looks so: it is Hubbub's, or of somebody in
        the room itself, who may be silent.
        """
        if seen == _HUBBUB:
            return True
        return not space and network != self._own and self._is_present(name)

    def _is_free(self, space: str, name: str, person: Person, stay: _Stay | None) -> bool:
        seen = look(name)
        if self._is_kept(space, name, seen, person[0]):
            return False
        holder = self._holder(space, seen)
        if holder is None or holder is stay:
            return True
        called = stay.name if stay is not None else name
        network, _ = holder.person
        return network == person[0] and network in self.unique and holder.name.lower() == called.lower()

    def _holder(self, space: str, seen: str) -> _Stay | None:
        """Find whose name it is: of those who are there, somebody of the room itself, or who had it first."""
        now = self._clock.monotonic()
        there = [
            stay
            for stay in self._claims.get((space, seen), ())
            if _is_there(stay, now) and not self._is_missed(stay)
        ]
        return next((stay for stay in there if stay.person[0] == self._own), there[0] if there else None)

    def _is_missed(self, stay: _Stay) -> bool:
        """Whether somebody of the room itself has left, as it tells where it tells of all: a last word may
        come here after that, and after a restart nobody knows who left meanwhile.
        """
        own = stay.person[0] == self._own
        return own and self._own in self.unique and not self._is_present(stay.name)

    def _recall(self) -> None:
        if not self._is_recalled:
            self._is_recalled = True
            for network, sender in self._before(_THERE):
                if network is None:
                    self.spoke(sender)
                else:
                    self.speaking(network, sender, told=True)

    def _come(self, person: Person, name: str, form: Callable[[str], str]) -> _Stay:
        now, stay = self._clock.monotonic(), self._there.get(person)
        if stay is not None and stay.name == name and stay.form is form and now - stay.spoke < _THERE:
            stay.spoke = now
            return stay
        self._recall()
        shown = form(safe_name(name))
        seen = look(shown)
        if (stay := self._there.pop(person, None)) is not None:
            stay.gone = stay.look != seen or not _is_there(stay, now)
        if stay is None or stay.gone:
            stay = _Stay(person, name, shown, seen, now)
        stay.name, stay.shown, stay.form, stay.spoke = name, shown, form, now
        self._there[person] = stay
        for space in ("", person[0]):
            self._claim(space, seen, stay)
        if len(self._there) > _MOST or len(self._claims) > 4 * _MOST:
            self._forget(now)
        return stay

    def _claim(self, space: str, seen: str, stay: _Stay) -> None:
        claims = self._claims.setdefault((space, seen), [])
        if stay not in claims:
            now = self._clock.monotonic()
            claims[:] = [other for other in claims if _is_there(other, now)]
            claims.append(stay)

    def _forget(self, now: float) -> None:
        """Keep those alone who spoke last."""
        last = sorted(self._there.values(), key=lambda stay: stay.spoke)
        for stay in last[: -_MOST // 2]:
            self.left(*stay.person)
        there = {key: [stay for stay in stays if _is_there(stay, now)] for key, stays in self._claims.items()}
        self._claims = {key: stays for key, stays in there.items() if stays}


def _is_there(stay: _Stay, now: float) -> bool:
    return not stay.gone and now - stay.spoke < _THERE


def _labels(network: str) -> Iterator[str]:
    """Yield what may tell somebody apart, the best first."""
    if network:
        yield network
    for number in count(2):
        yield f"{network} {number}".lstrip()
