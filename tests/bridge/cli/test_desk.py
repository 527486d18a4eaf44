"""`hubbub desk` as a shop's owner uses it, while no service runs."""

import json
import re
import time

import pytest
from click.testing import CliRunner

from bridge.cli.desk import desk
from bridge.config import load
from bridge.desk.located import desks
from bridge.desk.store import DeskStore
from bridge.desk.week import WEEK
from bridge.protocols import find
from tests.bridge.desk.pilot import Shop, play, write
from tests.bridge.desk.place import written


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The map of a shop whose desk has been a pilot for four weeks."""
    file = tmp_path_factory.mktemp("shop") / "bridge.yaml"
    file.write_text(written())
    store = DeskStore(desks(load(file, find))[0].file)
    chats = play(Shop(per_day=30), 4, 1, since=time.time() - 4 * WEEK - 3600)
    write(store, "sales", chats)
    store.close()
    return file


@pytest.fixture(scope="module")
def young(tmp_path_factory):
    """One whose desk has been a pilot since this morning."""
    file = tmp_path_factory.mktemp("young") / "bridge.yaml"
    file.write_text(written())
    now = time.time()
    chat = play(Shop(per_day=30), 1, 1)[0]
    moved = now - 7200 - chat.opened_at
    store = DeskStore(desks(load(file, find))[0].file)
    write(store, "sales", [chat._replace(**{
        name: getattr(chat, name) + moved for name in ("opened_at", "taken_at", "answered_at", "closed_at")
    })])  # fmt: skip
    store.close()
    return file


def run(file, *words):
    return CliRunner().invoke(desk, [*words, "--file", str(file)])


def test_figures_for_people(shop):
    found = run(shop, "figures", "--zone", "Europe/Berlin")
    assert found.exit_code == 0, found.output
    lines = found.stdout.splitlines()
    assert lines[0].startswith("sales  20")
    assert lines[0].endswith("  Europe/Berlin")
    assert "now: 0 visitors wait, 0 talk" in lines
    assert any(line.split()[:2] == ["first", "response"] and line.split()[2].isdecimal() for line in lines)
    assert any(line.split()[:2] == ["agent", "chats"] for line in lines)
    assert any(line.split() == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] for line in lines)
    alone = run(shop, "figures", "sales", "--by", "agent").stdout
    assert "Ann" in alone
    assert "Mon" not in alone
    assert "Mon" in run(shop, "figures", "--by", "hour").stdout


def test_a_plan_for_people(shop):
    found = run(shop, "plan", "--times", "10", "--within", "2m", "--share", "90%", "--zone", "Europe/Berlin")
    assert found.exit_code == 0, found.output
    assert "90%  answered within 2.0 min" in found.stdout
    assert "hours of agents a week" in found.stdout
    assert "10 times as many" in found.stdout
    assert "each takes longer than it took" in found.stdout


def test_a_plan_by_a_part_of_a_week_says_which_hours_it_knows_nothing_of(young):
    found = " ".join(run(young, "plan", "--times", "10").stdout.split())
    plan = json.loads(run(young, "plan", "--times", "10", "--json").stdout)
    missing = len(plan["not_counted"])
    assert missing + len(plan["hours"]) == 168
    assert found.split().count("?") == missing > 96, "a desk that is always open, for a day or two"
    assert (
        f"! {missing} of the 168 hours of a week in which the desk is open were not counted yet (?)" in found
    )
    assert "10 chats in the hours that were counted (0 to 30 in nine of ten cases): 10 times as many" in found
    assert re.search(r"\d+ hours? of agents in the hours that were counted", found)
    assert {"day", "hour"} == plan["not_counted"][0].keys()
    assert plan["chats_a_week_low"] < plan["chats_a_week"] < plan["chats_a_week_high"]


def test_the_same_for_machines(shop):
    figures = json.loads(run(shop, "figures", "--json").stdout)
    assert figures["desk"] == "sales"
    assert figures["chats"] == figures["answered"] + figures["missed"]
    plan = json.loads(run(shop, "plan", "--json", "--chats-per-day", "300", "--season", "1.8").stdout)
    usual = json.loads(run(shop, "plan", "--json", "--chats-per-day", "300").stdout)
    assert plan["chats_a_week"] == pytest.approx(1.8 * usual["chats_a_week"])
    assert plan["agent_hours"] > usual["agent_hours"]
    since = json.loads(run(shop, "figures", "--json", "--since", "7d").stdout)
    assert 0 < since["chats"] < figures["chats"] / 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", "--within", "60"], "is no time with its unit: write 60s or 2m"),
        (["plan", "--share", "120%"], "is no share: write 80%"),
        (["plan", "--times", "2", "--chats-per-day", "30"], "either by --times or by --chats-per-day"),
        (["plan", "--times", "0"], "--times"),
        (["figures", "--since", "soon"], "is no time"),
    ],
)
def test_what_is_written_wrong_is_named(shop, words, said):
    found = run(shop, *words)
    assert found.exit_code == 2
    assert said in " ".join(found.output.split())


def test_what_cannot_be_read_is_said(shop):
    for words, said in (
        (["figures", "sale"], 'there is no desk "sale"; did you mean "sales"?'),
        (["figures", "--zone", "Mars"], 'there is no time zone "Mars"'),
        (["plan", "--until", "2020"], "sales: no chat was opened in this time"),
    ):
        assert said in str(run(shop, *words).exception)
