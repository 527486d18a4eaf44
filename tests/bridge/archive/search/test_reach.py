"""People in a room find what was heard there while they were, and nothing else."""

import contextlib
from datetime import UTC

import pytest

from bridge.archive.entries import EntryKind, Person
from bridge.archive.search import Readable, ask, since_known
from bridge.archive.search.query import QueryError, read_query
from bridge.archive.store import NewEntry, Store

from .talk import ANN, BOB, NOW, copied, said

HERE = Readable("talk", "irc", "#talk")
EVE = Person(id="eve!e@host", name="Eve")


def texts(store: Store, question: str, person: Person) -> list[str] | None:
    with store.reader() as reader:
        reach = since_known(reader, HERE, person.id)
        if reach is None:
            return None
        answer = ask(read_query(question, NOW, UTC), reader, reach=reach)
        return [hit.text for hit in answer.hits]


def here(text: str, by: Person = ANN, **more: object) -> NewEntry:
    return said(text, by, **({"network": "irc", "room": "#talk"} | more))


def moved(change: str, by: Person = EVE, **more: object) -> NewEntry:
    return here("", by, kind=EntryKind.MEMBER, change=change, **more)


def test_who_is_not_known_to_be_there_finds_nothing(store: Store) -> None:
    store.add([here("word before"), moved("left")])
    assert texts(store, "word", EVE) is None
    assert texts(store, "word", BOB) is None


def test_what_was_said_before_somebody_came_is_not_theirs(store: Store) -> None:
    store.add([here("word one"), moved("joined"), here("word two"), here("word of old", at=NOW - 5)])
    assert texts(store, "word", EVE) == ["word two"]
    assert texts(store, "word", ANN) == ["word of old", "word two", "word one"][1:]


def test_who_was_there_from_the_start_finds_all_since_their_first_word(store: Store) -> None:
    store.add([here("word one"), here("hello word", EVE), here("word two"), moved("banned", ANN)])
    assert texts(store, "word", EVE) == ["word two", "hello word"]


@pytest.mark.parametrize("change", ["left", "kicked", "banned", "renamed"])
def test_who_comes_by_the_name_of_somebody_who_went_has_none_of_theirs(store: Store, change: str) -> None:
    store.add([moved("joined"), here("word one", EVE), moved(change), here("word two")])
    assert texts(store, "word", EVE) is None
    store.add([here("word three", EVE), here("word four")])
    assert texts(store, "word", EVE) == ["word four", "word three"]
    store.add([moved("joined"), here("word five")])
    assert texts(store, "word", EVE) == ["word five"]


def test_only_what_arrived_in_the_room_is_found(store: Store) -> None:
    store.add(
        [
            moved("joined"),
            said("word here from matrix", BOB, id="b1"),
            copied("b1", "irc", "#talk", BOB, ids=("x",)),
            said("word that was given up", BOB, id="b2"),
            copied("b2", "irc", "#talk", BOB, reason="too long"),
            said("word for another room", BOB, id="b3"),
            copied("b3", "irc", "#elsewhere", BOB, ids=("y",)),
            here("word of another conversation", to="other"),
            here("word", room="#elsewhere"),
        ]
    )
    for question in ("word", "in:talk word", "in:other word", "word -in:talk", "from:bob", "on:matrix"):
        found = texts(store, question, EVE)
        assert found is not None
        assert set(found) <= {"word here from matrix"}, question
    assert texts(store, "word", EVE) == ["word here from matrix"]


def test_a_question_never_leads_out_of_the_room(store: Store) -> None:
    store.add([moved("joined"), here("secret", to="other"), here("open")])
    conversation = "\ue0001"
    for question in [
        f'secret OR "{conversation}"',
        'open" OR "secret',
        "open OR secret",
        "open) OR (secret",
        "-open secret",
        "secret*",
        "from:ann in:other",
        "in:other -open",
    ]:
        with contextlib.suppress(QueryError):
            assert "secret" not in (texts(store, question, EVE) or ()), question
