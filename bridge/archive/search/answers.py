"""Answers a question: newest first, or the best first; page by page; and never for longer than it may."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.archive.entries import EntryKind
from bridge.archive.store import Entry, Reader
from bridge.clock import SYSTEM
from bridge.errors import ArchiveError
from bridge.language import ENGLISH, N_, Locale

from .plan import Lookup, Stretches, Tagged, plan_for
from .query import Key, Query
from .rank import ranks
from .reach import Readable
from .snippets import Piece, marked, snippet
from .texts import text_of

__all__ = ["CAP", "Hit", "Searched", "ask"]

CAP = 1000
"""So many of the newest that match are compared, where the best are asked for."""
_FIRST, _MOST = 32, 2048
"""So many candidates are asked of the index at once: at first, and at most."""
_ENDLESS = 1 << 62
_NO_KEY = N_("{value} was looked for as words: conditions begin with {known}")
_STOPPED = N_("The search took too long and was stopped: ask for rarer words, or for a shorter time.")


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found."""

    entry: Entry
    """The version of it that has what was asked for: a message, or an edit of one."""
    root: Entry
    """The message itself; of what was never edited the same."""
    newest: Entry | None
    """The newest version, where that is another one: it has not what was asked for."""
    query: Query

    @property
    def text(self) -> str:
        """What was said in that version, with what its files are called, each on a line of its own."""
        return text_of(self.entry)

    @property
    def newest_text(self) -> str:
        """The same of the newest version."""
        return text_of(self.newest or self.entry)

    def marked(self) -> list[Piece]:
        """Return the text in pieces: what was asked for is marked."""
        return marked(self.text, self.query.wanted)

    def snippet(self, width: int) -> list[Piece]:
        """Return the part of the text that was asked for, on one line of so many characters at most."""
        return snippet(self.text, self.query.wanted, width)


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found of a question."""

    hits: Sequence[Hit]
    before: int | None = None
    """There may be more, with smaller numbers than this; None: that is all, or the best of it."""
    compared: int | None = None
    """So many of more were compared for the best; None: all."""
    stopped: bool = False
    """Whether it took too long."""
    unknown: Sequence[str] = ()
    """What nobody and nothing is called, as it was typed: for the owner alone."""
    doubted: Sequence[str] = ()
    """What was looked for as words, and looks like a condition."""

    def told(self, locale: Locale = ENGLISH) -> list[str]:
        """Return what is to be said of it beside the hits."""
        found = [locale.gettext("Nothing here is called {name}.", name=name) for name in self.unknown]
        if not self.hits:
            known = ", ".join(f"{key}:" for key in Key)
            found += [locale.gettext(_NO_KEY, value=one, known=known) for one in self.doubted]
        if self.stopped:
            found.append(locale.gettext(_STOPPED))
        if self.compared is not None:
            found.append(
                locale.gettext("These are the best of the newest {count} that match.", count=self.compared)
            )
        return found


def _no_tags(_: str) -> Stretches:
    return {}


def ask(  # noqa: PLR0913 -- by name, but for the first
    query: Query,
    reader: Reader,
    *,
    reach: Readable | None = None,
    tagged: Tagged = _no_tags,
    limit: int = 20,
    before: int | None = None,
    best: bool = False,
    seconds: float = 5.0,
) -> Searched:
    """Return what a question finds within a reach; None: everywhere.

    `limit` is how many at most; with `before` only what has smaller numbers, to turn a page. `best` puts the
    best of the newest `CAP` that match first, instead of the newest. What takes longer than `seconds` is
    stopped: what was found until then is the answer. Raises QueryError, and ArchiveError where the archive
    cannot be read.
    """
    best = best and bool(query.wanted)
    wanted = CAP if best else limit
    until = SYSTEM.monotonic() + seconds
    found, unknown, stopped = list[Hit](), list[str](), False
    try:
        with reader.stop_after(seconds):
            plan = plan_for(query, reader, reach, tagged)
            unknown += plan.unknown
            for hit in _hits(plan, reader, reach, _ENDLESS if before is None else before):
                found.append(hit)
                if len(found) > wanted:
                    break
    except ArchiveError:
        if SYSTEM.monotonic() < until:
            raise
        stopped = True
    more = len(found) > wanted
    del found[wanted:]
    if best:
        compared = CAP if more else None
        return Searched(_best(found, query, limit), None, compared, stopped, unknown, query.doubted)
    page = found[-1].entry.number if found and (more or stopped) else None
    return Searched(found, page, None, stopped, unknown, query.doubted)


def _best(found: Sequence[Hit], query: Query, limit: int) -> list[Hit]:
    """Return the best, of two that are as good the newer first."""
    rank = ranks([hit.text for hit in found], query.wanted)
    places = heapq.nlargest(limit, range(len(found)), key=lambda place: (rank[place], -place))
    return [found[place] for place in places]


def _hits(plan: Lookup, reader: Reader, reach: Readable | None, before: int) -> Iterator[Hit]:
    """Yield what is found, the newest version first: each message once, by the newest version that matches.
    What its author took back is none.
    """
    seen = set[tuple[str, int]]()
    for entry in _entries(plan, reader, before):
        if (place := _place(entry)) in seen:  # what is so of its newest version that matches is so of others
            continue
        seen.add(place)
        root = _root(entry, reader)
        about = reader.versions(root)
        kinds = {one.header.kind for one in about if one.header is not None}
        if EntryKind.REMOVAL in kinds or not plan.has_tags(root):
            continue
        if reach is not None and not reach.takes(root, about):
            continue
        later = [one for one in about if one.number > entry.number and _is_version(one)]
        if any(plan.takes(one) for one in later) or (later and plan.leaves_out(later[-1])):
            continue
        yield Hit(entry, root, later[-1] if later else None, plan.query)


def _entries(plan: Lookup, reader: Reader, before: int) -> Iterator[Entry]:
    """Yield the entries that a plan takes, newest first."""
    for number in _numbers(plan, reader, min(before, plan.before)):
        entry = reader.entry(number)
        if entry is not None and plan.takes(entry):
            yield entry


def _numbers(plan: Lookup, reader: Reader, before: int) -> Iterator[int]:
    """Yield the numbers of entries that a plan may take, newest first."""
    if not plan.expression:
        return
    if (few := plan.few()) is not None:
        known = {*few, *(one.number for number in few for one in _about(number, reader))}
        yield from sorted((number for number in known if plan.after < number < before), reverse=True)
        return
    count = _FIRST
    while True:
        numbers = list(reader.matching(plan.expression, limit=count, after=plan.after, before=before))
        yield from numbers
        if len(numbers) < count:
            return
        before, count = numbers[-1], min(4 * count, _MOST)


def _about(number: int, reader: Reader) -> Sequence[Entry]:
    entry = reader.entry(number)
    return () if entry is None else reader.versions(entry)


def _root(entry: Entry, reader: Reader) -> Entry:
    """Return the message that an entry is a version of."""
    place = _place(entry)
    return entry if place[1] == entry.position else reader.at(*place) or entry


def _place(entry: Entry) -> tuple[str, int]:
    """Return where the message stands that an entry is a version of."""
    header = entry.header
    edited = header.about if header is not None and header.kind is EntryKind.EDIT else 0
    return entry.conversation, edited or entry.position


def _is_version(entry: Entry) -> bool:
    return entry.header is not None and entry.header.kind is EntryKind.EDIT and entry.words is not None
