"""Tags: words by which people file what was said. They stand beside the chains, so that they change nothing
of what is proved.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeAlias

import msgspec

from bridge.config.filing import tag_name

from .notes import FiledNotes, FilingNotes, read_notes, write_note

__all__ = ["Tagged", "TagsOf", "add_tag", "all_tags", "forget_taggers", "numbers_of", "remove_tag", "tags_of"]

_KIND = "tag"


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of one conversation that has a tag, or one entry: with what is about these."""

    tag: str
    conversation: str
    first: int
    last: int
    """Numbers in the archive; those between them that are of this conversation are meant."""
    first_position: int
    last_position: int
    """The same by their places in the chain."""
    at: float
    """When it was tagged."""
    by: str = ""
    """By whom, as `network/id`; empty: by the owner."""
    name: str = ""
    """What they are called."""


TagsOf: TypeAlias = Callable[[str, int, int], frozenset[str]]
"""Gives the tags of an entry: by its conversation, its place, and the place of what it is about."""


def add_tag(notes: FilingNotes, tagged: Tagged) -> bool:
    """Keep a tag. Returns whether that is new: the same stretch may have it already."""
    key = _key(tagged)
    if notes.note(_KIND, key) is not None:
        return False
    write_note(notes, _KIND, key, tagged)
    return True


def remove_tag(notes: FilingNotes, tagged: Tagged) -> None:
    """Keep a tag no more."""
    notes.put_note(_KIND, _key(tagged), None)


def forget_taggers(notes: FilingNotes, people: Collection[str]) -> None:
    """Let nobody know any more which of these gave which tag: each is meant as `network/id`."""
    for one in all_tags(notes):
        if one.by in people:
            write_note(notes, _KIND, _key(one), msgspec.structs.replace(one, by="", name=""))


def all_tags(notes: FiledNotes, tag: str = "", conversation: str = "") -> list[Tagged]:
    """Return all that is tagged, by tag and place: with this tag, and in this conversation."""
    found = read_notes(notes, _KIND, Tagged, f"{tag}\x1f" if tag else "")
    return [one for _, one in found if not conversation or one.conversation == conversation]


def numbers_of(notes: FiledNotes, tag: str) -> dict[str, list[tuple[int, int]]]:
    """Return what has a tag, for a search: of each conversation the stretches, each from one number to
    another, in order; they may lie in each other.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    try:
        tag = tag_name(tag)
    except ValueError:
        return found
    for one in all_tags(notes, tag):
        found.setdefault(one.conversation, []).append((one.first, one.last))
    return {conversation: sorted(stretches) for conversation, stretches in found.items()}


def tags_of(tagged: Iterable[Tagged]) -> TagsOf:
    """Return what gives the tags of entries, quickly also where there are many."""
    by_tag: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one in tagged:
        by_tag.setdefault((one.conversation, one.tag), []).append((one.first_position, one.last_position))
    known: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for (conversation, tag), stretches in by_tag.items():
        known.setdefault(conversation, {})[tag] = list(_apart(stretches))

    def tags(conversation: str, position: int, about: int) -> frozenset[str]:
        return frozenset(
            tag
            for tag, stretches in known.get(conversation, {}).items()
            if _within(stretches, position) or (about and _within(stretches, about))
        )

    return tags


def _apart(stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the same stretches in order, with those that touch as one."""
    begun: tuple[int, int] | None = None
    for first, last in sorted(stretches):
        if begun is not None and first <= begun[1] + 1:
            begun = begun[0], max(begun[1], last)
            continue
        if begun is not None:
            yield begun
        begun = first, last
    if begun is not None:
        yield begun


def _within(stretches: list[tuple[int, int]], place: int) -> bool:
    found = bisect_right(stretches, (place, 1 << 62)) - 1
    return found >= 0 and stretches[found][0] <= place <= stretches[found][1]


def _key(tagged: Tagged) -> str:
    return f"{tagged.tag}\x1f{tagged.conversation}\x1f{tagged.first:015}\x1f{tagged.last:015}"
