"""Plans an answer: which entries may do, by the index, and whether one really does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bridge.archive.entries import EntryKind, Words
from bridge.archive.index import Belonging, mark, padded, texts_of
from bridge.archive.store import Entry, Reader

from .names import Fact, meant_by
from .query import Key, Query
from .reach import Readable

__all__ = ["Lookup", "Stretches", "Tagged", "plan_for"]

Stretches: TypeAlias = Mapping[str, Sequence[tuple[int, int]]]
"""Of each conversation from which entry to which, by number."""
Tagged: TypeAlias = Callable[[str], Stretches]
"""Gives what has a tag."""

_TALK = frozenset({EntryKind.MESSAGE, EntryKind.EDIT, EntryKind.TOPIC, EntryKind.NAME})
"""What is found where no kind is asked for."""
_FEW = 2000
"""So many entries that have a tag are looked through without the index."""
_ENDLESS = 1 << 62


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question as the archive understands it."""

    query: Query
    expression: str
    """Of FTS5: what has it may do; empty: nothing does."""
    after: int
    """What is looked for has a greater number,"""
    before: int
    """and a smaller one than this."""
    facts: Sequence[Fact]
    tagged: Sequence[tuple[Stretches, bool]]
    """What has a tag, and whether that is wanted."""
    unknown: Sequence[str]
    """What nobody and nothing is called, as it was typed."""

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is what is asked for, but for its tags."""
        header, words = entry.header, entry.words
        if header is None or words is None or not self.after < entry.number < self.before:
            return False
        query = self.query
        if query.since is not None and header.at < query.since:
            return False
        if query.until is not None and header.at >= query.until:
            return False
        return all(fact(header, entry) for fact in self.facts) and _says(query, words)

    def leaves_out(self, entry: Entry) -> bool:
        """Whether an entry has words that are not wanted."""
        return entry.words is not None and not _says(Query("", unwanted=self.query.unwanted), entry.words)

    def has_tags(self, root: Entry) -> bool:
        """Whether a message has the tags that are asked for."""
        return all(_within(root, stretches) == wanted for stretches, wanted in self.tagged)

    def few(self) -> Sequence[int] | None:
        """Return the numbers of all that has one of the tags that are asked for; None: these are too many, or
        no tag is asked for.
        """
        wanted = [list(stretches.values()) for stretches, wanted in self.tagged if wanted]
        if not wanted:
            return None
        spans = [span for some in wanted[0] for span in some]
        if sum(last + 1 - first for first, last in spans) > _FEW:
            return None
        return sorted({number for first, last in spans for number in range(first, last + 1)})


def plan_for(query: Query, reader: Reader, reach: Readable | None, tagged: Tagged) -> Lookup:
    """Return how a question is answered within a reach. Raises QueryError."""
    groups = [[phrase.expression] for phrase in query.wanted]
    out = [phrase.expression for phrase in query.unwanted if '" "' not in phrase.expression]
    facts, unknown = list[Fact](), list[str]()
    for key in (Key.FROM, Key.IN, Key.ON):
        if wanted := _values(query, key):
            meant = meant_by(key, wanted, reader)
            groups.append(meant.marks)
            facts.append(meant.fact(key))
            unknown += [f"{key}:{value}" for value in meant.unknown]
        if unwanted := _values(query, key, wanted=False):
            meant = meant_by(key, unwanted, reader)
            out += meant.marks
            facts.append(_not(meant.fact(key)))
    kinds = frozenset(map(EntryKind, _values(query, Key.KIND))) or _TALK
    kinds -= frozenset(map(EntryKind, _values(query, Key.KIND, wanted=False)))
    facts.append(lambda header, _: header.kind in kinds)
    if not (query.wanted and kinds <= _TALK):  # else nearly all that has the words is one of these
        groups.append([_term(Belonging.KIND, kind) for kind in sorted(kinds)])
    if _values(query, Key.HAS):
        groups.append([_term(Belonging.FILE)])
        facts.append(_has_file)
    if _values(query, Key.HAS, wanted=False):
        out.append(_term(Belonging.FILE))
        facts.append(_not(_has_file))
    after, before = 0, _ENDLESS
    if query.since is not None or query.until is not None:
        after, before = reader.between(query.since, query.until)
    if reach is not None:
        known = reader.conversation(reach.conversation)
        groups.append([_term(Belonging.CONVERSATION, known.number)] if known else [])
        after = max(after, reach.after)
    tags = [(one, tagged(one.value)) for one in query.conditions if one.key is Key.TAG]
    unknown += [f"tag:{one.value}" for one, stretches in tags if one.wanted and not stretches]
    wanted_tags = [(stretches, one.wanted) for one, stretches in tags]
    return Lookup(query, _expression(groups, out), after, before, facts, wanted_tags, unknown)


def _values(query: Query, key: Key, *, wanted: bool = True) -> list[str]:
    return [one.value for one in query.conditions if one.key is key and one.wanted == wanted]


def _not(fact: Fact) -> Fact:
    return lambda header, entry: not fact(header, entry)


def _has_file(_: object, entry: Entry) -> bool:
    return entry.words is not None and bool(entry.words.files)


def _term(of: Belonging, which: int | str = "") -> str:
    return f'"{mark(of, which)}"'


def _expression(groups: Sequence[Sequence[str]], out: Sequence[str]) -> str:
    """Return the expression for one at least of each group, and nothing of what is out."""
    if not all(groups):
        return ""
    found = " AND ".join(f"({' OR '.join(group)})" for group in groups)
    return f"({found}) NOT ({' OR '.join(out)})" if out else found


def _says(query: Query, words: Words) -> bool:
    if not query.wanted and not query.unwanted:
        return True
    texts = [padded(text) for text in texts_of(words) if text]

    def stands(needle: str) -> bool:
        return any(needle in text for text in texts)

    return all(stands(phrase.needle) for phrase in query.wanted) and not any(
        stands(phrase.needle) for phrase in query.unwanted
    )


def _within(root: Entry, stretches: Stretches) -> bool:
    return any(first <= root.number <= last for first, last in stretches.get(root.conversation, ()))
