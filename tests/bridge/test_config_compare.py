"""What changed between two configurations, as a person would say it."""

import pytest

from bridge.config import changed_settings, needs_connection, renamed

from .fake_protocol import Bench

FILE = """\
networks:
  one: {{protocol: fake, server: a, {one}}}
  two: {{protocol: fake, server: b}}
conversations:
  lobby:
    one: {{room: "#a"{room}}}
    two: "#b"
    {lobby}
{top}
"""


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def load(bench, one="nick: hub", room="", lobby="ignore: [spam]", top=""):
    return bench.load(FILE.format(one=one, room=room, lobby=lobby, top=top))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"one": "nick: bridge"}, ["one: nick: hub → bridge"]),
        ({"one": "nick: hub, prefix: '{name}: '"}, ["one: prefix: nothing → {name}: "]),
        ({"one": "nick: hub, max_age: 36h"}, ["one: max_age: 7d → 36h"]),
        ({"one": "nick: hub, token: hush"}, ["one: token: nothing → a secret"]),
        ({"one": "nick: hub, pace: {burst: 3}"}, ["one: pace.burst: 10.0 → 3.0"]),
        ({"one": "nick: hub, edits: full"}, ["one: edits: diff → full"]),
        ({"one": "nick: hub, tls: false"}, ["one: tls: true → false"]),
        ({"room": ", edits: full"}, ["conversation lobby, one #a: edits: diff → full"]),
        (
            {"lobby": "ignore: [spam]\n    language: de"},
            [f"conversation lobby, {room}: language: en → de" for room in ("one #a", "two #b")],
        ),
        ({"room": ", direction: from"}, ["conversation lobby, one #a: direction: both → from"]),
        ({"room": ", key: hush"}, ["conversation lobby, one #a: key: nothing → a secret"]),
        ({"lobby": ""}, ['conversation lobby: ignore: ["spam"] → nothing']),
        ({"top": "keep: {text: 3d}"}, ["keep.text: 7d → 3d"]),
        (
            {"top": "mail: {server: 127.0.0.1, security: none, from: a@shop.example}"},
            [
                "mail.server: nothing → 127.0.0.1",
                "mail.security: nothing → none",
                "mail.from: nothing → a@shop.example",
            ],
        ),
        (
            {"top": "archive: {mail: {server: mx.example.org, from: a@shop.example}}"},
            [
                "archive.mail.server: nothing → mx.example.org",
                "archive.mail.security: nothing → starttls",
                "archive.mail.from: nothing → a@shop.example",
            ],
        ),
        ({"top": "media: {max_file: 5MB}"}, ["media.max_file: 100MB → 5MB"]),
        ({"top": "  tea: {one: '#a', two: '#c'}"}, ["conversation: nothing → tea"]),
        ({}, []),
    ],
)
def test_a_change_is_told_in_the_words_of_the_file(bench, change, said):
    assert [str(setting) for setting in changed_settings(load(bench), load(bench, **change))] == said


def test_another_secret_is_told_and_shown_nowhere(bench):
    old, new = load(bench, one="token: hush"), load(bench, one="token: still")
    assert [str(setting) for setting in changed_settings(old, new)] == ["one: token: a secret → another"]


def test_a_room_that_moves_between_conversations(bench):
    """Rooms that join or leave the map are told as such, and not here."""
    old = load(bench, top="  tea: {one: '#c', two: '#d'}")
    new = load(bench, top="  tea: {one: '#c', two: ['#d', '#b', '#e']}")
    assert [str(setting) for setting in changed_settings(old, new)] == [
        "conversation tea: two #b: not in it → in it"
    ]


@pytest.mark.parametrize(
    ("one", "anew"),
    [("nick: hub, prefix: x", False), ("nick: hub, max_queue: 3", False), ("nick: hub, port: 7001", True)],
)
def test_what_takes_a_new_connection(bench, one, anew):
    old, new = load(bench), load(bench, one=one)
    assert needs_connection(old.networks["one"], new.networks["one"]) is anew


def test_a_renamed_network_is_the_same(bench):
    old = load(bench)
    text = FILE.format(one="nick: hub, was: one", room="", lobby="ignore: [spam]", top="")
    new = bench.load(text.replace("  one:", "  uno:"))
    assert renamed(old, new) == {"one": "uno"}
    assert list(changed_settings(old, new)) == []
    assert renamed(new, new) == {}


@pytest.mark.parametrize(
    ("one", "two", "sentence"),
    [
        ("was: two", "", '"two" is a network itself: take this line out, or rename that one'),
        ("was: zero", "was: zero", '"zero" became "one" already'),
    ],
)
def test_a_name_that_it_cannot_have_had(bench, one, two, sentence):
    text = FILE.format(one=one, room="", lobby="", top="").replace("server: b", f"server: b, {two}")
    (problem,) = bench.problems(text)
    assert problem.endswith(f".was: {sentence}")
