"""Changes of the map in the text of bridge.yaml: all that somebody wrote around them stays as it is.

Only the lines of one conversation are written anew, and what the file then says is compared with what was
to be changed: a text that would mean anything else is refused.
"""

import io
import re
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import yaml

from bridge.errors import ConfigError

from .document import Data, Document
from .explain import keys_of
from .models import ConversationBlock, Direction
from .words import quoted
from .writing import key_of, scalar
from .yaml import compose

__all__ = ["NewRoom", "WrittenMap", "WrittenRoom", "change"]

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#.*", re.MULTILINE)
"""What may be a comment."""
_STEP = 2
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml, where PyYAML has it: a map may have ten thousand conversations."""
_BY_HAND = "it is written in a way that cannot be changed here without touching more: change it in the file"


@dataclass(frozen=True, slots=True)
class WrittenRoom:
    """A room as it stands in the file."""

    network: str
    position: int
    """Its place among those of its network in the conversation, from 0."""
    room: str
    direction: str


@dataclass(frozen=True, slots=True)
class NewRoom:
    """A room to be joined."""

    network: str
    room: str
    direction: Direction = Direction.BOTH

    def data(self) -> Data:
        """Return what stands for it in the file."""
        room = self.room.replace("$", "$$")
        return room if self.direction is Direction.BOTH else {"room": room, "direction": str(self.direction)}

    def written(self) -> str:
        """Return the same as text, in one line."""
        data = self.data()
        if isinstance(data, str):
            return scalar(data)
        return f"{{room: {scalar(self.room.replace('$', '$$'))}, direction: {self.direction}}}"


@dataclass(frozen=True, slots=True)
class WrittenMap:
    """What stands in the file, as far as it can be read."""

    networks: list[str]
    rooms: dict[str, list[WrittenRoom]]
    """By conversation."""

    @classmethod
    def of(cls, text: str) -> "WrittenMap":
        """Read a text. Raises ConfigError."""
        data = _read(text)
        rooms: dict[str, list[WrittenRoom]] = {}
        for name, block in _block(data, "conversations").items():
            found = rooms[name] = []
            for network, value in block.items() if isinstance(block, dict) else ():
                if network not in keys_of(ConversationBlock):
                    found += [_written(network, *one) for one in enumerate(_listed(value))]
        return cls(list(_block(data, "networks")), rooms)


def change(
    text: str,
    conversation: str,
    *,
    add: Sequence[NewRoom] = (),
    remove: Collection[tuple[str, int]] = (),
) -> str:
    """Return the text with rooms taken out of a conversation, by network and position, and others put in. One
    that is not there is made, one that has no rooms left is taken out. Raises ConfigError.
    """
    before = _read(text)
    wanted = deepcopy(before)
    _change_data(wanted, conversation, add, remove)
    blocks, left = _block(before, "conversations"), _block(wanted, "conversations")
    if conversation in blocks and not left:
        raise ConfigError([f"{quoted(conversation)} is the last conversation: there must be one"])
    if conversation not in blocks:
        text = _make(text, conversation, add)
    elif conversation not in left:
        text = _without(text, ("conversations", conversation))
    else:
        if add:
            text = _rewritten(text, conversation, add)
        for network, position in sorted(remove, reverse=True):
            text = _removed(text, conversation, network, position)
    if not _says(text, wanted):
        raise ConfigError([f"{quoted(conversation)}: {_BY_HAND}"])
    return text


# What the file says


def _read(text: str) -> Data:
    document = Document(Path("bridge.yaml"))
    compose(text, document)
    if not document.whole or document.problems:
        raise ConfigError(document.report())
    return document.data


def _says(text: str, wanted: Data) -> bool:
    """Whether this is what a text says that was made here."""
    try:
        return _read(text) == wanted
    except ConfigError:
        return False


def _block(data: Data, key: str) -> dict[str, Data]:
    block = data.get(key) if isinstance(data, dict) else None
    return block if isinstance(block, dict) else {}


def _listed(value: Data) -> list[Data]:
    return value if isinstance(value, list) else [value]


def _written(network: str, position: int, entry: Data) -> WrittenRoom:
    block = entry if isinstance(entry, dict) else {"room": entry}
    room, direction = block.get("room"), block.get("direction", "both")
    return WrittenRoom(network, position, str(room or ""), str(direction))


def _change_data(
    data: Data, conversation: str, add: Iterable[NewRoom], remove: Iterable[tuple[str, int]]
) -> None:
    """Do to the data what is to be done to the text."""
    blocks = _block(data, "conversations")
    block = blocks.setdefault(conversation, {})
    if not isinstance(block, dict):
        raise ConfigError([f"{quoted(conversation)}: {_BY_HAND}"])
    for room in add:
        there = block.get(room.network)
        block[room.network] = room.data() if there is None else [*_listed(there), room.data()]
    for network, position in sorted(remove, reverse=True):
        there = _listed(block.get(network))
        if not position < len(there) or network not in block:
            raise ConfigError([f"{quoted(conversation)} has no such room any more: look at it again"])
        if len(there) == 1:
            del block[network]
        else:
            del there[position]
    if not set(block) - set(keys_of(ConversationBlock)):
        del blocks[conversation]


# Its lines


def _node(text: str, *path: str) -> tuple[Any, Any]:
    """Return the nodes of a key and its value."""
    key: Any = None
    try:
        value: Any = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:  # what was changed first is not what was meant
        raise ConfigError([f"{quoted(path[1])}: {_BY_HAND}"]) from None
    for step in path:
        key, value = next((one for one in value.value if one[0].value == step), (None, None))
        if key is None or value is None:
            raise ConfigError([f"{step}: is not there any more: look at it again"])
    return key, value


def _end(node: Any) -> int:
    """Return the line after the last one of a node, without the comments behind it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        mark = node.end_mark
        return int(mark.line + (mark.column > 0))
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _is_flow(node: Any) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _without(text: str, path: tuple[str, ...]) -> str:
    """Take a key with its value out of a mapping in lines of its own."""
    if _is_flow(_node(text, *path[:-1])[1]):
        raise ConfigError([f"{quoted(path[-1])}: {_BY_HAND}"])
    key, value = _node(text, *path)
    return _spliced(text, key.start_mark.line, _end(value), "")


def _spliced(text: str, start: int, end: int, new: str) -> str:
    lines = text.splitlines(keepends=True)
    if new and start and not lines[start - 1].endswith("\n"):
        lines[start - 1] += "\n"
    return "".join((*lines[:start], new, *lines[end:]))


def _removed(text: str, conversation: str, network: str, position: int) -> str:
    path = ("conversations", conversation)
    _, value = _node(text, *path, network)
    rooms = value.value if isinstance(value, yaml.SequenceNode) else [value]
    if len(rooms) > 1 and not _is_flow(value) and not _is_flow(_node(text, *path)[1]):
        room = rooms[position]
        return _spliced(text, room.start_mark.line, _end(room), "")
    if len(rooms) == 1 and not _is_flow(_node(text, *path)[1]):
        return _without(text, (*path, network))

    def take(block: Any) -> None:
        if len(rooms) == 1:
            del block[network]
        else:
            del block[network][position]

    return _through_library(text, conversation, take)


def _rewritten(text: str, conversation: str, add: Sequence[NewRoom]) -> str:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    def put(block: Any) -> None:
        for room in add:
            new = _parsed(room.written())
            there = block.get(room.network)
            if there is None:
                block[room.network] = new
            elif isinstance(there, list):
                there.append(new)
            else:
                both = block[room.network] = CommentedSeq([there, new])
                block_style = isinstance(there, CommentedMap) and not there.fa.flow_style()
                if not block_style:
                    both.fa.set_flow_style()

    return _through_library(text, conversation, put)


def _make(text: str, conversation: str, add: Sequence[NewRoom]) -> str:
    """Write a new conversation behind the last one."""
    _, blocks = _node(text, "conversations")
    if not isinstance(blocks, yaml.MappingNode) or _is_flow(blocks) or not blocks.value:
        raise ConfigError([f"conversations: {_BY_HAND}"])
    rooms: dict[str, list[str]] = {}
    for room in add:
        rooms.setdefault(room.network, []).append(room.written())
    lines = [f"{key_of(conversation)}:"]
    for network, written in rooms.items():
        value = written[0] if len(written) == 1 else f"[{', '.join(written)}]"
        lines.append(f"{' ' * _STEP}{key_of(network)}: {value}")
    end, column = _end(blocks), blocks.value[0][0].start_mark.column
    apart = len(blocks.value) > 1 and not text.splitlines()[blocks.value[-1][0].start_mark.line - 1].strip()
    new = indent("".join(f"{line}\n" for line in lines), " " * column)
    return _spliced(text, end, end, ("\n" if apart else "") + new)


# One conversation through the library that keeps comments


def _through_library(text: str, conversation: str, edit: Any) -> str:
    from ruamel.yaml.error import MarkedYAMLError

    key, value = _node(text, "conversations", conversation)
    if _is_flow(_node(text, "conversations")[1]):
        raise ConfigError([f"conversations: {_BY_HAND}"])
    start, end, column = key.start_mark.line, _end(value), key.start_mark.column
    lines = "".join(text.splitlines(keepends=True)[start:end])
    library = _library(value, column)
    try:
        data = library.load(dedent(lines))
    except MarkedYAMLError:  # a tab, for one, which it does not take everywhere
        raise ConfigError([f"{quoted(conversation)}: {_BY_HAND}"]) from None
    edit(next(iter(data.values())))
    written = io.StringIO()
    library.dump(data, written)
    new = _spaced_as(lines, indent(written.getvalue(), " " * column))
    if not all(comment in new for comment in _COMMENT.findall(lines)):  # one amid braces is lost
        raise ConfigError([f"{quoted(conversation)}: {_BY_HAND}"])
    return _spliced(text, start, end, new)


def _spaced_as(old: str, new: str) -> str:
    """Return the new lines, but those that differ from old ones in nothing but spaces as they were."""
    lines, others = old.splitlines(keepends=True), new.splitlines(keepends=True)
    bare, bare_others = (["".join(line.split()) for line in some] for some in (lines, others))
    kept: list[str] = []
    for what, i, j, m, n in SequenceMatcher(None, bare, bare_others, autojunk=False).get_opcodes():
        kept += lines[i:j] if what == "equal" else others[m:n]
    return "".join(kept)


def _library(block: Any, column: int = 0) -> Any:
    """Return the reader and writer, set to how this block, whose key stands in this column, is indented."""
    from ruamel.yaml import YAML
    from ruamel.yaml.nodes import ScalarNode
    from ruamel.yaml.resolver import VersionedResolver

    class AsText(VersionedResolver):
        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            text = kind is ScalarNode
            return self.DEFAULT_SCALAR_TAG if text else super().resolve(kind, value, implicit)

    library = YAML(typ="rt", pure=True)
    library.Resolver = AsText
    library.preserve_quotes = True
    library.width = 4096
    step = block.value[0][0].start_mark.column - column if block.value and not block.flow_style else _STEP
    library.indent(mapping=step)
    for key, value in block.value:
        if isinstance(value, yaml.SequenceNode) and not value.flow_style:
            offset = value.start_mark.column - key.start_mark.column
            library.indent(mapping=step, sequence=offset + _STEP, offset=offset)
    return library


def _parsed(written: str) -> Any:
    return _library(yaml.MappingNode("", [])).load(written)
