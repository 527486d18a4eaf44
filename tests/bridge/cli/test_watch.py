"""`hubbub status --watch`: what its screen shows, and the screen itself in tmux."""

import sys
from pathlib import Path

import pytest

from bridge.cli.screen import Rates, View, screen
from bridge.control.abilities import Abilities
from bridge.control.server import Control
from bridge.model import RoomId
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config, running
from tests.terminal import Terminal

NOW = 1_000_000.0
HUBBUB = str(Path(sys.executable).with_name("hubbub"))


def room(condition="well", owed=0, reason=""):
    return {
        "joined": condition != "away", "condition": condition, "reason": reason, "owed": owed,
        "since": NOW - 90 if owed else None, "away_since": None, "unheard": None,
    }  # fmt: skip


def answer(networks=50, rooms=20, since=NOW - 7200, **counts):
    found = {
        f"net{n:02}": {
            "protocol": "irc", "state": "connected", "reason": "", "since": since, "private": 0,
            "rooms": {f"#房间-{n}-{m}": room() for m in range(rooms)},
        }
        for n in range(networks)
    }  # fmt: skip
    counts = {key: counts.get(key, {}) for key in ("taken", "delivered", "given_up")}
    return {
        "version": "1.0",
        "since": since,
        "networks": found,
        "undelivered": 7,
        "counts": counts,
        "wrong": [],
    }


def lines_of(found, view, width=80, height=24):
    lines = screen(found, view, NOW, width, height)
    assert len(lines) == height
    assert all(line.cell_len <= width for line in lines)
    return [line.plain.rstrip() for line in lines]


def trouble(number):
    return {
        "network": f"net{number:02}", "rooms": [f"#r{number}"], "what": "cannot be joined",
        "since": NOW - 300, "owed": 3,
        "reason": "it is invite-only: " + "ask them " * 15, "todo": "let us in",
    }  # fmt: skip


def test_what_is_well_is_short():
    lines = lines_of(answer(), View())
    assert lines[0] == "Hubbub 1.0  up 2h  all is well"
    assert lines[1] == "in –/min   out –/min   waiting 0   undelivered 7"
    titles = "network protocol state since rooms waiting oldest in/min out/min"
    assert lines[3].split() == titles.split()
    assert lines[4].split() == ["net00", "irc", "connected", "2h", "20/20", "–", "–"]
    assert lines[-1].endswith("networks 1–19 of 50")


def test_whoever_is_in_trouble_stands_on_top():
    found = answer()
    found["networks"]["net30"]["rooms"]["#房间-30-5"] = room("slow", owed=5)
    found["networks"]["net40"]["rooms"]["#房间-40-1"] = room("away", reason="it is full")
    found["networks"]["net45"]["state"] = "waiting"
    names = [line.split()[0] for line in lines_of(found, View())[4:-1]]
    assert names[:4] == ["net45", "net40", "net30", "net00"]
    lines = lines_of(found, View("rooms"))
    assert lines[4].split() == ["#房间-30-5", "net30", "slow", "5", "90s"]
    assert lines[5].split() == ["#房间-40-1", "net40", "away", "it", "is", "full"]


def test_troubles_leave_room_for_what_is_well():
    found = answer()
    found["wrong"] = [trouble(n) for n in range(9)]
    view = View()
    lines = lines_of(found, view)
    assert lines[3] == "net00 #r0 cannot be joined  5m, 3 waiting"
    assert "and 8 more: t shows them" in lines
    assert view.shown > 10
    assert view.press("t")
    lines = lines_of(found, view)
    first = [line for line in lines if "cannot be joined" in line]
    assert first[:4] == [f"net0{n} #r{n} cannot be joined  5m, 3 waiting" for n in range(4)]
    for _ in range(9):
        view.press("pagedown")
    assert any("net08 #r8" in line for line in lines_of(found, view))


@pytest.mark.parametrize("width", [1, 8, 20, 40, 80, 200])
@pytest.mark.parametrize("height", [1, 2, 3, 5, 10, 24, 80])
@pytest.mark.parametrize("what", ["networks", "rooms", "troubles"])
def test_every_size_is_filled_and_none_overrun(width: int, height: int, what: str):
    found = answer(3, 2)
    found["wrong"] = [trouble(n) for n in range(4)]
    lines_of(found, View(what), width, height)
    lines_of(None, View(problem="no service runs " * 9), width, height)
    lines_of(answer(0), View(what), width, height)


def test_keys_scroll_no_further_than_there_is_something():
    view = View("rooms")
    lines_of(answer(), view)
    assert view.press("up")
    assert view.first == 0
    for _ in range(100):
        view.press("pagedown")
        last = lines_of(answer(), view)
    assert last[-1].endswith("rooms 982–1,000 of 1,000")
    view.press("home")
    assert lines_of(answer(), view)[-1].endswith("rooms 1–19 of 1,000")
    assert not view.press("q")


def test_rates_are_of_the_last_minute_and_begin_anew_with_the_service():
    rates = Rates()
    assert rates.per_minute("taken") is None
    for second in range(0, 181, 2):
        rates.see(answer(1, taken={"a": second, "b": 1}, delivered={"a": 0}), second)
    assert (rates.per_minute("taken"), rates.per_minute("taken", "a"), rates.per_minute("taken", "b")) == (
        60,
        60,
        0,
    )
    for second in range(182, 245, 2):
        rates.see(answer(1, taken={"a": 180}), second)
    assert rates.per_minute("taken") == 0
    rates.see(answer(1, since=NOW, taken={"a": 1}), 246)
    assert rates.per_minute("taken") is None


async def test_a_terminal_shows_it_live_and_is_as_before_afterwards(tmp_path: Path):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    terminal = Terminal(tmp_path)
    journal = config(tmp_path, {}).journal
    words = (
        f"{HUBBUB} status -w --journal {journal}; echo ended with $?; stty -a | grep -wo echo; echo d''one"
    )
    try:
        await terminal.tmux(
            "new-session", "-d", "-x", "80", "-y", "24", "env PS1='$ ' bash --norc --noprofile"
        )
        await terminal.waits("$")
        await terminal.type(words)
        await terminal.shows("no service is running with")
        rooms = {"lobby": ["left one", "right two"]}
        async with running(config(tmp_path, rooms), lambda b: Control(Abilities(b, None)).listening()):
            await terminal.shows("all is well")
            right.refusals[RoomId("two")] = "it is full"
            right.drop()
            await terminal.shows("right two cannot be joined")
            left.say("one", "ada", "hello")
            await terminal.shows("waiting 1, oldest")
            await terminal.tmux("send-keys", "r")
            await terminal.shows("rooms 1–2 of 2")
            await terminal.tmux("resize-window", "-x", "100", "-y", "10")
            await terminal.shows("scroll" + " " * 35)
        await terminal.shows("no service is running with")
        await terminal.tmux("send-keys", "q")
        await terminal.shows("done")
        shown = await terminal.tmux("capture-pane", "-p")
        assert "cannot be joined" not in shown
        assert "ended with 0\necho\ndone\n" in shown
    finally:
        await terminal.tmux("kill-server")


def test_it_needs_a_terminal(tmp_path: Path):
    from click.testing import CliRunner

    from bridge.cli import commands

    found = CliRunner().invoke(commands, ["status", "--watch", "--journal", str(tmp_path / "x")])
    assert found.exit_code == 2
    assert "--watch is for a terminal" in found.output
