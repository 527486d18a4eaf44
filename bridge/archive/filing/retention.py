"""Decides how long an entry is kept, and whether it has to go now.

An entry is kept for as long as its conversation says (`keep`); where it has a tag that says something else,
or is about an entry that has one, for as long as the tag says, of several the longest; and never longer than
its room's network wants. A hold beats all of that. What expires goes whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from bridge.archive.store import Entry, Reader, State

from .holds import Holds
from .tags import TagsOf

__all__ = ["RETENTION", "KeepRules", "Sweep", "cuts"]

RETENTION = "retention"
"""Why entries went, in the archive's own words."""
_NEVER = float("inf")
_BREATH = 256
"""After so many entries somebody else has a chance."""


class KeepRules(msgspec.Struct, frozen=True, kw_only=True):
    """For how long what is kept, in seconds."""

    conversations: Mapping[str, float] = {}
    """All that the archive has, also those that are not archived any more."""
    tags: Mapping[str, float] = {}
    rooms: tuple[tuple[str, str, float], ...] = ()
    """Rooms whose own networks want what is said there to be kept no longer: network, room, seconds."""

    def bounds(self) -> dict[tuple[str, str], float]:
        """Return what networks want, by network and room."""
        return {(network, room): seconds for network, room, seconds in self.rooms}

    def times(self, conversation: str) -> set[float]:
        """Return all the times for which something of a conversation may be kept."""
        known = {*self.tags.values(), *self.bounds().values()}
        return known | {self.conversations[conversation]} if conversation in self.conversations else known


class _Judge:
    """Says of entries until when they stay."""

    def __init__(self, rules: KeepRules, tags: TagsOf) -> None:
        self._rules = rules
        self._bounds = rules.bounds()
        self._tags = tags

    def has_expired(self, entry: Entry, now: float) -> bool:
        """Whether an entry that has a header is kept no longer."""
        header = entry.header
        if header is None:
            return False
        keep = self._rules.conversations.get(entry.conversation, _NEVER)
        tags = self._tags(entry.conversation, entry.position, header.about)
        filed = [self._rules.tags[tag] for tag in tags if tag in self._rules.tags]
        keep = max(filed) if filed else keep
        return header.at + min(keep, self._bounds.get((header.network, header.room), _NEVER)) <= now


@dataclass(frozen=True, slots=True)
class Sweep:
    """One look through the archive for what has to go."""

    reader: Reader
    rules: KeepRules
    tags: TagsOf
    holds: Holds

    def expired(self, now: float, before: float | None) -> Iterator[int | None]:
        """Yield the numbers of all entries that have to go now; and None now and then in between, so that
        whoever asks can do something else.

        Where nothing else changed since a look `before`, in seconds since 1970, only what came of age since
        then is looked at; None: all is.
        """
        judge = _Judge(self.rules, self.tags)
        for info in self.reader.conversations():
            for since, until in _windows(self.rules.times(info.name), now, before):
                found = self.reader.entries(info.name, since=since, until=until)
                for count, entry in enumerate(found, 1):
                    if count % _BREATH == 0:
                        yield None
                    if judge.has_expired(entry, now) and not self.holds.holds(self.reader, entry):
                        yield entry.number
            yield None


def _windows(times: Iterable[float], now: float, before: float | None) -> list[tuple[float | None, float]]:
    """Return when what was said came of age since a look before, from one moment to another."""
    if not (times := sorted(times, reverse=True)):
        return []
    if before is None:
        return [(None, now - times[-1])]
    found: list[tuple[float | None, float]] = []
    for keep in times:
        since, until = before - keep, now - keep
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], until
        else:
            found.append((since, until))
    return found


def cuts(reader: Reader) -> Iterator[tuple[str, int]]:
    """Yield the conversations of which nothing is left up to a place that was signed, each with the last such
    place: up to there the chain can go.
    """
    for info in reader.conversations():
        signed = [head.position for _, head in reader.signed(info.name) if head.position > info.start]
        if not signed:
            continue
        bare = _bare_until(reader, info.name, info.start, max(signed))
        if places := [place for place in signed if place <= bare]:
            yield info.name, max(places)


def _bare_until(reader: Reader, conversation: str, start: int, end: int) -> int:
    """Return the last place up to which nothing but what stands for entries in the chain is left."""
    place = start
    for entry in reader.entries(conversation):
        if entry.state < State.BARE or entry.position > end:
            break
        place = entry.position
    return place
