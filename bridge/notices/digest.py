"""Small facts that nobody wants a line for each: who came and went, who reacted with what. They are kept in
memory only, and told together.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from bridge.clock import SYSTEM, Clock
from bridge.compose.digest import Reaction
from bridge.compose.forging import listed
from bridge.compose.snippets import because, names
from bridge.identity import safe_name
from bridge.language import Locale
from bridge.model import Change, MemberChanged, UserId

from .announcer import Place, Told

__all__ = ["Digests"]

_PAUSE = 30.0
"""Seconds between two such lines in a room."""
_MOST = 2000
"""So many facts of a room are kept until they are told."""
_QUIET = 300.0
"""Seconds in which a phrase is said once."""
_TOGETHER = 4
"""So many who leave for the same reason are a number."""


@dataclass(slots=True)
class _Phrase:
    """What is said of messages that cannot be shown: said of one, and counted of those that follow."""

    seq: int
    until: float
    """By the monotonic clock, when the others are told."""
    people: dict[str, None] = field(default_factory=dict)
    count: int = 0


@dataclass(slots=True)
class _Kept:
    """What is to be told in one room."""

    told: float = -_PAUSE
    members: dict[tuple[int, UserId], list[MemberChanged]] = field(default_factory=dict)
    """By source and person, in order."""
    reactions: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    """By what was reacted to and with: who did, in order."""


class Digests:
    """Collects such facts for each room, and tells them."""

    def __init__(
        self, say: Callable[[int, Iterable[int], Told], None], place: Place, clock: Clock = SYSTEM
    ) -> None:
        """`say` says something about a room in other rooms; `place` names a room."""
        self._say = say
        self._clock = clock
        self._place = place
        self._rooms: dict[int, _Kept] = {}
        self._renamed: set[tuple[int, str]] = set()
        """New names that were not told of everywhere, by source."""
        self._phrases: dict[tuple[int, int, str], _Phrase] = {}
        """By room, source and phrase."""

    def member(self, source: int, rooms: Iterable[int], event: MemberChanged) -> None:
        """Note that somebody came or went; these rooms want to know."""
        for room in rooms:
            members = self._rooms.setdefault(room, _Kept()).members
            if len(members) < _MOST:
                changes = members.setdefault((source, event.sender.id), [])
                if changes and _undoes(changes[-1], event):
                    changes.pop()
                elif len(changes) < _TOGETHER:
                    changes.append(event)
                    if event.change is Change.RENAMED:
                        self._renamed.add((source, event.name))

    def speaks(self, source: int, name: str) -> None:
        """Tell that somebody goes by a new name, if they do: they are about to say something."""
        if not self._renamed or (source, name) not in self._renamed:
            return
        for room, kept in list(self._rooms.items()):
            changes = [one for (where, _), all_ in kept.members.items() if where == source for one in all_]
            if any(one.change is Change.RENAMED and one.name == name for one in changes):
                kept.members = {key: all_ for key, all_ in kept.members.items() if key[0] != source}
                self._say(source, [room], partial(_members, changes, partial(self._place, source)))
        self._renamed.discard((source, name))

    def reacted(self, room: int, reaction: Reaction) -> None:
        """Note that somebody reacted to something, and this room cannot show it otherwise."""
        reactions = self._rooms.setdefault(room, _Kept()).reactions
        for (to, emoji), people in list(reactions.items()):
            if to == reaction.to and (reaction.gone is None or emoji in reaction.gone):
                people.pop(reaction.who, None)
        for emoji in reaction.now:
            if len(reactions) < _MOST:
                people = reactions.setdefault((reaction.to, emoji), {})
                if len(people) < _MOST:
                    people[reaction.who] = None

    def repeated(self, room: int, source: int, seq: int, who: str, phrase: str) -> bool:
        """Whether a room was told this phrase of a message in another a short time ago, and can be shown no
        more of this one either: then it is told with others later.
        """
        now = self._clock.monotonic()
        known = self._phrases.get((room, source, phrase))
        if known is None or (not known.count and now >= known.until):
            if len(self._phrases) < _MOST:
                self._phrases[room, source, phrase] = _Phrase(seq, now + _QUIET)
            return False
        if known.seq == seq:  # it is said again, since nobody knows that it arrived
            return False
        known.count += 1
        if len(known.people) < _MOST:
            known.people[who] = None
        return True

    def patrol(self) -> None:
        """Tell what is due: every few seconds."""
        now = self._clock.monotonic()
        self._repeat_phrases(now)
        for room, kept in list(self._rooms.items()):
            if now - kept.told < _PAUSE:
                continue
            if not kept.members and not kept.reactions:
                del self._rooms[room]
                continue
            self._rooms[room] = _Kept(told=now)
            for source in dict.fromkeys(source for source, _ in kept.members):
                changes = [c for (s, _), all_ in kept.members.items() if s == source for c in all_]
                if changes:
                    self._say(source, [room], partial(_members, changes, partial(self._place, source)))
            if reactions := {what: people for what, people in kept.reactions.items() if people}:
                for told in _reactions(reactions):
                    self._say(room, [room], told)
        if not any(kept.members for kept in self._rooms.values()):
            self._renamed.clear()

    def _repeat_phrases(self, now: float) -> None:
        for (room, source, phrase), kept in list(self._phrases.items()):
            if now < kept.until:
                continue
            del self._phrases[room, source, phrase]
            if kept.count:
                self._phrases[room, source, phrase] = _Phrase(0, now + _QUIET)
                self._say(source, [room], partial(_more_of, kept, phrase))


def _more_of(kept: _Phrase, phrase: str, locale: Locale) -> str:
    return locale.ngettext(
        "{names}: {phrase}, once more",
        "{names}: {phrase}, {number} times more",
        kept.count,
        names=names(locale, list(kept.people)),
        phrase=locale.gettext(phrase),
    )


def _undoes(before: MemberChanged, after: MemberChanged) -> bool:
    """Whether somebody who came has gone again, or the other way round: nobody missed anything."""
    return {before.change, after.change} == {Change.JOINED, Change.LEFT}


def _members(changes: list[MemberChanged], place: Told, locale: Locale) -> str:
    """Say in one line who came and went."""
    told: list[str] = []
    came = [safe_name(event.sender.name) for event in changes if event.change is Change.JOINED]
    if came:
        told.append(locale.gettext("{names} came", names=names(locale, came)))
    left: dict[str, list[str]] = {}
    for event in changes:
        if event.change is Change.LEFT:
            left.setdefault(event.reason, []).append(safe_name(event.sender.name))
    alone = [name for people in left.values() if len(people) < _TOGETHER for name in people]
    if alone:
        told.append(locale.gettext("{names} left", names=names(locale, alone)))
    for reason, people in left.items():
        if len(people) >= _TOGETHER:
            many = locale.ngettext("{number} person left", "{number} people left", len(people))
            told.append(because(locale, many, reason))
    several: dict[tuple[Change, str, str], list[str]] = {}
    for event in changes:
        if event.change not in (Change.JOINED, Change.LEFT):
            by = event.by.name if event.by is not None else ""
            to = (
                (event.change, event.name, "")
                if event.change is Change.RENAMED
                else (event.change, by, event.reason)
            )
            several.setdefault(to, []).append(safe_name(event.sender.name))
    told += [_done(what, people, locale) for what, people in list(several.items())[:_TOGETHER]]
    more = sum(len(people) for people in list(several.values())[_TOGETHER:])
    if more:
        told.append(locale.ngettext("{number} more change", "{number} more changes", more))
    return locale.gettext("{room}: {changes}", room=place(locale), changes=locale.gettext("; ").join(told))


def _done(what: tuple[Change, str, str], people: list[str], locale: Locale) -> str:
    """Say that somebody goes by another name, or was put out: by whom and why, if that is known."""
    change, other, reason = what
    who, count = names(locale, people), len(people)
    if change is Change.RENAMED:
        return locale.gettext("{names} is now {other}", names=who, other=listed(safe_name(other)))
    other = listed(safe_name(other)) if other else ""
    match change, bool(other):
        case Change.KICKED, False:
            told = locale.ngettext("{names} was kicked", "{names} were kicked", count, names=who)
        case Change.KICKED, True:
            told = locale.ngettext(
                "{names} was kicked by {other}",
                "{names} were kicked by {other}",
                count,
                names=who,
                other=other,
            )
        case _, False:
            told = locale.ngettext("{names} was banned", "{names} were banned", count, names=who)
        case _:
            told = locale.ngettext(
                "{names} was banned by {other}",
                "{names} were banned by {other}",
                count,
                names=who,
                other=other,
            )
    return because(locale, told, reason)


def _reactions(kept: dict[tuple[str, str], dict[str, None]]) -> Iterator[Told]:
    """Yield one line for each message: who reacted to it with what."""
    messages: dict[str, list[tuple[str, list[str]]]] = {}
    for (to, emoji), people in kept.items():
        messages.setdefault(to, []).append((emoji, list(people)))
    for to, reactions in list(messages.items())[:_TOGETHER]:
        yield partial(_reacted, to, reactions)
    if len(messages) > _TOGETHER:
        yield partial(_reacted_to_more, len(messages) - _TOGETHER)


def _reacted(to: str, reactions: list[tuple[str, list[str]]], locale: Locale) -> str:
    told = locale.gettext("; ").join([f"{emoji} {names(locale, people)}" for emoji, people in reactions])
    return locale.gettext("Reactions to {message}: {reactions}", message=to, reactions=told)


def _reacted_to_more(count: int, locale: Locale) -> str:
    return locale.ngettext("Reactions to {number} more message", "Reactions to {number} more messages", count)
