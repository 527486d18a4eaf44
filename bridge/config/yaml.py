"""YAML read as text, lists and mappings, each with its place in the file.

Nothing is taken for a number, a date or a truth value here: a room called `on` is text. Anchors, aliases
and tags are refused, because where people write them they meant a room or a password.
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any, cast

import yaml

from .document import Data, Document, Place, Spot
from .models import ConversationBlock
from .words import quoted

__all__ = ["compose"]

_DEPTH = 20
_NOTHING = {"", "~", "null", "Null", "NULL"}
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_COMMENT = re.compile(r"[ \t]*(#+[^\s#]\S*)")
_CUT = re.compile(r"[ \t]+#[^\s#]")
_FLOW_WORD = re.compile(r"(?:(?P<key>[^\s\[{,:]+)[ \t]*:|[\[{,])[ \t]*(?P<text>(?:#+|!)[^\s#,\]}]+)")
_WORD = re.compile(r"[^\s,\]}]*")
_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map")}
_INVALID = "this is not valid YAML: check the indentation and the quotes of this line and the one before"
_COLON = 'a colon cannot stand here: check the indentation, or put text with ": " in quotes'
_STRAY = "here stands text without a colon: is it part of a value that must stand in quotes?"
_EMPTY = "the file is empty: it must say networks: and conversations:"

_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


class _StopError(Exception):
    """Reading cannot go on."""


def compose(text: str, document: Document) -> None:
    """Read the text into the document; what is wrong with it becomes its problems."""
    if (fast := _fast(text)) is not None:
        found = Document(document.path)
        try:
            _read(_Reader(text, found), fast)
        except (yaml.YAMLError, ValueError, OverflowError):
            pass  # the other one tells better what is wrong, and where
        else:
            document.become(found)
            return
    reader = _Reader(text, document)
    try:
        _read(reader, yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Place(before.count("\n") + 1, error.position - before.rfind("\n"))
        document.problem_at(place, (), f"the character U+{int(error.character):04X} cannot stand in YAML")
    except yaml.MarkedYAMLError as error:
        mark, sentence = reader.explain(error)
        document.problem_at(_place(mark) if mark else Place(1, 1), (), sentence)
    except (ValueError, OverflowError):
        sentence = "has an escape that names no character: use single quotes, or two backslashes"
        document.problem(reader.spot, sentence)


def _fast(text: str) -> Any:
    """Return libyaml's parser, which takes a thirtieth of the time; None: there is none, or it would count
    the columns of this text in another way.
    """
    return None if _MARK in text else getattr(yaml, "CSafeLoader", None)


def _read(reader: "_Reader", loader: Any) -> None:
    with contextlib.suppress(_StopError):
        reader.read(loader)


def _place(mark: Any) -> Place:
    """Return the place of a parser's mark, which its types allow to be missing; it never is for text in
    memory.
    """
    return Place(mark.line + 1, mark.column + 1)


def _index(event: yaml.Event) -> int:
    return int(cast("Any", event.start_mark).index)


def _is_missing(event: yaml.ScalarEvent) -> bool:
    return not (event.value or event.style or event.tag or event.anchor)


class _Reader:
    def __init__(self, text: str, document: Document) -> None:
        self._text = text
        self._document = document
        self._events: Iterator[yaml.Event] = iter(())
        self.spot: Spot = ()
        """The value that is being read."""
        self._open: list[tuple[Any, Spot]] = []
        """The brackets and braces that are open: mark and spot."""

    def read(self, loader: Any) -> None:
        self._events = yaml.parse(self._text, Loader=loader)
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            self._stop((), _EMPTY)
        self._document.data = self._node(next(self._events), ())
        next(self._events)
        if not isinstance(extra := next(self._events), yaml.StreamEndEvent):
            self._document.values[()] = _place(extra.start_mark)
            self._stop((), "only one document can stand in the file: what follows --- must go")
        if self._document.data is None:
            self._stop((), _EMPTY)
        self._document.whole = True

    def _stop(self, spot: Spot, sentence: str) -> None:
        self._document.problem(spot, sentence)
        raise _StopError

    def _node(self, event: yaml.Event, spot: Spot) -> Data:
        self.spot = spot
        self._document.values[spot] = self._begin(event)
        if len(spot) > _DEPTH:
            self._stop(spot[:3], "is nested too deeply")
        self._decorated(event, spot)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, spot)
        if not isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            return None
        self._open += [(event.start_mark, spot)] if event.flow_style else []
        found = self._list(spot) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(spot)
        del self._open[len(self._open) - bool(event.flow_style) :]
        return found

    def _begin(self, event: yaml.Event) -> Place:
        """Return where a value begins. Between brackets, one that is not there begins behind its colon:
        libyaml has it begin with what comes next.
        """
        mark: Any = event.start_mark
        if not self._open or not isinstance(event, yaml.ScalarEvent) or not _is_missing(event):
            return _place(mark)
        begin = end = _index(event)
        while self._text[begin - 1 : begin].isspace():
            begin -= 1
        lines = self._text.count("\n", begin, end)
        start = self._text.rfind("\n", 0, begin) if lines else end - mark.column - 1
        return Place(mark.line - lines + 1, begin - start)

    def _scalar(self, event: yaml.ScalarEvent, spot: Spot) -> str | None:
        text: str = event.value
        if _NO_TEXT.search(text):
            self._refuse(spot, "contains a character that is not text")
        if event.style:
            return text
        if text and _CUT.match(self._text, cast("Any", event.end_mark).index):
            self._document.cut.add(spot)
        if text not in _NOTHING:
            return text
        if not text and (comment := _COMMENT.match(self._text, _index(event))):
            self._refuse(spot, self._unquoted(comment[1]))
        return None

    def _list(self, spot: Spot) -> list[Data]:
        found: list[Data] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._node(event, (*spot, len(found))))
            self.spot = spot
        return found

    def _mapping(self, spot: Spot) -> dict[str, Data]:
        found: dict[str, Data] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            place = _place(event.start_mark)
            key = self._key(event, spot, place)
            self.spot = (*spot, key or "?")
            value = next(self._events)
            if ":" not in self._text[cast("Any", event.end_mark).index : _index(value)]:
                # The text is not repeated: in braces, a part of a secret with a comma in it ends up here.
                self._document.problem_at(place, spot, _STRAY)
                key = None
            if key is None or key in found:
                self._node(value, (*spot, "?"))
                continue
            there = (*spot, key)
            self._document.keys[there] = place
            found[key] = self._node(value, there)
        return found

    def _key(self, event: yaml.Event, spot: Spot, place: Place) -> str | None:
        """Return the key that begins at this place; None when it cannot be used, a problem already."""
        broken = len(self._document.problems)
        key = self._node(event, (*spot, "?"))
        if len(self._document.problems) > broken:
            return None
        if not isinstance(key, str) or not key:
            self._document.problem_at(place, spot, "a key must be text, followed by a colon")
            return None
        if first := self._document.keys.get((*spot, key)):
            sentence = (
                f"duplicate key {quoted(key)}; it stands at line {first.line}, column {first.column} already"
            )
            self._document.problem_at(place, spot, sentence)
        return key

    def _decorated(self, event: yaml.Event, spot: Spot) -> None:
        """Refuse *alias, &anchor and !tag."""
        tag = getattr(event, "tag", None)
        if (tag is None or tag in _TAGS) and getattr(event, "anchor", None) is None:
            return
        word = _WORD.match(self._text, _index(event))
        self._refuse(spot, self._unquoted(word[0] if word else "!"))

    def _refuse(self, spot: Spot, sentence: str) -> None:
        self._document.broken.add(spot)
        self._document.problem(spot, sentence)

    def _unquoted(self, text: str) -> str:
        """Say how to write text that YAML takes for something else. Repeats only rooms, no secrets."""
        names = [step for step in self.spot if isinstance(step, str)]
        of_network = len(names) == 3 and names[2] not in ConversationBlock.model_fields
        if names[:1] == ["conversations"] and (of_network or names[-1] == "room"):
            return f"a room that begins with {text[0]} must stand in quotes: {quoted(text)}"
        return f"a value that begins with {text[0]} must stand in quotes"

    def explain(self, error: yaml.MarkedYAMLError) -> tuple[Any, str]:
        """Return the mark of what YAML could not read, and what to do about it."""
        mark, begin = error.problem_mark, error.context_mark
        problem, context = error.problem or "", error.context or ""
        if "cannot start any token" in problem:
            return mark, self._stray(mark)
        if begin and (
            context.endswith(("an alias", "an anchor", "a tag")) or context == "while parsing a node"
        ):
            return begin, self._stray(begin)
        if "quoted" in context:
            return self._quote(begin, mark, problem)
        if self._open:
            return self._flow(mark)
        if "could not find expected ':'" in problem:
            return begin or mark, "a colon is missing after this key"
        return mark, _COLON if "mapping values are not allowed" in problem else _INVALID

    def _stray(self, mark: Any) -> str:
        """Say how to write text that begins with a character that YAML keeps for itself."""
        if self._text[mark.index] == "\t":
            return "a tab cannot stand here: indent with spaces"
        word = _WORD.match(self._text, mark.index)
        return self._unquoted((word and word[0]) or self._text[mark.index])

    @staticmethod
    def _quote(begin: Any, mark: Any, problem: str) -> tuple[Any, str]:
        if "end of stream" in problem or "document separator" in problem:
            return begin, "the quote that opens here is not closed"
        return mark, "a backslash in double quotes must be written twice; or use single quotes"

    def _flow(self, mark: Any) -> tuple[Any, str]:
        """Say what is wrong between brackets or braces."""
        begin, self.spot = self._open[-1]
        between = self._text[begin.index : mark.index + 1]
        if word := _FLOW_WORD.search(between):
            self.spot += (word["key"],) if word["key"] else ()
            return begin, self._unquoted(word["text"])
        if "${" in between:
            return begin, "inside { } and [ ] a ${VARIABLE} must stand in quotes"
        return begin, f"the {between[0]} that opens here is not closed, or something between needs quotes"
