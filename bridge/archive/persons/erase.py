"""Erases a person: what the archive has of them, as far as no hold wants it kept.

What they did goes whole, with their names and ids: so do copies of what they said, which bear their name,
their files, and where it is told that they put somebody out. Words of others stay, also where these quote or
name them, unless the owner wants those words gone too. What went is written over in the file; its place in
the chain stays, so that the rest is proved as before.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from bridge.archive.filing.holds import Holds
from bridge.archive.filing.notes import FiledNotes, read_notes, write_note
from bridge.archive.filing.tags import forget_taggers
from bridge.archive.store import Entry, Reader, ScopeKind, Store

from .finding import KnownPerson
from .traces import Trace, Traces

__all__ = ["PERSON", "Erasure", "ErasurePlan", "carry_out", "pending_erasures", "plan_erasure"]

PERSON = "person"
"""Why entries went, in the archive's own words, which tell of nobody."""
_KIND = "erasure"
_STEP = 1000


@dataclass(slots=True)
class ErasurePlan:
    """What an erasure takes, and what it leaves."""

    whole: list[int] = field(default_factory=list)
    """The numbers of entries that go whole."""
    words: list[int] = field(default_factory=list)
    """Those of which the words go: others quote or name them there."""
    counts: Counter[Trace] = field(default_factory=Counter)
    """How many entries have to do with them, by what, without those that are held."""
    conversations: Counter[str] = field(default_factory=Counter)
    """Of how many entries something goes, by conversation."""
    held: Counter[str] = field(default_factory=Counter)
    """How many stay for each hold."""
    kept: int = 0
    """How many stay for any."""
    ids: set[tuple[str, str]] = field(default_factory=set)
    """Under which ids they are known, by network."""
    kept_ids: set[tuple[str, str]] = field(default_factory=set)
    """Those of them that stay, since something that they did is held."""


def plan_erasure(reader: Reader, people: Collection[str], holds: Holds, *, mentions: bool) -> ErasurePlan:
    """Look through the whole archive. `people` are meant: each as `network/id`; with `mentions` also words of
    others go in which they are quoted or named.
    """
    traces, plan = Traces(people), ErasurePlan()
    for entry in reader.entries():
        if (header := entry.header) is None:
            continue
        if (trace := traces.look(entry.conversation, entry.position, header, entry.words)) is None:
            continue
        known = {(header.network, header.by.id)} if header.by is not None and trace is Trace.SAID else set()
        if names := _holding(reader, holds, entry):
            plan.kept += 1
            plan.held.update(names)
            plan.kept_ids |= known
            continue
        plan.counts[trace] += 1
        if trace is Trace.QUOTED and not mentions:
            continue
        plan.conversations[entry.conversation] += 1
        (plan.words if trace is Trace.QUOTED else plan.whole).append(entry.number)
        plan.ids |= known
    return plan


def _holding(reader: Reader, holds: Holds, entry: Entry) -> Sequence[str]:
    return holds.holding(entry, lambda position: reader.at(entry.conversation, position))


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to erase. It is kept while something of them is held, so that this goes once it is not."""

    people: tuple[KnownPerson, ...]
    mentions: bool = False
    at: float
    """When it was asked for."""


def pending_erasures(notes: FiledNotes) -> list[Erasure]:
    """Return the erasures that are not whole yet."""
    return [one for _, one in read_notes(notes, _KIND, Erasure)]


def carry_out(store: Store, plan: ErasurePlan, erasure: Erasure) -> None:
    """Erase what a plan takes, and keep in mind what it has to leave."""
    key = f"{erasure.at:.6f}"
    if plan.kept:
        write_note(store, _KIND, key, erasure)
    for numbers in _steps(plan.whole):
        store.take_whole(numbers, PERSON)
    for numbers in _steps(plan.words):
        store.take_words(numbers, PERSON)
    forget_taggers(store, {one.key for one in erasure.people})
    for known in sorted(plan.ids - plan.kept_ids):
        store.forget(ScopeKind.PERSON, *known)
    if not plan.kept:
        store.put_note(_KIND, key, None)


def _steps(numbers: Sequence[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while step := list(islice(rest, _STEP)):
        yield step
