"""What a model does not accept, as sentences that say what to do."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .document import Data, Document, Spot
from .fill import fields, models_in, secret_fields
from .models import Model
from .words import closest, nearest, quoted

__all__ = ["Block", "bare", "keys_of", "unknown_key"]

_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dataclass_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
    "path_type": "the name of a file",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
}
_BOUNDS = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}
_CHOICES = {"literal_error", "enum"}
_STRUCTURES = {"a mapping (key: value)", "a list", "text"}
_SUBJECT = re.compile(
    r"^(?:Value error, |Assertion failed, )?(?:Input|String|Value|List|Tuple|Set|Data)? ?should "
)


@cache
def keys_of(model: type[Model]) -> tuple[str, ...]:
    """Return every key that a block may have, those that name a secret's file included."""
    return (*(key for key, _ in fields(model)), *(f"{key}_file" for key in secret_fields(model)))


@cache
def bare(model: type[Model]) -> Model | None:
    """Return what a block gives in which nothing stands, the same for all; None where something must."""
    try:
        return model.model_validate({})
    except ValidationError:
        return None


@dataclass(slots=True)
class Block:
    """One block of the file and the model that it must fit."""

    document: Document
    spot: Spot
    model: type[Model]
    data: Data
    also: tuple[str, ...] = ()
    """Keys that the block may have besides the model's."""

    def read(self) -> Any:
        """Return the model's instance; None when there are mistakes, which are noted."""
        if self.data == {} and (found := bare(self.model)) is not None:
            return found
        try:
            return self.model.model_validate(self.data)
        except ValidationError as error:
            self._explain(error)
            return None

    def _explain(self, error: ValidationError) -> None:
        gathered: dict[Spot, list[ErrorDetails]] = {}
        missing: list[tuple[Spot, str]] = []
        for detail in error.errors(include_url=False, include_input=False):
            inner = _inner(self.data, detail["loc"])
            if detail["type"] == "missing":
                missing.append((inner, str(detail["loc"][-1])))
            elif detail["type"] == "extra_forbidden":
                self._unknown(inner)
            else:
                gathered.setdefault(inner, []).append(detail)
        for inner, name in missing:
            self._missing(inner, name)
        for inner, details in gathered.items():
            spot = (*self.spot, *inner)
            value = _at(self.data, inner)
            whole = isinstance(value, dict) and details[0]["type"] == "value_error"
            if not self.document.is_broken(spot, within=whole):
                self.document.problem(spot, _sentence(self.document, spot, value, details), key=whole)

    def _unknown(self, inner: Spot) -> None:
        known = [*keys_of(_model_at(self.model, inner[:-1])), *(self.also if len(inner) == 1 else ())]
        unknown_key(self.document, (*self.spot, *inner), known)

    def _missing(self, inner: Spot, name: str) -> None:
        spot = (*self.spot, *inner)
        if (*spot, name) in self.document.meant or self.document.is_broken(spot):
            return
        file = f' (or "{name}_file")' if name in secret_fields(_model_at(self.model, inner)) else ""
        self.document.problem(spot, f"{quoted(name)}{file} is missing", key=True)


def unknown_key(document: Document, spot: Spot, known: Iterable[str], what: str = "key") -> None:
    """Note that there is no such key, and which one may have been meant."""
    name, known = str(spot[-1]), [] if document.is_bad else list(known)
    if close := closest(name, known):
        document.meant.add((*spot[:-1], close))
    document.problem(spot, f"unknown {what} {quoted(name)}{nearest(name, known)}", key=True)


def _inner(data: Data, loc: tuple[int | str, ...]) -> Spot:
    """Return the steps of a location that lead through the data; the others name branches of a union."""
    steps: list[int | str] = []
    for step in loc:
        found = isinstance(data, dict) and step in data
        if found or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            data = _at(data, (step,))
            steps.append(step)
    return tuple(steps)


def _at(data: Data, spot: Spot) -> Data:
    for step in spot:
        data = data[step]  # type: ignore[index]
    return data


def _model_at(model: type[Model], spot: Spot) -> type[Model]:
    """Return the block's model that stands at this spot within a block of `model`."""
    for step in spot:
        annotations = dict(fields(model))
        model = next(models_in(annotations.get(str(step))), model)
    return model


def _sentence(document: Document, spot: Spot, value: Data, details: list[ErrorDetails]) -> str:
    if value is None:
        return "has no value"
    expected = list(dict.fromkeys(found for detail in details if (found := _expected(detail))))
    if not expected:
        return _other(document, spot, details[0])
    shown = f"must be {' or '.join(expected)}"
    if not isinstance(value, str):
        return f"{shown}, not a {'list' if isinstance(value, list) else 'mapping'}"
    if document.conceals(spot):
        return shown
    if not set(expected).isdisjoint(_STRUCTURES):
        return f"{shown}, not text"
    choices = [choice for detail in details for choice in _choices(detail)]
    return f"{shown}, not {quoted(value)}{nearest(value, choices)}"


def _context(detail: ErrorDetails) -> Mapping[str, Any]:
    return detail.get("ctx", {})


def _choices(detail: ErrorDetails) -> list[str]:
    if detail["type"] not in _CHOICES:
        return []
    return re.findall(r"'([^']*)'", str(_context(detail).get("expected", "")))


def _expected(detail: ErrorDetails) -> str | None:
    """Name the kind that the value should be of; None when it is of that kind but not acceptable."""
    if choices := _choices(detail):
        return " or ".join(filter(None, (", ".join(map(quoted, choices[:-1])), quoted(choices[-1]))))
    return _EXPECTED.get(detail["type"])


def _other(document: Document, spot: Spot, detail: ErrorDetails) -> str:
    kind, context = detail["type"], _context(detail)
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        bound = context[name]
        return f"{words} {bound:g}" if isinstance(bound, float) else f"{words} {bound}"
    if kind in {"string_too_short", "too_short"} and context.get("min_length") == 1:
        return "must not be empty"
    if kind in {"string_too_long", "too_long"}:
        unit = "characters" if kind == "string_too_long" else "entries"
        return f"must have at most {context['max_length']} {unit}"
    sentence = str(context["error"]) if kind in {"value_error", "assertion_error"} else detail["msg"]
    sentence = _SUBJECT.sub("must ", sentence)
    if document.betrays(spot, sentence) or (document.conceals(spot) and kind != "value_error"):
        return "is not valid; the value is not shown, since it is secret or comes from a variable"
    return sentence
