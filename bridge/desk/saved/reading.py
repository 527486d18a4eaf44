"""A file of saved answers: YAML or a table, with the place of each mistake.

    sizes: They run small. Take one size more.
    hello:
      en: Hello {visitor|there}, I am {agent}.
      zh: 您好，我是{agent}。
      also: [hi, 你好]

A table (CSV) has the columns `key`, `text` and, by choice, `language` and `also`.
"""

import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.config.document import Data, Document, Place
from bridge.config.loading import read_text
from bridge.config.words import closest, nearest, quoted
from bridge.config.yaml import compose
from bridge.errors import ConfigError

from .answers import SavedAnswer, SavedAnswers
from .template import VARIABLES, check_text

__all__ = ["read_answers"]

_KEY = re.compile(r"[^\s,;:!/#@{}][^\s,;{}]{0,39}")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8})*")
_COLUMNS = ("key", "text", "language", "also")
_LONGEST = 4000
_MOST = 2000


@dataclass(slots=True)
class _Draft:
    texts: dict[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def read_answers(path: Path, fields: Collection[str] | None = None) -> SavedAnswers:
    """Read a file. `fields` are the names that a chat has besides `VARIABLES`; None: any may be.

    Raises ConfigError with everything that is wrong in it.
    """
    text, document = read_text(path), Document(path)
    reader = _Reader(document, None if fields is None else (*VARIABLES, *fields))
    if path.suffix.lower() == ".csv":
        reader.read_table(text)
    elif text.strip():
        compose(text, document)
        if document.whole:
            reader.read_mapping(document.data)
    if document.problems:
        raise ConfigError(document.report())
    return reader.answers()


class _Reader:
    def __init__(self, document: Document, names: Collection[str] | None) -> None:
        self._document = document
        self._names = names
        self._drafts: dict[str, _Draft] = {}
        self._keys: dict[str, str] = {}
        """As they are written, by what they are in lower case."""

    def answers(self) -> SavedAnswers:
        return SavedAnswers(
            {
                folded: SavedAnswer(self._keys[folded], draft.texts, draft.also)
                for folded, draft in self._drafts.items()
            }
        )

    def read_mapping(self, data: Data) -> None:
        if not isinstance(data, dict):
            self._document.problem((), "must be a mapping of keys to answers: `sizes: They run small.`")
            return
        for key, value in data.items():
            place = self._document.place((key,), key=True)
            if key.casefold() in self._keys:
                self._wrong(place, key, f"is there twice: {self._keys[key.casefold()]} is the same key")
            elif self._begin(key, place):
                self._entry(key, value)
        if len(self._keys) > _MOST:
            self._document.problem((), f"has more than {_MOST} answers")

    def _entry(self, key: str, value: Data) -> None:
        for name, part in value.items() if isinstance(value, dict) else [("", value)]:
            spot = (key, name) if name else (key,)
            place = self._document.place(spot)
            if name == "also":
                self._also(key, part, place)
            elif not isinstance(part, str):
                self._wrong(place, key, "must be text, or texts by language (`en:`, `de:`)")
            else:
                self._text(key, name, part, place)
        if not self._drafts[key.casefold()].texts and not self._document.problems:
            self._wrong(self._document.place((key,)), key, "has no text")

    def _also(self, key: str, value: Data, place: Place) -> None:
        words = value if isinstance(value, list) else [value]
        if all(isinstance(word, str) and word.strip() for word in words):
            self._drafts[key.casefold()].also = tuple(str(word) for word in words)
        else:
            self._wrong(place, key, "also must be a list of words: [size, fit]")

    def read_table(self, text: str) -> None:
        dialect = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
        rows = csv.reader(io.StringIO(text), delimiter=dialect, strict=True)
        try:
            columns = [name.strip().lower() for name in next(rows, [])]
            if self._has_columns(columns):
                for line, row in _numbered(rows):
                    self._row(line, dict(zip(columns, (cell.strip() for cell in row), strict=False)))
        except csv.Error as error:
            self._document.problem_at(Place(rows.line_num, 1), (), f"is no table: {error}")

    def _has_columns(self, columns: list[str]) -> bool:
        for number, name in enumerate(columns):
            if name not in _COLUMNS:
                sentence = f"unknown column {quoted(name)}{nearest(name, _COLUMNS)}"
                self._document.problem_at(Place(1, number + 1), (), sentence)
        if not self._document.problems:
            for name in {"key", "text"} - set(columns):
                sentence = f"the first line names the columns: key and text; {name} is missing"
                self._document.problem_at(Place(1, 1), (), sentence)
        return not self._document.problems

    def _row(self, line: int, row: dict[str, str]) -> None:
        key, place, language = row.get("key", ""), Place(line, 1), row.get("language", "")
        if not any(row.values()):
            return
        if key.casefold() not in self._drafts and not self._begin(key, place):
            return
        draft = self._drafts[key.casefold()]
        if language.lower() in draft.texts:
            self._wrong(place, key, "is there twice in one language")
            return
        self._text(key, language, row.get("text", ""), place)
        if row.get("also"):
            draft.also += tuple(word.strip() for word in re.split(r"[,;]", row["also"]) if word.strip())

    def _begin(self, key: str, place: Place) -> bool:
        if not _KEY.fullmatch(key) or not key.isprintable():
            self._wrong(place, key, "a key must be one word of 40 letters at most, such as sizes")
        elif key.isdecimal():
            self._wrong(place, key, "a key must have a letter in it: a number is a chat's")
        else:
            self._keys[key.casefold()] = key
            self._drafts[key.casefold()] = _Draft()
            return True
        return False

    def _text(self, key: str, language: str, text: str, place: Place) -> None:
        if language and not _LANGUAGE.fullmatch(language):
            self._wrong(place, key, f"{quoted(language)} is no language: write en, de or zh-TW")
        elif not text.strip():
            self._wrong(place, key, "has no text")
        elif len(text) > _LONGEST or not "".join(text.split("\n")).replace("\u200d", "").isprintable():
            self._wrong(
                place, key, f"must be text of at most {_LONGEST} characters, without control characters"
            )
        elif (sentence := self._mistake(text)) is not None:
            self._wrong(place, key, sentence)
        else:
            self._drafts[key.casefold()].texts[language.lower().replace("_", "-")] = text.strip()

    def _mistake(self, text: str) -> str | None:
        try:
            names = check_text(text)
        except ValueError as error:
            return str(error)
        for name in sorted(names):
            if self._names is not None and name not in self._names:
                known = ", ".join(f"{{{one}}}" for one in self._names)
                meant = closest(name, self._names)
                return f"knows no {{{name}}}" + (
                    f"; did you mean {{{meant}}}?" if meant else f", only {known}"
                )
        return None

    def _wrong(self, place: Place, key: str, sentence: str) -> None:
        self._document.problem_at(place, (key,) if key else (), sentence)


def _numbered(rows: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line on which it begins."""
    line = rows.line_num
    for row in rows:
        yield line + 1, row
        line = rows.line_num
