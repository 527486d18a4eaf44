"""Reads what somebody asks of the archive, as they type it, into a `Query`.

    offer friday            both words, in any order
    "till friday"           these, in this order
    net*                    words that begin so
    -draft                  without it
    from:ann in:lobby       by her, there: a room or a conversation; one of several of a kind is enough
    on:libera               said on that network
    since:2025-03 until:7d  from then, until then; before: a day, date: on it
    tag:offer has:file kind:topic

What is none of these is a word. Nothing of it is ever more than words and names to look for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from typing import NamedTuple

from bridge.archive.entries import EntryKind
from bridge.archive.index import Phrase
from bridge.errors import ArchiveError
from bridge.language import ENGLISH, N_, Locale

from .dates import read_times

__all__ = ["Condition", "Key", "Query", "QueryError", "read_query"]

LONGEST = 500
"""So many characters a question may have."""
_MOST = 32
"""So many words and conditions."""
_SHOWN = 30
_QUOTES = {'"': '"', "“": '”"', "„": '“”"', "«": "»", "»": "«", "「": "」", "『": "』"}
_COLONS = ":\uff1a"
_LIKE_A_KEY = re.compile(rf"[a-z]{{2,10}}[{_COLONS}][^\s/]", re.IGNORECASE)
_SHORTEST = 2
"""So many letters at least stand before an asterisk: else most of the archive begins so."""


class Key(StrEnum):
    """What stands before a colon."""

    FROM = "from"
    IN = "in"
    ON = "on"
    TAG = "tag"
    HAS = "has"
    KIND = "kind"
    SINCE = "since"
    UNTIL = "until"
    BEFORE = "before"
    DATE = "date"


_TIMES = frozenset({Key.SINCE, Key.UNTIL, Key.BEFORE, Key.DATE})
_SAMPLES = {
    Key.FROM: "from:ann",
    Key.IN: "in:lobby",
    Key.ON: "on:libera",
    Key.TAG: "tag:offer",
    Key.HAS: "has:file",
    Key.KIND: "kind:topic",
}


class QueryError(ArchiveError):
    """A question that cannot be understood; its sentence names the place, for whoever asked."""

    def __init__(self, sentence: str, **values: object) -> None:
        self._sentence, self._values = sentence, values
        super().__init__(self.told(ENGLISH))

    def told(self, locale: Locale) -> str:
        """Return the sentence in a language."""
        return locale.gettext(self._sentence, **self._values)


class Condition(NamedTuple):
    """What an entry has to be, or not to be, beside its words."""

    key: Key
    value: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for."""

    text: str
    """As it was typed."""
    wanted: tuple[Phrase, ...] = ()
    unwanted: tuple[Phrase, ...] = ()
    conditions: tuple[Condition, ...] = ()
    since: float | None = None
    """In seconds since 1970."""
    until: float | None = None
    """Exclusive."""
    doubted: tuple[str, ...] = ()
    """What looks like a condition and is none, as it was typed: `sice:7d`."""


def read_query(text: str, now: float, zone: tzinfo | None = None) -> Query:
    """Return what a text asks for. `now` is in seconds since 1970; `zone` is that of whoever asks; None: the
    machine's. Raises QueryError.
    """
    if len(text) > LONGEST:
        raise QueryError(N_("The question is too long: at most {most} characters are read."), most=LONGEST)
    reading = _Reading(now, zone)
    pieces = list(_pieces(text))
    if len(pieces) > _MOST:
        raise QueryError(N_("The question has too many words: at most {most} are read."), most=_MOST)
    for piece in pieces:
        reading.take(piece)
    return reading.query(text)


class _Piece(NamedTuple):
    place: int
    """Of its first character, from 1."""
    key: Key | None
    value: str
    wanted: bool
    whole: bool
    """Whether it stood in quotes."""


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        place = at + 1
        wanted = not (text[at] == "-" and text[at + 1 : at + 2].strip())
        at += not wanted
        key, at = _key(text, at)
        value, whole, at = _value(text, at)
        yield _Piece(place, key, value, wanted, whole)


def _key(text: str, at: int) -> tuple[Key | None, int]:
    """Return the key that stands somewhere, and where its value begins; None: there is none."""
    for key in Key:
        end = at + len(key)
        if text[at:end].lower() == key and text[end : end + 1] in tuple(_COLONS):
            return key, end + 1
    return None, at


def _value(text: str, at: int) -> tuple[str, bool, int]:
    """Return the word, or what stands in quotes, whether it did, and where it ends."""
    if (ends := _QUOTES.get(text[at : at + 1])) is not None:
        for end in range(at + 1, len(text)):
            if text[end] in ends:
                return text[at + 1 : end], True, end + 1
        raise QueryError(N_("The quotation mark at character {place} has no end."), place=at + 1)
    end = at
    while end < len(text) and not text[end].isspace() and text[end] != '"':
        end += 1
    return text[at:end], False, end


class _Reading:
    """What was read until now."""

    def __init__(self, now: float, zone: tzinfo | None) -> None:
        self._now = now
        self._zone = zone
        self._wanted: list[Phrase] = []
        self._unwanted: list[Phrase] = []
        self._conditions: list[Condition] = []
        self._since: float | None = None
        self._until: float | None = None
        self._doubted: list[str] = []

    def take(self, piece: _Piece) -> None:
        if piece.key is None:
            self._words(piece)
        elif not piece.value.strip():
            sample = _SAMPLES.get(piece.key, f"{piece.key}:2025-03-31")
            raise QueryError(
                N_(
                    "Nothing stands behind {key} at character {place}: write it like {sample}, with no space."
                ),
                key=f"{piece.key}:",
                place=piece.place,
                sample=sample,
            )
        elif piece.key in _TIMES:
            self._time(piece.key, piece)
        else:
            self._conditions.append(Condition(piece.key, self._name(piece.key, piece), piece.wanted))

    def query(self, text: str) -> Query:
        found = self._wanted or any(one.wanted for one in self._conditions)
        if not found and self._since is None and self._until is None:
            raise QueryError(
                N_("Say also what to look for, not only what to leave out.")
                if self._unwanted or self._conditions
                else N_("Say what to look for: words, or something like from:ann or since:7d.")
            )
        if self._since is not None and self._until is not None and self._since >= self._until:
            raise QueryError(N_("The time that is asked for ends before it begins."))
        wanted, unwanted = tuple(dict.fromkeys(self._wanted)), tuple(dict.fromkeys(self._unwanted))
        conditions, doubted = tuple(self._conditions), tuple(self._doubted)
        return Query(text, wanted, unwanted, conditions, self._since, self._until, doubted)

    def _words(self, piece: _Piece) -> None:
        if not piece.whole and _LIKE_A_KEY.match(piece.value):
            self._doubted.append(_shown(piece.value))
        begins = piece.value.endswith("*") and not piece.whole
        phrase = Phrase.of(piece.value, prefix=begins)
        if phrase is None:
            return
        if begins and len(phrase.words) < _SHORTEST and phrase.words.isascii():
            raise QueryError(
                N_("Too much begins with {value} (character {place}): write at least two letters before *."),
                value=_shown(piece.value),
                place=piece.place,
            )
        (self._wanted if piece.wanted else self._unwanted).append(phrase)

    def _time(self, key: Key, piece: _Piece) -> None:
        times = read_times(piece.value, self._now, self._zone)
        if times is None or not piece.wanted:
            raise QueryError(
                N_("{value} at character {place} is no time: write 2025-03-31, 2025-03, yesterday or 7d."),
                value=_shown(piece.value if piece.wanted else f"-{key}:{piece.value}"),
                place=piece.place,
            )
        begin, end = times
        if key in {Key.SINCE, Key.DATE}:
            self._since = begin if self._since is None else max(begin, self._since)
        if key is Key.DATE and begin == end:
            return  # a span ends now
        if key is not Key.SINCE:
            end = begin if key is Key.BEFORE else end
            self._until = end if self._until is None else min(end, self._until)

    def _name(self, key: Key, piece: _Piece) -> str:
        value = piece.value.strip()
        known = {Key.HAS: ("file",), Key.KIND: tuple(EntryKind)}.get(key)
        if known is None:
            return value
        if value.lower() in known:
            return value.lower()
        raise QueryError(
            N_("{value} at character {place} is not known: {key} goes with {known}."),
            value=_shown(value),
            place=piece.place,
            key=f"{key}:",
            known=", ".join(known),
        )


def _shown(text: str) -> str:
    """Return a part of what was typed for a sentence: on one line, with nothing that acts."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return f'"{text if len(text) <= _SHOWN else text[:_SHOWN] + "…"}"'
