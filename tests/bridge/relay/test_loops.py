"""Copies are not copied on: by their mark, and where nothing carries one, by the loop guard."""

import asyncio
from dataclasses import replace

import pytest

from bridge.model import Authorship, MessageCreated, Speaker
from bridge.relay.loop_guard import LoopGuard
from bridge.testing import HandClock, ScriptedNetwork
from tests.bridge.world import config, running

pytestmark = pytest.mark.usefixtures("either_journal")


@pytest.mark.parametrize("mark", ["1.2.0.0123456789abcdef", "nonsense"])
async def test_what_bears_a_foreign_mark_is_not_relayed(pair, left, right, mark, caplog):
    async with running(pair):
        left.say("one", "other-bridge", "<bob> hi", mark=mark)
        left.say("one", "other-bridge", "<bob> hi again", mark=mark)
        left.say("one", "alice", "hello")
        await right.until(1)
    assert right.texts("two") == ["<alice> hello"]
    assert caplog.text.count("another Hubbub speaks in left one") == 1


async def test_our_own_mark_is_known_by_calculation(pair, left, right, caplog):
    async with running(pair):
        left.say("one", "alice", "hello")
        await right.until(1)
        right.say("two", "copycat", "<alice> hello", mark=right.said[0].txn)
        right.say("two", "bob", "hi")
        await left.until(1)
    assert left.texts("one") == ["<bob> hi"]
    assert "another Hubbub" not in caplog.text


async def test_a_loop_through_another_bridge_ends_within_ten_lines(pair, left, right):
    """Another bridge joins the same two rooms, and marks nothing."""
    async with running(pair) as bridge:
        left.say("one", "alice", "hello")
        for _ in range(30):
            for here, room, there, other in ((left, "one", right, "two"), (right, "two", left, "one")):
                before = len(here.said)
                await asyncio.sleep(0.001)
                for text in here.texts(room)[before - 1 if before else 0 :][-1:]:
                    there.say(other, "otherbot", f"[x] {text}")
                await there.settled()
        lines = len(left.said) + len(right.said)
        await bridge.patrol()
        await left.settled()
    assert lines <= 11
    told = [text for text in left.texts("one") + right.texts("two") if "repeats" in text]
    assert told
    assert "its name belongs under ignore" in told[0]


@pytest.mark.parametrize("how", Authorship)
@pytest.mark.parametrize("marks", [True, False])
async def test_two_bridges_in_the_same_rooms_make_no_loop(tmp_path, marks, how):
    """Two Hubbubs, each with its own accounts, join the same two rooms."""
    names = ("left", "right", "left-too", "right-too")
    left, right, left_too, right_too = map(ScriptedNetwork, names)
    left.beside(left_too)
    right.beside(right_too)
    for network in (left, right, left_too, right_too):
        network.carries_marks = marks
        network.capabilities = replace(network.capabilities, authorship=how)
    (tmp_path / "too").mkdir()
    first = config(tmp_path, {"lobby": ["left one", "right two"]})
    second = config(tmp_path / "too", {"lobby": ["left-too one", "right-too two"]})
    async with running(first), running(second):
        for n in range(10):
            left.say("one", "alice", f"line {n}")
            for _ in range(20):
                await asyncio.gather(*(network.settled() for network in (left, right, left_too, right_too)))
    copies = [
        text
        for network in (left, right, left_too, right_too)
        for text in network.texts("one") + network.texts("two")
    ]
    if marks:
        name = "<alice> " if how is Authorship.PREFIX else ""
        assert right.texts("two") == right_too.texts("two") == [f"{name}line {n}" for n in range(10)]
        assert len(copies) == 20
    else:
        notices = sum("repeats in" in text for text in copies)
        assert len(copies) - notices <= 20 + 4 * 10, "in each room the loop ends within ten lines"
        assert notices <= 4 * 20, "and so do those of what is told of it"
        assert all(any(text.endswith(f"line {n}") for text in right.texts("two")) for n in range(10))


async def test_two_bridges_over_the_same_rooms_say_everything_once_each(tmp_path, left, right):
    """The same pair of rooms in two conversations of one map."""
    twice = config(tmp_path, {"lobby": ["left one", "right two"], "again": ["left one", "right two"]})
    async with running(twice):
        left.say("one", "alice", "hello")
        left.say("one", "alice", "bye")
        await right.until(2)
        await right.settled()
    assert right.texts("two") == ["<alice> hello", "<alice> bye"]


def said(text, who="eve"):
    return ScriptedNetwork("anywhere").saying("one", who, text)


def guard():
    told: list[tuple[int, str]] = []
    return LoopGuard(lambda source, who: told.append((source, who)), HandClock()), told


def test_a_person_who_quotes_is_left_alone():
    watch, told = guard()
    for n in range(4):
        watch.sent(f"<alice> line {n}")
        assert not watch.repeats("left", 1, said(f"<alice> line {n}"))
    assert not told


def test_a_suspect_may_still_say_other_things():
    watch, told = guard()
    for n in range(10):
        watch.sent(f"<alice> line {n}")
        watch.repeats("left", 1, said(f"<otherbot> <alice> line {n}"))
    assert told == [(1, "eve")]
    assert not watch.repeats("left", 1, said("something of my own"))
    assert not watch.repeats("left", 1, said("<alice> line 9", who="bob"))


def test_what_is_said_under_peoples_own_names_anybody_may_say():
    """Bots are asked the same by everybody; another bridge would put a name before it."""
    watch, told = guard()
    for who in ("left/alice!user@host", "left/eve!user@host"):
        for _ in range(10):
            watch.sent("!price", Speaker(Authorship.PUPPET, who[5:].partition("!")[0], who))
            assert not watch.repeats("left", 1, said("!price"))
    assert not told
    for _ in range(10):
        watch.repeats("left", 1, said("<alice> !price", who="otherbot"))
    assert told


@pytest.mark.parametrize(
    ("name", "echo"),
    [
        ("alice", "alice"),
        ("alice", "Alice (left)"),
        ("alice", "alice[left]2"),
        ("christopher", "christoph"),
        ("alice (left) (right)", "alice (left) (right) (left)"),
    ],
)
def test_a_bridge_that_says_it_as_somebody_of_that_name_is_a_loop(name, echo):
    watch, told = guard()
    for n in range(10):
        watch.sent(f"line {n}", Speaker(Authorship.PUPPET, name, "left/alice!~a@host"))
        watch.repeats("left", 1, said(f"line {n}", who=echo))
    assert told == [(1, echo)]


def test_what_keeps_names_from_pinging_does_not_hide_a_loop():
    watch, told = guard()
    for n in range(10):
        watch.sent(f"<a\u200blice> line {n}")
        watch.repeats("left", 1, said(f"<otherbot> <alice> line {n}"))
    assert told


def test_memory_is_bounded():
    watch, _ = guard()
    for n in range(5000):
        watch.sent(f"<alice> {n:05}")
        watch.repeats("left", 1, said(f"<alice> {n:05}", who=f"eve{n}"))
    assert len(watch._sent) <= 500
    assert len(watch._suspects) <= 500
    assert isinstance(said("x"), MessageCreated)
