"""What was found, as the text of a bridge.yaml with comments."""

import re
from collections.abc import Iterable, Iterator, Mapping

from bridge.config.writing import PLAIN, comment, key_of, quoted

from .model import (
    Blank,
    Findings,
    FoundConversation,
    FoundNetwork,
    FoundRoom,
    HiddenText,
    Inherited,
    Remark,
    Value,
)

__all__ = ["written"]

_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def written(findings: Findings, source: str) -> str:
    """Return the whole file. `source` is the name of the other bridge's."""
    lines = [
        *comment(f"Hubbub's map, made by `hubbub import` from {source}, a file of {findings.product}.", ""),
        *comment(
            "It may hold passwords, so that only its owner can read it: each may stand in a file of its own"
            " instead (password_file: /run/secrets/work), or in a variable. docs/settings.md explains every"
            " key, and `hubbub check` says what is wrong, if anything.",
            "",
        ),
        "",
        *_remarks(findings.remarks, ""),
    ]
    for key, value in findings.top.items():
        lines += _setting(key, value, "")
    lines += ["", "networks:" if findings.networks else "networks: {}"]
    for network in findings.networks:
        lines += [*_network(network), ""]
    lines += [] if findings.networks else [""]
    lines.append("conversations:" if findings.conversations else "conversations: {}")
    for conversation in findings.conversations:
        lines += [*_conversation(conversation), ""]
    return "\n".join(lines).rstrip() + "\n"


def _network(network: FoundNetwork) -> Iterator[str]:
    yield f"  {key_of(network.name)}:"
    if network.origin != network.name:
        yield from comment(f"{network.origin}{_at(network.line)}", "    ")
    yield f"    protocol: {network.protocol}"
    for key, value in network.settings.items():
        yield from _setting(key, value, "    ")
    yield from _remarks(network.remarks, "    ")


def _conversation(conversation: FoundConversation) -> Iterator[str]:
    yield f"  {key_of(conversation.name)}:"
    if conversation.origin != conversation.name:
        yield from comment(f"{conversation.origin}{_at(conversation.line)}", "    ")
    by_network: dict[str, list[FoundRoom]] = {}
    for room in conversation.rooms:
        by_network.setdefault(room.network, []).append(room)
    for network, rooms in by_network.items():
        parts = [_room(room) for room in rooms]
        if len(parts) == 1:
            yield f"    {key_of(network)}: {parts[0]}"
        else:
            yield f"    {key_of(network)}:"
            yield from (f"      - {part}" for part in parts)
    yield from _remarks(conversation.remarks, "    ")


def _room(room: FoundRoom) -> str:
    name = quoted(room.room) if isinstance(room.room, str) else _value(room.room)
    block: dict[str, Value] = {"direction": str(room.direction)} if room.direction != "both" else {}
    block |= room.settings
    if not block:
        return name
    more = ", ".join(f"{key_of(key)}: {_value(value)}" for key, value in block.items())
    return f"{{room: {name}, {more}}}"


def _setting(key: str, value: Value, indent: str) -> Iterator[str]:
    if isinstance(value, str) and PLAIN.fullmatch(value):
        yield f"{indent}{key_of(key)}: {value}"
    else:
        yield f"{indent}{key_of(key)}: {_value(value)}"


def _value(value: Value) -> str:  # noqa: PLR0911 - one for each kind
    match value:
        case bool() | int() | float():
            return str(value).lower()
        case str():
            return quoted(value)
        case HiddenText():
            return quoted(value.text)
        case Inherited():
            return f'"${{{value.name}}}"' if _VARIABLE.fullmatch(value.name) else quoted(value.text)
        case Blank():
            return f'{quoted(value.before)[:-1]}${{{value.name}}}"'
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{key_of(key)}: {_value(inner)}' for key, inner in value.items())}}}"


def _remarks(remarks: Iterable[Remark], indent: str) -> Iterator[str]:
    for remark in remarks:
        kind = "To do" if remark.kind == "do" else "Not carried"
        yield from comment(f"{kind}{_at(remark.line)}: {remark.sentence}", indent)


def _at(line: int | None) -> str:
    return f" (line {line})" if line else ""
