"""Another program's configuration as data, each value with its line: TOML, YAML and JSON, read alike."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any, TypeAlias, cast

import yaml

from bridge.config.words import printable
from bridge.errors import ConfigError

__all__ = ["Sheet", "Step", "read_sheet", "wrong"]

Step: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys, and positions in lists."""

_DEPTH = 50
_MOST = 200_000
_TABLE = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")
_AT = re.compile(r"at line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file."""

    path: Path
    data: Any
    lines: Mapping[Step, int] = field(default_factory=dict)
    names: Mapping[Step, str] = field(default_factory=dict)
    """Keys as they are written, where they were given another form."""

    def at(self, *steps: str | int) -> Any:
        """Return the value that stands there; None: there is none."""
        found = self.data
        for step in steps:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found

    def block(self, *steps: str | int) -> dict[str, Any]:
        """Return the mapping that stands there, or an empty one."""
        found = self.at(*steps)
        return found if isinstance(found, dict) else {}

    def line(self, *steps: str | int) -> int | None:
        """Return the line of a value, or of what it is part of."""
        for length in range(len(steps), 0, -1):
            if line := self.lines.get(steps[:length]):
                return line
        return None

    def name(self, *steps: str | int) -> str:
        """Return a key as it is written."""
        return self.names.get(steps, str(steps[-1]))

    def folded(self) -> "Sheet":
        """Return the same with keys in lower case; of two that differ in nothing else, the last counts."""
        names: dict[Step, str] = {}

        def fold(part: object, spot: Step) -> object:
            if isinstance(part, list):
                return [fold(value, (*spot, index)) for index, value in enumerate(part)]
            if not isinstance(part, dict):
                return part
            found = {}
            for key, value in part.items():
                there = (*spot, key.lower())
                names[there] = key
                found[key.lower()] = fold(value, there)
            return found

        lines = {tuple(map(_small, spot)): line for spot, line in self.lines.items()}
        return Sheet(self.path, fold(self.data, ()), lines, names)


def _small(step: str | int) -> str | int:
    return step.lower() if isinstance(step, str) else step


def wrong(path: Path, sentence: str, line: int | None = None, column: int | None = None) -> ConfigError:
    """Return the error about a file that cannot be read; it repeats nothing that stands there."""
    where = "".join(f":{number}" for number in (line, column) if number)
    return ConfigError([f"{printable(str(path))}{where}: {sentence}"])


def read_sheet(path: Path, text: str) -> Sheet:
    """Read a file by its name's ending, and by what it looks like where that says nothing.

    Raises ConfigError.
    """
    form = _form(path, text)
    try:
        if form == "toml":
            return Sheet(path, _clean(_toml(path, text)), dict(_toml_lines(text)))
        if form == "json":
            return Sheet(path, _clean(_json(path, text)), dict(_Lines(text)))
        return _yaml(path, text)
    except RecursionError:
        raise wrong(path, "is nested too deeply") from None


def _form(path: Path, text: str) -> str:
    known = {".toml": "toml", ".tml": "toml", ".json": "json", ".yaml": "yaml", ".yml": "yaml"}
    if form := known.get(path.suffix.lower()):
        return form
    if text.lstrip().startswith("{"):
        return "json"
    first = next(
        (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), ""
    )
    return "toml" if _TABLE.match(first) or _KEY.match(first) else "yaml"


def _clean(part: object, depth: int = 0) -> object:
    """Return data whose keys are text, and whose text is whole."""
    if depth > _DEPTH:
        raise RecursionError
    if isinstance(part, dict):
        return {_text(str(key)): _clean(value, depth + 1) for key, value in part.items()}
    if isinstance(part, list):
        return [_clean(value, depth + 1) for value in part]
    return _text(part) if isinstance(part, str) else part


def _text(text: str) -> str:
    """Return a text without halves of characters, which JSON can name and no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _toml(path: Path, text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found else (len(text.splitlines()), None)
        raise wrong(
            path,
            "this is not valid TOML: check quotes and brackets there, and that no table stands twice",
            line,
            column,
        ) from None


def _toml_lines(text: str) -> Iterator[tuple[Step, int]]:
    """Yield where keys and tables begin. What looks like one within a long text costs a wrong line number."""
    spot: Step = ()
    counts: dict[Step, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TABLE.match(line):
            spot = ()
            parts = _parts(found[2])
            for part in parts[:-1]:
                spot = (*spot, part)
                spot = (*spot, counts[spot]) if spot in counts else spot
            spot = (*spot, *parts[-1:])
            if found[1] == "[[":
                counts[spot] = counts.get(spot, -1) + 1
                spot = (*spot, counts[spot])
            yield spot, number
        elif found := _KEY.match(line):
            yield (*spot, *_parts(found[1])), number


def _parts(text: str) -> list[str]:
    return [(found[1] or found[2] or found[3] or "") for found in _PART.finditer(text)]


def _json(path: Path, text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise wrong(
            path,
            "this is not valid JSON: check the quotes, commas and brackets there",
            error.lineno,
            error.colno,
        ) from None
    except ValueError:  # a number of too many digits
        raise wrong(path, "this is not valid JSON: a number is too long") from None


class _Lines:
    """Walks through valid JSON and tells the line of each key."""

    _WORD = re.compile(r"[^\s,\]}]+")
    _SPACE = re.compile(r"[\s,:]*")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def __iter__(self) -> Iterator[tuple[Step, int]]:
        return self._value(())

    def _skip(self) -> str:
        self._at = self._SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
        return self._text[self._at : self._at + 1]

    def _string(self) -> str:
        found, self._at = scanstring(self._text, self._at + 1, False)
        return cast("str", found)

    def _value(self, spot: Step) -> Iterator[tuple[Step, int]]:
        begin = self._skip()
        if begin == '"':
            self._string()
        elif begin not in {"{", "["}:
            self._at = self._WORD.match(self._text, self._at).end()  # type: ignore[union-attr]
        else:
            self._at += 1
            index = 0
            while self._skip() not in {"}", "]"}:
                line = self._text.count("\n", 0, self._at) + 1
                there: Step = (*spot, self._string() if begin == "{" else index)
                yield there, line
                yield from self._value(there)
                index += 1
            self._at += 1


def _yaml(path: Path, text: str) -> Sheet:
    lines: dict[Step, int] = {}
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        data = _node(loader, root, (), lines) if root is not None else None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise wrong(path, "a character there cannot stand in YAML", line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        sentence = "this is not valid YAML: check the indentation and the quotes there"
        raise wrong(path, sentence, *place) from None
    except (ValueError, OverflowError, yaml.YAMLError):
        raise wrong(path, "a value in it is not valid YAML") from None
    return Sheet(path, _clean(data), lines)


def _node(loader: yaml.SafeLoader, node: yaml.Node, spot: Step, lines: dict[Step, int]) -> object:
    if len(spot) > _DEPTH or len(lines) > _MOST:  # aliases can make much of little
        raise RecursionError
    if isinstance(node, yaml.MappingNode):
        loader.flatten_mapping(node)
        found: dict[str, object] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            there = (*spot, name)
            lines[there] = key.start_mark.line + 1
            found[name] = _node(loader, value, there, lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, value in enumerate(node.value):
            lines[*spot, index] = value.start_mark.line + 1
            items.append(_node(loader, value, (*spot, index), lines))
        return items
    if node.tag in {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:null"}:
        return cast("object", loader.construct_object(node))
    return str(node.value)  # dates and numbers with a point as they are written
