"""The values of bridge.yaml that more than one key takes, as they are written and as they are read."""

import re
from functools import partial
from pathlib import Path
from string import Formatter
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from bridge.language import LANGUAGES

from .words import nearest, quoted

__all__ = [
    "Count",
    "Duration",
    "File",
    "Language",
    "Line",
    "Patterns",
    "Prefix",
    "Size",
    "TimeZone",
    "WebAddress",
    "off",
]

_FIELDS = ("name", "id", "network", "protocol")


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line without control characters")
    return text


def _file(path: Path) -> Path:
    if not path.name:
        raise ValueError("must name a file")
    return path


def _pattern(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty: it would match nobody")
    return text


def _template(text: str) -> str:
    """Check a name template: literal text and bare fields, nothing that format() could do besides."""
    _one_line(text.replace("\N{ZERO WIDTH JOINER}", ""))
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("has a { or } too many: a brace that is meant as text is written twice") from None
    for _, word, spec, conversion in pieces:
        if word is None or (word in _FIELDS and not spec and not conversion):
            continue
        if word in _FIELDS:
            raise ValueError(f"takes {{{word}}} as it is, without anything after the word")
        raise ValueError(
            f"knows {{name}}, {{id}}, {{network}} and {{protocol}}, not "
            f"{quoted(word)}{nearest(word, _FIELDS)}"
        )
    return text


_SHOWN = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 31_536_000}
_UNITS = {**_SHOWN, "w": 604_800}
"""A year has 365 days."""
_BYTES = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}
_NUMBER = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([A-Za-z]+)")


def _measured(value: object, units: dict[str, int], kind: type[int | float], wanted: str) -> object:
    """Read a number with one of these units; what is of this kind was read already. Raises ValueError."""
    if isinstance(value, kind):
        return value
    found = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[2] not in units:
        raise ValueError(f"must be a {wanted}")
    return kind(float(found[1]) * units[found[2]])


def _shortest(value: float, units: dict[str, int]) -> str:
    """Write a value as a person does, with the largest unit that leaves a whole number."""
    whole = [unit for unit, size in units.items() if value and value % size == 0]
    unit = whole[-1] if whole else next(iter(units))
    return f"{value / units[unit]:g}{unit}"


def _web_address(text: str) -> str:
    parts = urlsplit(_one_line(text))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://files.example.org/hubbub")
    return text.rstrip("/")


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}{nearest(text, LANGUAGES)}")
    return text


def _time_zone(text: str) -> str:
    zones = available_timezones()
    if text not in zones:
        raise ValueError(f"must be a time zone such as Europe/Berlin or UTC{nearest(text, zones)}")
    return text


def off(value: object) -> object:
    """Read `off` as a wish for nothing at all."""
    if isinstance(value, str) and value != "off":
        raise ValueError("must be off, or a mapping such as {max_age: 24h}")
    return {"max_messages": "0"} if value == "off" else value


Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]
File = Annotated[Path, AfterValidator(_file)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Language = Annotated[
    str, AfterValidator(_language), WithJsonSchema({"type": "string", "enum": list(LANGUAGES)})
]
"""One of those that there is a catalogue for."""
TimeZone = Annotated[
    str, AfterValidator(_time_zone), WithJsonSchema({"type": "string", "examples": ["Europe/Berlin"]})
]
"""The name of a zone in the IANA database."""

Duration = Annotated[
    float,
    BeforeValidator(
        partial(_measured, units=_UNITS, kind=float, wanted="time with its unit: 30s, 2m, 24h, 7d or 2y")
    ),
    PlainSerializer(lambda value: _shortest(value, _SHOWN), when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d+(\.\d+)?\s*[smhdwy]$|\$\{",
            "examples": ["30s", "2m", "24h", "7d", "2y"],
        }
    ),
]
"""A time in seconds, written with its unit."""
Size = Annotated[
    int,
    BeforeValidator(
        partial(_measured, units=_BYTES, kind=int, wanted="size with its unit: 500kB, 100MB or 2GB")
    ),
    PlainSerializer(lambda value: _shortest(value, _BYTES), when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(B|kB|MB|GB)$|\$\{", "examples": ["500kB", "100MB"]}
    ),
]
"""A size in bytes, written with its unit."""
Count = Annotated[int, Field(ge=0, le=1_000_000_000)]

Prefix = Annotated[str, Field(max_length=100), AfterValidator(_template)]
"""The template of the name in front of a message."""
Patterns = tuple[Annotated[str, AfterValidator(_pattern)], ...]
