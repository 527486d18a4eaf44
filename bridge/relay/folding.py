"""Small facts that nobody wants a line for each: who came and went, who reacted with what. They are kept in
memory only, and told together.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bridge.model import Change, MemberChanged, UserId

from .names import safe_name
from .notes import names

__all__ = ["Folding", "Reaction"]

_PAUSE = 30.0
"""Seconds between two such lines in a room."""
_MOST = 2000
"""So many facts of a room are kept until they are told."""
_TOGETHER = 4
"""So many who leave for the same reason are a number."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """Somebody's reactions to a message changed."""

    who: str
    to: str
    """What the message says, in a few words."""
    now: tuple[str, ...]
    gone: tuple[str, ...] | None
    """None: all others."""


@dataclass(slots=True)
class _Kept:
    """What is to be told in one room."""

    told: float = -_PAUSE
    members: dict[tuple[int, UserId], list[MemberChanged]] = field(default_factory=dict)
    """By source and person, in order."""
    reactions: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    """By what was reacted to and with: who did, in order."""


class Folding:
    """Collects such facts for each room, and tells them."""

    def __init__(self, say: Callable[[int, Iterable[int], str], None], place: Callable[[int], str]) -> None:
        """`say` says something about a room in other rooms; `place` names a room."""
        self._say = say
        self._place = place
        self._rooms: dict[int, _Kept] = {}

    def member(self, source: int, rooms: Iterable[int], event: MemberChanged) -> None:
        """Somebody came or went; these rooms want to know."""
        for room in rooms:
            members = self._rooms.setdefault(room, _Kept()).members
            if len(members) < _MOST:
                changes = members.setdefault((source, event.sender.id), [])
                if changes and _undoes(changes[-1], event):
                    changes.pop()
                elif len(changes) < _TOGETHER:
                    changes.append(event)

    def reacted(self, room: int, reaction: Reaction) -> None:
        """Somebody reacted to something, and this room cannot show it otherwise."""
        reactions = self._rooms.setdefault(room, _Kept()).reactions
        for (to, emoji), people in list(reactions.items()):
            if to == reaction.to and (reaction.gone is None or emoji in reaction.gone):
                people.pop(reaction.who, None)
        for emoji in reaction.now:
            if len(reactions) < _MOST:
                people = reactions.setdefault((reaction.to, emoji), {})
                if len(people) < _MOST:
                    people[reaction.who] = None

    def patrol(self) -> None:
        """Tell what is due: every few seconds."""
        now = time.monotonic()
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
                    self._say(source, [room], f"{self._place(source)}: {_members(changes)}")
            if reactions := {what: people for what, people in kept.reactions.items() if people}:
                self._say(room, [room], _reactions(reactions))


def _undoes(before: MemberChanged, after: MemberChanged) -> bool:
    """Whether who came has gone again, or the other way round: nobody missed anything."""
    return {before.change, after.change} == {Change.JOINED, Change.LEFT}


def _members(changes: list[MemberChanged]) -> str:
    """One line about who came and went."""
    told: list[str] = []
    came = [safe_name(event.sender.name) for event in changes if event.change is Change.JOINED]
    if came:
        told.append(f"{names(came)} came")
    left: dict[str, list[str]] = {}
    for event in changes:
        if event.change is Change.LEFT:
            left.setdefault(event.reason, []).append(safe_name(event.sender.name))
    alone = [name for people in left.values() if len(people) < _TOGETHER for name in people]
    if alone:
        told.append(f"{names(alone)} left")
    together = {reason: people for reason, people in left.items() if len(people) >= _TOGETHER}
    told += [
        f"{len(people)} people left" + (f" ({safe_name(reason)})" if reason else "")
        for reason, people in together.items()
    ]
    several: dict[str, list[str]] = {}
    for event in changes:
        if event.change not in (Change.JOINED, Change.LEFT):
            several.setdefault(_done_to(event), []).append(safe_name(event.sender.name))
    told += [f"{names(people)} {what}" for what, people in list(several.items())[:_TOGETHER]]
    more = sum(len(people) for people in list(several.values())[_TOGETHER:])
    if more:
        told.append(f"{more} more changes")
    return "; ".join(told)


def _done_to(event: MemberChanged) -> str:
    if event.change is Change.RENAMED:
        return f"is now {safe_name(event.name)}"
    by = f" by {safe_name(event.by.name)}" if event.by is not None else ""
    reason = f" ({safe_name(event.reason)})" if event.reason else ""
    return f"was {event.change.value}{by}{reason}"


def _reactions(kept: dict[tuple[str, str], dict[str, None]]) -> str:
    """One line about who reacted with what."""
    told = [f"{names(list(people))} {emoji} to {to}" for (to, emoji), people in kept.items()]
    few = told[:_TOGETHER]
    if len(told) > _TOGETHER:
        few.append(f"and {len(told) - _TOGETHER} more")
    return "Reactions: " + "; ".join(few)
