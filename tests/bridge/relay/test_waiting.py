"""A room that cannot be reached: what waits, what is told, what is shown afterwards."""

import asyncio
import re
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.config import Backlog, CatchUp, DeliveryRules
from bridge.errors import FormRefused, Rejected, RoomUnavailable
from bridge.model import (
    MessageEdited,
    MessageId,
    Removed,
    RoomId,
    RoomState,
    RoomStateChanged,
    Sender,
    Support,
    UserId,
    plain,
)
from bridge.relay import retry
from tests.bridge.world import config, killed, opened, running


@pytest.fixture
def impatient(tmp_path, left, right):
    return config(tmp_path, {"lobby": ["left one", "right two"]}, rules=DeliveryRules(tell_after=0.0))


def ago(seconds):
    """A time, in seconds since 1970."""
    return time.time() - seconds


NOON = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
at_any_hour = pytest.mark.parametrize(
    "clock",
    [NOON.timestamp(), NOON.replace(hour=0).timestamp()],
    ids=["noon", "just after midnight"],
    indirect=True,
)


def shown(clock, seconds):
    """What people are shown of a time so many seconds ago."""
    now, then = (datetime.fromtimestamp(at, UTC) for at in (clock.now(), clock.now() - seconds))
    return then.strftime("%H:%M UTC" if then.date() == now.date() else "%Y-%m-%d %H:%M UTC")


def age(journal, seconds):
    """Let everything in a journal have been taken so much earlier."""
    with opened(journal) as database:
        database.execute("UPDATE event SET taken_at = taken_at - ?", (seconds,))


# -- telling


async def test_people_are_told_that_messages_wait_and_that_they_went_through(impatient, left, right):
    async with running(impatient) as bridge:
        right.up = False
        right.drop()
        left.say("one", "alice", "hello")
        left.say("one", "alice", "are you there?")
        await left.settled()
        await bridge.patrol()
        await bridge.patrol()
        await left.until(1)
        right.up = True
        await right.until(2)
        while len(left.said) < 2:
            await bridge.patrol()
            await asyncio.sleep(0.01)
        await bridge.patrol()
        await left.settled()
    first, second = left.texts("one")
    assert first.startswith("two on right cannot be reached since ")
    assert first.endswith(" UTC; what you say is kept and follows.")
    assert second == "two on right can be reached again: 2 messages that waited went through."
    assert right.texts("two") == ["<alice> hello", "<alice> are you there?"]


async def test_people_are_told_that_a_room_takes_no_messages(impatient, left, right, caplog):
    right.errors.append(RoomUnavailable("it is moderated", retry_after=0.5))
    async with running(impatient) as bridge:
        left.say("one", "alice", "hello")
        await left.settled()
        await bridge.patrol()
        await left.until(1)
        await right.until(1)
        right.confirming = False
        left.say("one", "alice", "are you there?")
        await left.settled()
        while len(left.said) < 3:
            await bridge.patrol()
            await asyncio.sleep(0.01)
        right.release()
    first, second, third = left.texts("one")
    assert first.startswith("two on right takes no messages since ")
    assert first.endswith(" UTC; what you say is kept and follows.")
    assert second == "two on right takes messages again as they come: 1 message that waited went through."
    assert third.startswith("two on right takes messages more slowly than they come since ")
    lines = [record.getMessage() for record in caplog.records if record.name == "bridge.notices.outages"]
    assert lines == [f"{first} (it is moderated)", third]


async def test_nobody_is_told_where_nothing_is_ever_written(tmp_path, left, right):
    rules = DeliveryRules(tell_after=0.0)
    one_way = config(tmp_path, {"news": ["left one from", "right two"]}, rules=rules)
    async with running(one_way) as bridge:
        right.up = False
        right.drop()
        left.say("one", "alice", "hello")
        await left.settled()
        await bridge.patrol()
        await left.settled()
    assert left.said == []


async def test_refusals_are_told_folded(pair, left, right):
    right.errors.append(Rejected("too rude"))
    async with running(pair) as bridge:
        left.say("one", "alice", "rude words")
        left.say("one", "alice", "kind words")
        await right.until(1)
        await bridge.patrol()
        await left.until(1)
    assert left.texts("one") == ["A message could not be delivered to two on right: too rude"]
    assert right.texts("two") == ["<alice> kind words"]


@at_any_hour
async def test_a_gap_is_told_where_there_is_no_history(pair, left, right, tmp_path, clock):
    left.remembers = False
    async with running(pair, clock=clock):
        left.say("one", "alice", "before")
        await right.until(1)
    with opened(pair.journal) as database:
        database.execute("UPDATE room SET heard = heard - 3600 WHERE heard IS NOT NULL")
    left.say("one", "alice", "unheard")
    async with running(pair, clock=clock) as bridge:
        left.say("one", "alice", "after")
        await right.until(2)
        await bridge.patrol()
        await right.until(3)
    told = right.texts("two")[2]
    assert (
        told == "The bridge was away for 60 minutes; what was said in one on left meanwhile is missing here."
    )
    assert left.said == [], "those who spoke know it"


@at_any_hour
async def test_a_crash_leaves_a_gap_from_the_last_beat(pair, left, right, after, clock):
    left.remembers = False
    async with running(pair, clock=clock) as bridge:
        left.say("one", "alice", "before")
        await right.until(1)
        await bridge.patrol()
        pair = killed(pair, after)
    with opened(pair.journal) as database:
        database.execute("UPDATE meta SET value = value - 7200 WHERE key GLOB 'alive*'")
    async with running(pair, clock=clock) as bridge:
        await bridge.patrol()
        await right.until(2)
    assert right.texts("two")[1].startswith("The bridge was away for 2 hours; what was said in one on left")


async def test_a_short_gap_is_told_in_the_log_alone(pair, left, right, caplog):
    left.remembers = False
    async with running(pair):
        left.say("one", "alice", "before")
        await right.until(1)
    async with running(pair) as bridge:
        await bridge.patrol()
        left.say("one", "alice", "after")
        await right.until(2)
    assert right.texts("two") == ["<alice> before", "<alice> after"]
    assert re.search(r"The bridge was away for \d+ seconds?; what was said in one on left", caplog.text)


async def test_a_room_that_was_lost_without_a_word(pair, left, right):
    """As behind a bouncer that lost its network: nobody knows since when."""
    async with running(pair) as bridge:
        left.say("one", "alice", "before")
        await right.until(1)
        left.announce(RoomStateChanged(room=RoomId("one"), state=RoomState.JOINED))
        await left.settled()
        await bridge.patrol()
        await right.until(2)
    assert right.texts("two")[1] == (
        "The bridge was away for some time; what was said in one on left meanwhile is missing here."
    )


async def test_short_gaps_add_up(tmp_path, left, right):
    left.remembers, left.silent_for = False, 65.0
    rules = DeliveryRules(tell_gap=90.0)
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]}, rules=rules)) as bridge:
        for number in (1, 2):
            left.drop()
            while left.connections == number:
                await asyncio.sleep(0.01)
            left.say("one", "alice", f"hello {number}")
            await right.until(number)
            await bridge.patrol()
        await right.until(3)
    assert right.texts("two")[2].startswith(
        "The bridge was away 2 times, for 2 minutes; what was said in one"
    )


async def test_history_that_was_cut_is_told_with_its_number(pair, left, right):
    async with running(pair):
        left.say("one", "alice", "before")
        await right.until(1)
    with opened(pair.journal) as database:
        database.execute("UPDATE room SET heard = heard - 3600 WHERE heard IS NOT NULL")
    left.left_out = 300
    async with running(pair) as bridge:
        await bridge.patrol()
        await right.until(2)
    assert right.texts("two")[1] == (
        "The bridge was away for 60 minutes; the first 300 messages that were said in one on left meanwhile "
        "are missing here."
    )


async def test_a_gap_begins_where_the_network_was_last_heard(pair, left, right):
    left.remembers = False
    async with running(pair) as bridge:
        left.say("one", "alice", "before")
        await right.until(1)
        left.silent_for = 600.0
        left.drop()
        await right.settled()
        await bridge.patrol()
        await right.until(2)
    assert right.texts("two")[1].startswith("The bridge was away for 10 minutes; what was said in one")


async def test_the_first_time_in_a_room_is_no_gap(pair, left, right):
    left.remembers = False
    async with running(pair) as bridge:
        left.say("one", "alice", "hello")
        await right.until(1)
        await bridge.patrol()
        await right.settled()
    assert right.texts("two") == ["<alice> hello"]


# -- what is shown


@at_any_hour
async def test_of_a_long_backlog_only_the_last_is_shown_where_manners_ask_for_it(pair, left, right, clock):
    right.capabilities = replace(right.capabilities, backlog=3)
    right.up = False
    async with running(pair, clock=clock):
        for n in range(10):
            left.say("one", "alice", str(n))
        await left.settled()
    age(pair.journal, 3600)
    right.up = True
    async with running(pair, clock=clock) as bridge:
        await right.until(3)
        await bridge.patrol()
        await right.until(4)
        left.say("one", "alice", "now")
        await right.until(5)
    then = shown(clock, 3600)
    assert right.texts("two") == [
        *(f"[{then}] <alice> {n}" for n in (7, 8, 9)),
        "7 earlier messages are not shown here.",
        "<alice> now",
    ]
    with opened(pair.journal) as database:
        assert database.execute("SELECT count(*) FROM dead").fetchone() == (7,)


async def test_a_short_absence_is_no_backlog(pair, left, right):
    right.capabilities = replace(right.capabilities, backlog=3)
    right.up = False
    async with running(pair):
        for n in range(10):
            left.say("one", "alice", str(n))
        await left.settled()
    right.up = True
    async with running(pair):
        await right.until(10)
    assert right.texts("two") == [f"<alice> {n}" for n in range(10)]


async def test_the_owner_decides_how_much_is_shown(tmp_path, left, right):
    rules = DeliveryRules(backlog=Backlog(max_age=1800.0, max_messages=None))
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, rules=rules)
    right.up = False
    async with running(pair):
        left.say("one", "alice", "old")
        await left.settled()
    age(pair.journal, 3600)
    async with running(pair):
        left.say("one", "alice", "new")
        await left.settled()
    right.up = True
    async with running(pair):
        await right.until(1)
    assert right.texts("two") == ["<alice> new"]


async def test_what_waits_too_long_is_given_up_in_the_open(tmp_path, left, right):
    rules = DeliveryRules(max_age=3600.0)
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, rules=rules)
    right.up = False
    async with running(pair):
        left.say("one", "alice", "old")
        await left.settled()
    age(pair.journal, 7200)
    async with running(pair) as bridge:
        left.say("one", "alice", "new")
        await left.settled()
        await bridge.patrol()
        right.up = True
        await right.until(1)
    assert right.texts("two") == ["<alice> new"]
    with opened(pair.journal) as database:
        assert database.execute("SELECT count(*), max(reason) FROM dead").fetchone()[0] == 1


async def test_too_many_that_wait_are_given_up_in_the_open(tmp_path, left, right):
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, rules=DeliveryRules(max_queue=600))
    right.up = False
    async with running(pair) as bridge:
        for n in range(1500):
            left.say("one", "alice", str(n))
        await left.settled()
        await bridge.patrol()
        await left.until(1)
        right.up = True
        await right.until(600)
    assert right.texts("two") == [f"<alice> {n}" for n in range(900, 1500)]
    told = "900 messages could not be delivered to two on right: too many messages waited"
    assert left.texts("one") == [told]


async def test_the_limits_hold_in_a_room_that_refuses(tmp_path, left, right):
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, rules=DeliveryRules(max_queue=5))
    right.errors.append(RoomUnavailable("moderated", 60.0))
    async with running(pair) as bridge:
        for n in range(9):
            left.say("one", "alice", str(n))
        await left.settled()
        await bridge.patrol()
        await left.until(1)
    assert left.texts("one") == [
        "4 messages could not be delivered to two on right: too many messages waited"
    ]
    assert right.said == []


async def test_what_may_have_arrived_is_not_given_up_but_all_behind_it(tmp_path, left, right):
    """It was taken, its confirmation was lost, and the room cannot be asked now."""
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, rules=DeliveryRules(max_queue=5))
    async with running(pair) as bridge:
        right.lose(RoomUnavailable("thrown out"))
        left.say("one", "alice", "taken")
        await right.until(1)
        for n in range(9):
            left.say("one", "alice", str(n))
        await left.settled()
        await bridge.patrol()
        await left.until(1)
        right.drop()
        await right.until(6)
    assert left.texts("one") == [
        "4 messages could not be delivered to two on right: too many messages waited"
    ]
    assert right.texts("two") == ["<alice> taken", *(f"<alice> {n}" for n in range(4, 9))]


async def test_a_room_that_goes_on_refusing_is_logged_once(pair, left, right, caplog):
    caplog.set_level("INFO")
    right.capabilities = replace(right.capabilities, window=8)
    right.errors.extend(RoomUnavailable("moderated", 0.01) for _ in range(20))
    async with running(pair):
        for n in range(8):
            left.say("one", "alice", str(n))
        await right.until(8)
        right.errors.append(RoomUnavailable("moderated", 0.01))
        left.say("one", "alice", "and on")
        await right.until(9)
    assert right.texts("two") == [f"<alice> {n}" for n in (*range(8), "and on")]
    assert caplog.text.count("takes no messages now: moderated") == 2


async def test_a_network_that_carries_times_shows_them_quietly(pair, left, right):
    right.capabilities = replace(right.capabilities, times=True)
    right.up = False
    async with running(pair):
        left.say("one", "alice", "hello")
        await left.settled()
    age(pair.journal, 3600)
    right.up = True
    async with running(pair):
        await right.until(1)
    assert right.texts("two") == ["<alice> hello"]
    assert right.said[0].at == pytest.approx(ago(3600), abs=60)


# -- history of the source


@at_any_hour
async def test_history_comes_with_its_time_and_without_mentions(pair, left, right, clock):
    async with running(pair, clock=clock):
        left.say("one", "alice", "before")
        await right.until(1)
    left.say("one", "alice", "meanwhile", at=clock.now() - 7200)
    async with running(pair, clock=clock):
        await right.until(2)
    assert right.texts("two") == ["<alice> before", f"[{shown(clock, 7200)}] <alice> meanwhile"]


@pytest.mark.parametrize("limits", [CatchUp(max_age=3600.0), CatchUp(max_messages=0)])
async def test_history_beyond_the_limits_is_left_out_and_told(tmp_path, left, right, limits, caplog):
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, catch_up=limits)
    async with running(pair):
        left.say("one", "alice", "before")
        await right.until(1)
    left.say("one", "alice", "too old", at=ago(7200))
    async with running(pair):
        left.say("one", "alice", "after")
        await right.until(2)
    assert right.texts("two") == ["<alice> before", "<alice> after"]
    assert "the first message that was said in one on left meanwhile is missing here" in caplog.text


async def test_what_was_too_old_is_told_once(tmp_path, left, right, caplog):
    """Also where the network does not count what it leaves out itself."""
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, catch_up=CatchUp(max_age=3600.0))
    async with running(pair):
        left.say("one", "alice", "before")
        await right.until(1)
    left.say("one", "alice", "too old", at=ago(7200))
    left.left_out = None
    async with running(pair):
        left.say("one", "alice", "after")
        await right.until(2)
        assert "the first of what was said in one on left meanwhile is missing here" in caplog.text
        caplog.clear()
        left.left_out, before = 0, left.connections
        left.drop()
        while left.connections == before:
            await asyncio.sleep(0.01)
        right.say("two", "bob", "is it joined again?")
        await left.until(1)
    assert "missing" not in caplog.text


async def test_history_that_is_shown_again_is_not_missing(tmp_path, left, right, caplog):
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, catch_up=CatchUp(max_age=0.1))
    async with running(pair):
        left.say("one", "alice", "before")
        await right.until(1)
    with opened(pair.journal) as database:
        database.execute("UPDATE position SET token = '0'")
    await asyncio.sleep(0.1)
    async with running(pair):
        left.say("one", "alice", "after")
        await right.until(2)
    assert "missing" not in caplog.text


@at_any_hour
async def test_much_history_is_no_flood_either(pair, left, right, clock):
    right.capabilities = replace(right.capabilities, backlog=3)
    async with running(pair, clock=clock):
        left.say("one", "alice", "before")
        await right.until(1)
    for n in range(10):
        left.say("one", "alice", str(n), at=clock.now() - 3600)
    async with running(pair, clock=clock):
        left.say("one", "alice", "after")
        await right.until(4)
    then = shown(clock, 3600)
    history = [f"[{then}] <alice> 8", f"[{then}] <alice> 9"]
    assert right.texts("two") == ["<alice> before", *history, "<alice> after"]


# -- refusals


async def test_a_refusal_that_repeats_is_the_rooms(pair, left, right, clock):
    """Three refusals in a row cost one message: for the others the room gets time."""
    right.errors.extend([Rejected("not now")] * 3)
    async with running(pair, clock=clock):
        for n in range(3):
            left.say("one", "alice", str(n))
        await clock.hurry(right.until(2))
    assert right.texts("two") == ["<alice> 1", "<alice> 2"]


async def test_a_message_that_is_refused_again_and_again_does_not_block_its_room(pair, left, right, clock):
    right.errors.extend([Rejected("never")] * 4)
    async with running(pair, clock=clock):
        for n in range(3):
            left.say("one", "alice", str(n))
        await clock.hurry(right.until(1))
    assert right.texts("two") == ["<alice> 2"]


async def test_what_is_refused_alone_holds_up_nobody(pair, left, right, clock):
    """The network saw that the room takes others: believed five times in a row, then the room gets time."""
    right.errors.extend([Rejected("too loud", alone=True)] * 5)
    async with running(pair, clock=clock):
        for n in range(6):
            left.say("one", "alice", str(n))
        await right.until(1)
        assert right.texts("two") == ["<alice> 5"]
        right.errors.extend([Rejected("too loud", alone=True)] * 8)
        for n in range(6, 13):
            left.say("one", "alice", str(n))
        await clock.hurry(right.until(2))
    assert right.texts("two")[1] == "<alice> 12"


async def test_what_is_refused_for_its_form_goes_again_at_once(pair, left, right, monkeypatch):
    """In its place, without a pause; refused for it again and again, it makes no busy loop."""
    monkeypatch.setattr(retry.random, "uniform", lambda *_: 1e6)
    right.errors.append(FormRefused("no bold here"))
    async with running(pair):
        left.say("one", "alice", "so bold")
        left.say("one", "alice", "after")
        await right.until(2)
    assert right.texts("two") == ["<alice> so bold", "<alice> after"]
    room = retry.Retries("room")
    assert room.pause(FormRefused("no bold here")) == 0.0
    assert room.pause(FormRefused("no bold here")) > 0.0


# -- changes of what still waits


def edit(said, text, name, who="alice"):
    return MessageEdited(
        id=MessageId(name),
        room=said.room,
        sender=Sender(UserId(f"{who}!user@host"), who),
        target=said.id,
        content=plain(text),
    )


async def test_edits_of_what_waits_fold_into_it(pair, left, right):
    right.gate.clear()
    async with running(pair):
        left.say("one", "alice", "first")
        said = left.say("one", "alice", "draft")
        left.say("one", "alice", "last")
        await left.settled()
        for n in range(1000):
            left.happen(edit(said, f"version {n}", f"e{n}"))
        await left.settled()
        right.gate.set()
        await right.until(3)
        await right.settled()
    assert right.texts("two") == ["<alice> first", "<alice> version 999", "<alice> last"]
    with opened(pair.journal) as database:
        assert database.execute("SELECT count(*) FROM delivery").fetchone() == (0,)


async def test_a_storm_of_edits_is_one_correction(pair, left, right, monkeypatch):
    """Where nothing can be edited, and nothing can be taken back."""
    monkeypatch.setattr("bridge.compose.edit._MOMENT", 4.0)
    right.capabilities = replace(right.capabilities, edit=Support.NO)
    async with running(pair):
        said = left.say("one", "alice", "version none of it")
        await right.until(1)
        for n in range(300):
            left.happen(edit(said, f"version {n} of it", f"e{n}"))
            await asyncio.sleep(0)
        left.say("one", "alice", "bye")
        await right.until(3)
        await right.settled()
    assert right.texts("two")[1:] == ["<alice> *version 299 of it", "<alice> bye"]
    with opened(pair.journal) as database:
        assert database.execute("SELECT count(*) FROM delivery").fetchone() == (0,)


async def test_nobody_edits_what_another_said(pair, left, right):
    right.gate.clear()
    async with running(pair):
        left.say("one", "alice", "first")
        said = left.say("one", "alice", "mine")
        await left.settled()
        left.happen(edit(said, "yours", "e1", who="mallory"))
        await left.settled()
        right.gate.set()
        left.say("one", "alice", "last")
        await right.until(3)
    assert right.texts("two") == ["<alice> first", "<alice> mine", "<alice> last"]


async def test_a_crash_loses_neither_a_message_nor_the_edit_that_it_carries(pair, left, right, after):
    right.gate.clear()
    async with running(pair):
        left.say("one", "alice", "first")
        said = left.say("one", "alice", "draft")
        await left.settled()
        left.happen(edit(said, "final", "e1"))
        await left.settled()
        pair = killed(pair, after)
    right.gate.set()
    async with running(pair):
        await right.until(2)
        await right.settled()
    assert right.texts("two") == ["<alice> first", "<alice> final"]


@pytest.mark.parametrize(
    ("who", "vouched", "shown"), [("alice", False, []), ("mod", True, []), ("eve", False, ["oops"])]
)
async def test_a_removal_withdraws_what_waits(pair, left, right, who, vouched, shown):
    right.gate.clear()
    async with running(pair):
        left.say("one", "alice", "first")
        said = left.say("one", "alice", "oops")
        await left.settled()
        remover = Sender(UserId(f"{who}!user@host"), who)
        left.happen(
            Removed(
                id=MessageId("r"), room=RoomId("one"), sender=remover, target=said.id, by_moderator=vouched
            )
        )
        await left.settled()
        right.gate.set()
        left.say("one", "alice", "last")
        await right.until(2 + len(shown))
        await right.settled()
    assert right.texts("two") == [f"<alice> {text}" for text in ("first", *shown, "last")]
