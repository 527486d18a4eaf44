"""Lets go in time what has to go: in steps, each short, so that what is new is filed in between.

A look through all of the archive is made at the start, once a day, and when something changed that decides
what stays; every hour in between, only what came of age since is looked at. In a whole look what had to stay
for a hold that is no more goes as well: words that their authors took back, and the rest of erased people.
"""

from collections.abc import Callable, Iterator, Mapping

from bridge.archive.entries import EntryKind, Header
from bridge.archive.keeping import kept_for, rooms_kept_for
from bridge.archive.persons.erase import Erasure, carry_out, pending_erasures, plan_erasure
from bridge.archive.store import Entry, Reader, State, Store
from bridge.clock import Clock

from .holds import Holds
from .retention import RETENTION, KeepRules, Sweep, cuts
from .tags import all_tags, tags_of
from .talks import erase_talk, pending_talks

__all__ = ["Housekeeping", "keep_rules"]

_HOUR, _DAY = 3600.0, 86_400.0
_AT_ONCE = 500
"""So many entries go in one step."""
_REMOVED = "removal"
"""Why words went that their author took back while they were held."""


def keep_rules(store: Store | Reader, tags: Mapping[str, float]) -> KeepRules:
    """Return for how long what is kept, as it is noted in the archive."""
    kept = {name: one.keep for name, one in kept_for(store).items()}
    return KeepRules(conversations=kept, tags=tags, rooms=tuple(rooms_kept_for(store)))


class Housekeeping:
    """Does it, for the one who writes the archive."""

    def __init__(self, store: Store, clock: Clock, tidy: Callable[[], None]) -> None:
        """`tidy` deletes the files that no entry has any more."""
        self._store = store
        self._clock = clock
        self._tidy = tidy
        self._tags: Mapping[str, float] = {}
        self._rules = KeepRules()
        self._looked: float | None = None
        """When the last look was begun; None: the next one is at everything."""
        self._whole = float("-inf")
        """When the last look at everything was begun."""
        self._work: Iterator[None] | None = None

    def follow(self, tags: Mapping[str, float]) -> None:
        """Keep what has these tags for so many seconds."""
        self._tags = dict(tags)

    def changed(self) -> None:
        """Look at everything soon: something that decides what stays is otherwise."""
        self._looked = None
        self._work = None

    def step(self) -> bool:
        """Do a little. Returns whether there is more to be done now."""
        if self._work is None:
            now = self._clock.now()
            rules = keep_rules(self._store, self._tags)
            if rules != self._rules:
                self._rules, self._looked = rules, None
            if self._looked is not None and now < self._looked + _HOUR:
                return self._store.scrub()
            if now >= self._whole + _DAY:
                self._looked = None
            self._work = self._round(now, self._looked)
        try:
            next(self._work)
        except StopIteration:
            self._work = None
        return True

    def _round(self, now: float, before: float | None) -> Iterator[None]:
        self._looked = now
        if before is None:
            self._whole = now
        gone = 0
        with self._store.reader() as reader:
            holds = Holds.kept_in(self._store)
            timed = (one for tag in self._rules.tags for one in all_tags(self._store, tag))
            sweep = Sweep(reader, self._rules, tags_of(timed), holds)
            for numbers in _in_steps(sweep.expired(now, before)):
                gone += self._store.take_whole(numbers, RETENTION) if numbers else 0
                yield
            if before is None:
                for numbers in _in_steps(_taken_back(reader, holds)):
                    gone += self._store.take_words(numbers, _REMOVED) if numbers else 0
                    yield
                for erasure in pending_erasures(self._store):
                    gone += self._erase(reader, erasure, holds)
                    yield
                for talk in pending_talks(self._store):
                    plan = erase_talk(self._store, reader, talk, holds)
                    gone += len(plan.whole) + len(plan.words)
                    yield
            if gone or before is None:
                for conversation, position in cuts(reader):
                    self._store.cut(conversation, position)
                    yield
        if gone:
            self._tidy()

    def _erase(self, reader: Reader, erasure: Erasure, holds: Holds) -> int:
        """Erase what had to stay. Returns of how many entries something went."""
        people = {one.key for one in erasure.people}
        plan = plan_erasure(reader, people, holds, mentions=erasure.mentions)
        carry_out(self._store, plan, erasure)
        return len(plan.whole) + len(plan.words)


def _taken_back(reader: Reader, holds: Holds) -> Iterator[int | None]:
    """Yield what still has words that were taken back, and that no hold keeps; None now and then."""
    for count, entry in enumerate(reader.entries()):
        if count % 256 == 0:
            yield None
        header = entry.header
        if header is None or header.kind is not EntryKind.REMOVAL or not header.about:
            continue
        root = reader.at(entry.conversation, header.about)
        if root is None or root.header is None or not _may_take_back(header, root.header):
            continue
        for said in _said_again(reader, root):
            if said.state is State.FULL and not holds.holds(reader, said):
                yield said.number


def _may_take_back(removal: Header, said: Header) -> bool:
    """Whether it was its author who took something back, or a moderator."""
    if removal.moderator:
        return True
    if removal.by is None or said.by is None or removal.network != said.network:
        return False
    return (removal.by.account or removal.by.id) == (said.by.account or said.by.id)


def _said_again(reader: Reader, root: Entry) -> Iterator[Entry]:
    yield root
    for version in reader.versions(root):
        if version.header is not None and version.header.kind is EntryKind.EDIT:
            yield version


def _in_steps(numbers: Iterator[int | None]) -> Iterator[list[int]]:
    """Yield numbers, so many at once, and nothing where it is somebody else's turn."""
    step: list[int] = []
    for number in numbers:
        if number is not None:
            step.append(number)
        if number is None or len(step) == _AT_ONCE:
            yield step
            step = []
    yield step
