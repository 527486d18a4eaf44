"""Polls (MSC3381) and other extensible events (MSC1767) are messages to those who know neither."""

import pytest

from adapters.matrix.decode import decode
from bridge import Block, Kind, MessageEdited, RoomId

OLD = "org.matrix.msc3381.poll"
TEXT = "org.matrix.msc1767.text"
STABLE = {
    "m.text": [{"body": "Tea?"}],
    "m.poll": {
        "kind": "m.disclosed",
        "question": {"m.text": [{"mimetype": "text/html", "body": "<b>Tea?</b>"}, {"body": "Tea?"}]},
        "answers": [
            {"m.id": "y", "m.text": [{"body": "Yes & now"}]},
            {"m.id": "n", "m.text": [{"body": "No"}]},
        ],
    },
}
UNSTABLE = {
    TEXT: "Tea?\n1. Yes & now\n2. No",
    f"{OLD}.start": {
        "question": {TEXT: "Tea?"},
        "max_selections": 1,
        "answers": [{"id": "y", TEXT: "Yes & now"}, {"id": "n", TEXT: "No"}],
    },
}


def read(kind, content):
    event = {
        "type": kind,
        "sender": "@alice:x.org",
        "event_id": "$1",
        "content": content,
        "origin_server_ts": 1,
    }
    return decode(event, RoomId("!r:x.org"), {"@alice:x.org": "Alice"}, "@hubbub:x.org")


@pytest.mark.parametrize(("kind", "content"), [("m.poll.start", STABLE), (f"{OLD}.start", UNSTABLE)])
def test_a_poll_is_a_question_with_numbered_answers(kind, content):
    said = read(kind, content).content
    assert [(span.text, span.block.item) for span in said.spans] == [
        ("[poll]", None), (" Tea?\n", None), ("Yes & now\n", 1), ("No", 2),
    ]  # fmt: skip


def test_an_edited_poll():
    new = {**STABLE, "m.poll": {**STABLE["m.poll"], "question": {"m.text": [{"body": "Coffee?"}]}}}
    relation = {"rel_type": "m.replace", "event_id": "$0"}
    edit = read("m.poll.start", {**STABLE, "m.new_content": new, "m.relates_to": relation})
    assert isinstance(edit, MessageEdited)
    assert edit.content.text.startswith("[poll] Coffee?")


@pytest.mark.parametrize(
    ("kind", "words", "text"),
    [
        (f"{OLD}.end", {TEXT: "The poll has ended. Top answer: Yes"}, "The poll has ended. Top answer: Yes"),
        ("m.poll.end", {"m.text": [{"body": "It is over: Yes"}]}, "It is over: Yes"),
        ("m.poll.end", {}, "The poll has ended."),
    ],
)
def test_the_end_of_a_poll_answers_it(kind, words, text):
    said = read(kind, {**words, "m.relates_to": {"rel_type": "m.reference", "event_id": "$0"}})
    assert (said.kind, said.content.text, said.reply_to) == (Kind.NOTICE, text, "$0")


def test_a_vote_is_nothing_that_is_said():
    assert read(f"{OLD}.response", {TEXT: "x", "m.relates_to": {"event_id": "$0"}}) is None


@pytest.mark.parametrize(
    ("kind", "content", "how", "text"),
    [
        ("m.message", {"m.text": [{"body": "hello"}]}, Kind.TEXT, "hello"),
        ("org.matrix.msc1767.message", {TEXT: "hello"}, Kind.TEXT, "hello"),
        ("org.matrix.msc1767.emote", {TEXT: "waves"}, Kind.EMOTE, "waves"),
        (
            "m.image",
            {"m.text": [{"body": "cat.png (12 KB) https://x/y"}]},
            Kind.TEXT,
            "cat.png (12 KB) https://x/y",
        ),
        (
            "m.message",
            {"m.message": [{"mimetype": "text/html", "body": "<b>x</b>"}, {"body": "x"}]},
            Kind.TEXT,
            "x",
        ),
        ("org.example.chess", {"move": "Ng5", "body": "plays Ng5"}, Kind.TEXT, "plays Ng5"),
        ("m.call.invite", {"call_id": "c"}, Kind.EMOTE, "started a call"),
        (
            "m.room.encrypted",
            {"ciphertext": "A"},
            Kind.TEXT,
            "[encrypted message that the bridge cannot read]",
        ),
    ],
)
def test_what_is_not_known_is_read_by_its_fallback(kind, content, how, text):
    said = read(kind, content)
    assert (said.kind, said.content.text) == (how, text)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("org.example.chess", {"move": "Ng5"}),
        ("m.call.hangup", {"call_id": "c"}),
        ("m.call.invite", {}),
        (
            "m.room.encrypted",
            {"ciphertext": "A", "m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}},
        ),
    ],
)
def test_what_says_nothing(kind, content):
    assert read(kind, content) is None


@pytest.mark.parametrize(
    "odd", [None, 5, "x", [], [5], [{"body": 5}], {"m.text": 5}, {"answers": 5, "question": []}]
)
@pytest.mark.parametrize("kind", ["m.poll.start", "m.poll.end", "m.message"])
def test_odd_ones_are_read_as_far_as_they_can_be(kind, odd):
    found = read(kind, {"m.text": odd, "m.poll": odd, "m.new_content": odd, "m.relates_to": odd})
    assert found is None or found.content.text


def test_a_poll_of_too_many_answers():
    answers = [{"m.text": [{"body": str(n)}]} for n in range(500)]
    said = read("m.poll.start", {"m.poll": {"question": {"m.text": [{"body": "?"}]}, "answers": answers}})
    assert said.content.spans[-1].block == Block(item=20)
