"""What stands in a desk's file is found again in its figures, and counted on from look to look."""

from dataclasses import replace

import pytest

from bridge.config import load
from bridge.desk.figures import DeskNow
from bridge.desk.hours import DeskHours
from bridge.desk.located import desks, one_desk
from bridge.desk.model import ChatState, NewChat
from bridge.desk.reading import PlanWanted, TimesWanted, read_figures, read_plan
from bridge.desk.store import DeskStore
from bridge.desk.store.past import PastReader
from bridge.desk.tally import DeskTally
from bridge.desk.week import WEEK
from bridge.errors import HubbubError
from bridge.protocols import find

from .pilot import MONDAY, Shop, play, write
from .place import DESKS, written

NOW = MONDAY + 4 * WEEK


@pytest.fixture
def desk(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(written())
    return one_desk(load(file, find), "sales")


@pytest.fixture
def store(desk):
    store = DeskStore(desk.file)
    yield store
    store.close()


def test_desks_are_the_rooms_that_are_written_as_such(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(written(("shop", "sales"), ("shop", "support"), ("outlet", "sales")))
    config = load(file, find)
    assert [(one.network, one.name) for one in desks(config)] == [
        ("shop", "sales"), ("shop", "support"), ("outlet", "sales"),
    ]  # fmt: skip
    assert one_desk(config, "support").file == one_desk(config, "shop sales").file
    assert one_desk(config, "shop sales").file != one_desk(config, "outlet sales").file
    with pytest.raises(HubbubError, match='say which desk: "shop sales", "outlet sales"'):
        one_desk(config, "sales")
    with pytest.raises(HubbubError, match='did you mean "support"'):
        one_desk(config, "suport")
    file.write_text(written().replace(DESKS, "bridge.testing:ScriptedAdapter"))
    with pytest.raises(HubbubError, match="the map has no desk"):
        one_desk(load(file, find))


def test_what_was_written_is_what_is_read(desk, store):
    chats = play(Shop(per_day=40), 4, seed=5)
    write(store, "sales", chats)
    write(store, "support", chats[:10])
    with PastReader(desk.file) as reader:
        found = reader.past("sales", MONDAY, NOW)
        assert reader.began("sales") == chats[0].opened_at
        assert reader.began("nowhere") is None
    for one, meant in zip(found, chats, strict=True):
        assert one[1:5] == meant[1:5]
        assert one[6:] == meant[6:]
        assert sum(end - begin for begin, end in one.held) == sum(end - begin for begin, end in meant.held)


def test_a_chat_that_came_back_was_held_twice(desk, store):
    with store.transaction():
        chat = store.add_chat("sales", NewChat("hello"), "token", MONDAY).number
        for at, what in (
            (5, "taken"), (8, "answered"), (60, "closed"),
            (5000, "reopened"), (5010, "taken"), (5020, "released"), (5100, "taken"), (5160, "closed"),
        ):  # fmt: skip
            store.add_happening(MONDAY + at, "sales", chat, what, "irc/ann")
        store.change_chat(
            chat, state=ChatState.CLOSED, agent="irc/ann", agent_name="Ann", taken_at=MONDAY + 5,
            answered_at=MONDAY + 8, closed_at=MONDAY + 5160,
        )  # fmt: skip
    found = read_figures(desk, TimesWanted(NOW, "Europe/Berlin"))
    assert found.handling.mean == 55 + 10 + 60
    assert found.at_once == 1
    assert found.resolution.mean == 5160


def test_how_a_desk_stands_now(desk, store):
    with store.transaction():
        for number, (state, since) in enumerate(
            [("talking", 10), ("offered", 20), ("waiting", 30), ("waiting", 25), ("closed", 1)]
        ):
            chat = store.add_chat("sales", NewChat("hello"), f"token {number}", MONDAY)
            store.change_chat(chat.number, state=state, waits_since=MONDAY + since)
    with PastReader(desk.file) as reader:
        assert reader.now("sales") == DeskNow(2, 1, 1, MONDAY + 20)
        assert reader.now("support") == DeskNow(0, 0, 0, None)


def test_times_that_are_wanted(desk, store):
    write(store, "sales", play(Shop(), 4, seed=5))
    everything = read_figures(desk, TimesWanted(NOW, "Europe/Berlin"))
    assert everything.since == MONDAY, "not before the day on which the first visitor came"
    first = read_figures(desk, TimesWanted(NOW, "Europe/Berlin", until=MONDAY + WEEK))
    assert 0 < first.chats < everything.chats / 2
    last = read_figures(desk, TimesWanted(NOW, "Asia/Shanghai", since=NOW - WEEK))
    assert {one.hour for one in last.hours if one.chats} <= {*range(15, 24), 0, 1}
    with pytest.raises(HubbubError, match='no time zone "Mars"'):
        read_figures(desk, TimesWanted(NOW, "Mars"))
    with pytest.raises(HubbubError, match="sales: no chat was opened in this time"):
        read_figures(desk, TimesWanted(NOW, until=MONDAY - WEEK))
    plan = read_plan(desk, TimesWanted(NOW, "Europe/Berlin"), PlanWanted(times=2))
    assert (plan.at_once, plan.factor, plan.counted) == (desk.rules.capacity, 2, everything.chats)
    assert read_plan(desk, TimesWanted(NOW), PlanWanted(at_once=1)).at_once == 1


def test_hours_that_are_written_count(desk, store):
    write(store, "sales", play(Shop(), 4, seed=5))
    hours = DeskHours.model_validate(
        {
            "time_zone": "Europe/Berlin",
            "open": {"mon-sat": "9:00-12:30, 13:30-20:00"},
            "holidays": {"2026-09-08": "Stock-taking"},
        }
    )
    shop = replace(desk, rules=desk.rules.model_copy(update={"hours": hours}))
    found = read_figures(shop, TimesWanted(NOW))
    assert found.zone == "Europe/Berlin"
    times = {(one.day, one.hour): one.times for one in found.hours}
    assert (times[0, 10], times[0, 12], times[1, 10], times.get((6, 10))) == (4, 2, 3, None)
    plan = read_plan(shop, TimesWanted(NOW), PlanWanted())
    assert {one.hour for one in plan.hours} == set(range(9, 20))
    assert all(one.agents >= 1 for one in plan.hours), "somebody is there while it is open"
    assert plan.not_counted == []
    plan = read_plan(shop, TimesWanted(MONDAY + 3 * WEEK / 7), PlanWanted())
    assert {one.day for one in plan.hours} == {0, 2}
    assert {one.day for one in plan.not_counted} == {1, 3, 4, 5}, "a holiday tells nothing of Tuesdays"
    always = read_plan(desk, TimesWanted(MONDAY + 3 * WEEK / 7, "Europe/Berlin"), PlanWanted())
    assert len(always.hours) + len(always.not_counted) == 7 * 24
    assert {one.day for one in always.not_counted} == {3, 4, 5, 6}


def test_a_desk_that_nobody_came_to_yet_says_so(desk):
    with pytest.raises(HubbubError, match="no desk has been open yet"):
        read_figures(desk, TimesWanted(NOW))
    (counts,) = DeskTally(NOW).look([desk])
    assert (counts.now, counts.opened) == (None, 0)


def test_counts_go_on_from_look_to_look(desk, store):
    write(store, "sales", play(Shop(), 1, seed=1))
    tally = DeskTally(MONDAY + WEEK)
    (counts,) = tally.look([desk])
    assert (counts.opened, counts.first_response.seconds) == (0, 0), "what was before the start"
    more = play(Shop(per_day=60, agents=lambda _: 1, patience=30), 1, seed=2, since=MONDAY + WEEK)
    write(store, "sales", more[:200])
    (counts,) = tally.look([desk])
    assert counts.opened == 200
    write(store, "sales", [one._replace(number=one.number + 1000) for one in more[200:]])
    write(store, "support", more[:10])
    (counts,) = tally.look([desk])
    assert counts.opened == len(more)
    assert counts.missed == sum(one.missed for one in more) > 0
    assert counts.transferred == sum(one.transfers for one in more)
    assert sum(counts.ratings) == sum(one.rating is not None for one in more)
    waited = [one.answered_at - one.opened_at for one in more if one.answered_at]
    assert sum(counts.first_response.counts) == len(waited)
    assert counts.first_response.seconds == pytest.approx(sum(waited))
    assert tally.look([desk])[0].opened == len(more), "nothing is counted twice"
