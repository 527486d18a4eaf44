"""Takes out of what was found whatever `hubbub check` refuses, and says so: what remains is in order."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bridge.config import Find
from bridge.config.check import Check
from bridge.config.document import Document, Problem, Spot, dotted
from bridge.config.fill import expand
from bridge.config.yaml import compose

from .model import Findings, FoundConversation, FoundRoom, Remark, Value, blanks_in
from .written import written

__all__ = ["Proved", "prove"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Proved:
    """What may be written."""

    findings: Findings
    text: str
    problems: tuple[Problem, ...]
    """What `check` says still: nothing could be done about it here."""
    remarks: tuple[str, ...]
    """What `check` remarks besides."""


def prove(findings: Findings, target: Path, source: str, find: Find, environ: Mapping[str, str]) -> Proved:
    """Return what `check` has nothing against, once the blanks are set."""
    findings = _agreed(findings)
    known = {**environ, **{blank.name: blank.sample for blank in blanks_in(findings)}}
    while True:
        text = written(findings, source)
        document = Document(target)
        compose(text, document)
        if document.whole:
            expand(document, known)
            Check(document, find, Counter()).config()
        # of each network and conversation one: what is taken out may be what the others are about
        first = {problem.spot[:2]: problem for problem in sorted(document.problems, reverse=True)}
        changed = findings
        for problem in first.values():
            changed = _without(changed, problem)
        if changed is findings:
            return Proved(findings, text, tuple(document.problems), document.remarked())
        findings = changed


def _agreed(findings: Findings) -> Findings:
    """Give a room that stands in several conversations the same settings in all."""
    settings: dict[tuple[str, str], Mapping[str, Value]] = {}
    for conversation in findings.conversations:
        for room in conversation.rooms:
            key = _same(room)
            settings[key] = {**room.settings, **settings.get(key, {})}
    return replace(
        findings,
        conversations=tuple(
            replace(
                conversation,
                rooms=tuple(replace(room, settings=settings[_same(room)]) for room in conversation.rooms),
            )
            for conversation in findings.conversations
        ),
    )


def _same(room: FoundRoom) -> tuple[str, str]:
    """Return what a room is known by; some networks do not mind the case."""
    return room.network, str(room).lower()


def _without(findings: Findings, problem: Problem) -> Findings:
    """Return what was found without what this problem is about; the same when nothing can be taken out."""
    match problem.spot:
        case ("networks", str(name), *inner):
            return _without_of_network(findings, name, tuple(inner), problem)
        case ("conversations", str(name), *inner):
            return _without_of_conversation(findings, name, tuple(inner), problem)
        case (str(key), *_) if key in findings.top:
            rest = {name: value for name, value in findings.top.items() if name != key}
            return replace(findings, top=rest).noting(Remark(f"{dotted(problem.spot)}: {problem.sentence}"))
    return findings


def _without_of_network(findings: Findings, name: str, inner: Spot, problem: Problem) -> Findings:
    found = next((network for network in findings.networks if network.name == name), None)
    if found is None:
        return findings
    if inner and (key := str(inner[0])) in found.settings:
        settings = {one: value for one, value in found.settings.items() if one != key}
        remark = Remark(f"{dotted(inner)}: {problem.sentence}", found.line)
        changed = replace(found, settings=settings, remarks=(*found.remarks, remark))
        return replace(findings, networks=_put(findings.networks, found, changed))
    lost = Remark(f"{found.origin}: the network {name} is left out: {problem.sentence}", found.line)
    conversations = []
    for one in findings.conversations:
        rooms = tuple(room for room in one.rooms if room.network != name)
        gone = tuple(
            Remark(f"{room} is left out with its network", one.line)
            for room in one.rooms
            if room.network == name
        )
        conversations.append(replace(one, rooms=rooms, remarks=(*one.remarks, *gone)))
    networks = tuple(network for network in findings.networks if network is not found)
    rest = replace(findings, networks=networks, conversations=tuple(conversations))
    return rest.noting(lost, *_of(found.origin, found.remarks))


def _without_of_conversation(findings: Findings, name: str, inner: Spot, problem: Problem) -> Findings:
    found = next((one for one in findings.conversations if one.name == name), None)
    if found is None:
        return findings
    if inner and (room := _room_at(found, inner)):
        keys = [step for step in inner[1:] if isinstance(step, str)]
        if keys and keys[0] in room.settings:
            settings = {one: value for one, value in room.settings.items() if one != keys[0]}
            remark = Remark(f"{room}: {keys[0]}: {problem.sentence}", found.line)
            rooms = _put(found.rooms, room, replace(room, settings=settings))
        else:
            remark = Remark(f"{room} is left out: {problem.sentence}", found.line)
            rooms = tuple(one for one in found.rooms if one is not room)
        return _changed(findings, found, replace(found, rooms=rooms, remarks=(*found.remarks, remark)))
    there = f" ({', '.join(map(str, found.rooms))})" if found.rooms else ""
    remark = Remark(f"{found.origin}{there}: the conversation is left out: {problem.sentence}", found.line)
    rest = tuple(one for one in findings.conversations if one is not found)
    return replace(findings, conversations=rest).noting(remark, *_of(found.origin, found.remarks))


def _of(origin: str, remarks: Iterable[Remark]) -> Iterator[Remark]:
    """Yield remarks that stand with what they are about no more."""
    return (replace(remark, sentence=f"{origin}: {remark.sentence}") for remark in remarks)


def _changed(findings: Findings, found: FoundConversation, changed: FoundConversation) -> Findings:
    return replace(findings, conversations=_put(findings.conversations, found, changed))


def _room_at(conversation: FoundConversation, inner: Spot) -> FoundRoom | None:
    rooms = [room for room in conversation.rooms if room.network == inner[0]]
    index = inner[1] if len(inner) > 1 and isinstance(inner[1], int) else 0
    return rooms[index] if index < len(rooms) else None


def _put(many: tuple[_T, ...], one: _T, other: _T) -> tuple[_T, ...]:
    return tuple(other if each is one else each for each in many)
