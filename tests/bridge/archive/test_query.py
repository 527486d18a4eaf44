"""What people type is read as words, names and times, and as nothing else."""

import re
import sqlite3
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.archive.index import TABLE, Phrase
from bridge.archive.search.query import Condition, Key, Query, QueryError, read_query
from bridge.language import locale

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC).timestamp()
_SIGNS = (
    "from: in: since: - \" “ * a NOT OR AND NEAR( ) ^ words: { } : ' ;-- \x00 \ue0001 日本 字 + 7d \\ % "
    "');DROP TABLE words"
)
_TYPED = st.text(max_size=60) | st.lists(st.sampled_from([*_SIGNS.split(), " "]), max_size=12).map("".join)


def read(text: str) -> Query:
    return read_query(text, NOW, UTC)


def day(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("offer friday", ["offer", "friday"], []),
        ("Offer OFFER", ["offer"], []),
        ('"till friday" -draft', ["till friday"], ["draft"]),
        ('-"two words"', [], ["two words"]),
        (
            "“till friday” „bis morgen“ «deux mots» 「開会」",
            ["till friday", "bis morgen", "deux mots", "开会"],
            [],
        ),
        ("net* 字", ["net*", "字"], []),
        ("don't 10.0.0.1 C++ :) - a-b", ["don t", "10 0 0 1", "c", "a b"], []),
        ("http://example.org/x note:this", ["http example org x", "note this"], []),
        ('say"what', [], None),
    ],
)
def test_words(text: str, wanted: list[str], unwanted: list[str] | None) -> None:
    if unwanted is None:
        with pytest.raises(QueryError, match="quotation mark at character 4"):
            read(text)
        return
    if not wanted:
        text += " from:ann"
    found = read(text)
    assert [phrase.words + "*" * phrase.prefix for phrase in found.wanted] == wanted
    assert [phrase.words for phrase in found.unwanted] == unwanted


def test_conditions() -> None:
    found = read('FROM:ann from："Ann B" -in:#lobby on:libera tag:offer has:FILE kind:topic')
    assert found.conditions == (
        Condition(Key.FROM, "ann", True),
        Condition(Key.FROM, "Ann B", True),
        Condition(Key.IN, "#lobby", False),
        Condition(Key.ON, "libera", True),
        Condition(Key.TAG, "offer", True),
        Condition(Key.HAS, "file", True),
        Condition(Key.KIND, "topic", True),
    )
    assert found.wanted == found.unwanted == ()


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("since:2025", "2025-01-01", None),
        ("since:2025-03", "2025-03-01", None),
        ("until:2025-12", None, "2026-01-01"),
        ("until:2025-03-31", None, "2025-04-01"),
        ("before:31.3.2025", None, "2025-03-31"),
        ("date:2025/2", "2025-02-01", "2025-03-01"),
        ("date:2025-03-31T14:05", "2025-03-31 14:05", "2025-03-31 14:06"),
        ("date:yesterday", "2026-03-14", "2026-03-15"),
        ("since:today", "2026-03-15", None),
        ("since:09:15", "2026-03-15 09:15", None),
        ("since:7d", "2026-03-08 12:30", None),
        ("date:36h", "2026-03-14 00:30", None),
        ("since:1y until:2w", "2025-03-15 12:30", "2026-03-01 12:30"),
        ("since:2025 since:2026 until:2026 until:2026-01", "2026-01-01", "2026-02-01"),
    ],
)
def test_times(text: str, since: str | None, until: str | None) -> None:
    found = read(text)
    assert found.since == (None if since is None else day(since))
    assert found.until == (None if until is None else day(until))


def test_a_day_begins_where_whoever_asks_is() -> None:
    found = read_query("date:2026-03-29", NOW, ZoneInfo("Europe/Berlin"))  # a day of 23 hours there
    assert (found.since, found.until) == (day("2026-03-28 23:00"), day("2026-03-29 22:00"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Say what to look for"),
        (" :) ", "Say what to look for"),
        ("-draft", "Say also what to look for"),
        ("-from:ann", "Say also what to look for"),
        ('offer "till', "The quotation mark at character 7 has no end."),
        ("offer from: ann", "Nothing stands behind from: at character 7: write it like from:ann"),
        ("since:soon", '"soon" at character 1 is no time'),
        ("x since:2025-02-30", '"2025-02-30" at character 3 is no time'),
        ("-since:2025", '"-since:2025" at character 1 is no time'),
        ("since:0000", '"0000" at character 1 is no time'),
        ("since:2026 until:2025", "ends before it begins"),
        ("kind:word", '"word" at character 1 is not known: kind: goes with message, edit'),
        ("has:fun", '"fun" at character 1 is not known: has: goes with file.'),
        ("a*", 'Too much begins with "a*" (character 1)'),
        ("a" * 501, "at most 500 characters"),
        ("a " * 33, "at most 32"),
        ("since:\x1b[31m", '" [31m" at character 1'),
    ],
)
def test_what_cannot_be_understood_is_named(text: str, sentence: str) -> None:
    with pytest.raises(QueryError, match=re.escape(sentence)):
        read(text)


def test_what_is_wrong_is_told_in_the_language_of_whoever_asks() -> None:
    with pytest.raises(QueryError) as raised:
        read('say "what')
    assert raised.value.told(locale("de", None)) == "Das Anführungszeichen an Stelle 5 hat kein Ende."


@given(_TYPED)
def test_whatever_is_typed_can_be_looked_for(text: str) -> None:
    """And is nothing but terms in quotes to SQLite: no operator, no column, no mark of a scope."""
    try:
        found = read(text)
    except QueryError:
        return
    for phrase in (*found.wanted, *found.unwanted):
        assert re.fullmatch(r'"[^"\ue000-\uf8ff]+"( \*)?( "[^"\ue000-\uf8ff]+"( \*)?)*', phrase.expression)
        _db.execute("SELECT rowid FROM words WHERE words MATCH ?", (phrase.expression,)).fetchall()


_db = sqlite3.connect(":memory:")
_db.execute(TABLE)


@given(st.text(min_size=1, max_size=30))
def test_a_phrase_is_in_the_text_that_it_was_taken_from(text: str) -> None:
    from bridge.archive.index import padded

    for prefix in (False, True):
        phrase = Phrase.of(text, prefix=prefix)
        assert phrase is None or phrase.needle in padded(text)
        assert phrase is None or phrase.needle in padded(f"so {text} so")
