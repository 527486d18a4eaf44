"""`hubbub status`, asked of a service in this process."""

import asyncio
import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.config import DeliveryRules
from bridge.config.words import lasting
from bridge.control.abilities import Abilities
from bridge.control.server import Control
from bridge.errors import Rejected
from bridge.model import RoomId
from bridge.relay import ObserverStatus
from bridge.reloads import MapReport
from bridge.status import NetworkReport, RoomCondition, RoomReport, Status
from bridge.supervisor import NetworkState
from bridge.testing import ScriptedNetwork
from bridge.troubles import troubles
from tests.bridge.world import config, running

HUBBUB = str(Path(sys.executable).with_name("hubbub"))
ROOMS = {"lobby": ["left one", "right two"], "garden": ["left three", "right four"]}


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


@pytest.fixture
def service(tmp_path, left, right):
    """A service that can be asked."""

    @contextlib.asynccontextmanager
    async def run(rooms=ROOMS, **how):
        async with running(
            config(tmp_path, rooms, **how), lambda b: Control(Abilities(b, None)).listening()
        ) as bridge:
            bridge.ask = lambda *words: asyncio.to_thread(hubbub, bridge.journal, *words)
            yield bridge

    return run


def hubbub(journal, *words):
    """The command's exit code and what it says, with the same time everywhere."""
    command = [HUBBUB, "status", "--journal", str(journal), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    said = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "WHEN", done.stdout)
    return done.returncode, re.sub(r"\(\d+ \w+\)", "(AGES)", said), done.stderr


async def until_reads(bridge, found):
    while not found(await bridge.status()):
        await asyncio.sleep(0.01)


def is_joined(status):
    return all(room.joined for network in status.networks.values() for room in network.rooms.values())


async def test_all_is_well(service):
    async with service() as bridge:
        await until_reads(bridge, is_joined)
        code, said, _ = await bridge.ask()
    assert code == 0
    assert said.splitlines() == [
        "Hubbub 0.1.0 runs since WHEN: all is well",
        "",
        "  left   bridge.testing:ScriptedAdapter  connected since WHEN  2 of 2 rooms",
        "  right  bridge.testing:ScriptedAdapter  connected since WHEN  2 of 2 rooms",
    ]


async def test_the_worst_comes_first(service, left, right):
    """A network that is away, before a room that cannot be joined."""
    left.refusals[RoomId("three")] = "invite only\x1b[2J"
    async with service() as bridge:
        right.up = False
        right.drop()
        left.say("one", "alice", "waits")
        await until_reads(bridge, lambda s: "is down" in s.networks["right"].reason)
        code, said, _ = await bridge.ask()
        found = json.loads((await bridge.ask("--json"))[1])
    assert code == 1
    lines = said.splitlines()
    assert lines[0] == "Hubbub 0.1.0 runs since WHEN: 2 things are wrong"
    assert lines[2:] == [
        "right cannot be reached",
        "  the scripted network is down: set it up again",
        "  since WHEN (AGES); 1 message waits",
        "  → it is tried again by itself; `hubbub check --online` looks at the map",
        "",
        "left three cannot be joined",
        "  invite only\\x1b[2J",
        "  → let the bridge in, or change the map and `hubbub reload`",
        "",
        "  left   bridge.testing:ScriptedAdapter  connected since WHEN  1 of 2 rooms",
        "  right  bridge.testing:ScriptedAdapter  waiting since WHEN    0 of 2 rooms  1 waiting",
    ]
    assert [(one["network"], one["rooms"]) for one in found["wrong"]] == [("right", []), ("left", ["three"])]


async def test_a_room_that_cannot_keep_up(service, left, right):
    """And what was given up, and what could not be heard."""
    async with service({"lobby": ["left one", "right two"]}, rules=DeliveryRules(tell_after="1s")) as bridge:
        right.errors.append(Rejected("too rude"))
        left.say("one", "alice", "rude")
        await left.settled()
        right.confirming = False
        left.say("one", "alice", "waits")
        await until_reads(bridge, lambda s: s.networks["right"].rooms["two"].condition == "slow")
        code, said, _ = await bridge.ask()
        right.release()
    assert code == 1
    assert said.splitlines()[2:5] == [
        "right two cannot keep up with what is said",
        "  since WHEN (AGES); 1 message waits",
        "  → nothing, unless it lasts: what waits follows",
    ]
    assert said.splitlines()[-1] == "1 message is not delivered: `hubbub undelivered`"


async def test_what_could_not_be_heard(service, left):
    async with service() as bridge:
        await until_reads(bridge, is_joined)
        left.remembers = False
        left.drop()
        await until_reads(bridge, lambda s: s.networks["left"].rooms["one"].unheard)
        await until_reads(bridge, is_joined)
        code, said, _ = await bridge.ask()
    assert code == 0
    told, *gaps = said.splitlines()[-3:]
    assert told == "not heard in the last 24 hours (`hubbub catch-up` fetches what is still there):"
    assert re.fullmatch(
        r"  left one: \d+ seconds?, until WHEN\n  left three: \d+ seconds?, until WHEN",
        "\n".join(sorted(gaps)),
    )


def test_no_service(tmp_path):
    code, said, error = hubbub(tmp_path / "journal.sqlite3")
    assert (code, said) == (3, "")
    assert error.startswith("hubbub: no service is running with ")


async def test_a_terminal_is_not_overrun(service, left):
    reason = "it is invite-only: ask its operators, " + "or somebody else, " * 10
    left.refusals[RoomId("three")] = reason
    async with service() as bridge:
        await until_reads(bridge, lambda s: s.networks["left"].rooms["three"].reason)
        screen = await asyncio.to_thread(at_terminal, bridge.journal)
    assert "\x1b[1;31mleft three cannot be joined\x1b[0m" in screen
    plain = re.sub(r"\x1b\[[0-9;]*m", "", screen)
    assert reason.split() == plain[plain.index("  it is") : plain.index("  →")].split()
    assert max(map(len, plain.splitlines())) <= 60


def at_terminal(journal):
    """What the command shows at a terminal of 60 columns."""
    ours, its = pty.openpty()
    command = [HUBBUB, "status", "--journal", str(journal)]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "60"}
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment) as process:
        os.close(its)
        shown = bytearray()
        with contextlib.suppress(OSError):
            while more := os.read(ours, 65536):
                shown += more
        os.close(ours)
    assert process.returncode == 1
    return shown.decode()


def report(condition=RoomCondition.WELL, *, owed=0, reason=""):
    return RoomReport(condition is not RoomCondition.AWAY, condition, reason, None, owed, None, None)


def network(state=NetworkState.CONNECTED, reason="", **rooms):
    return NetworkReport("irc", state, reason, 0.0, rooms)


def test_an_observer_that_raises_is_wrong_and_one_that_is_behind_is_not():
    raising = ObserverStatus("archive", 7, 5.0, "its disk is full")
    told = troubles(Status("1", 0.0, True, {}, 0, {}, (ObserverStatus("desk", 3, 1.0, ""), raising)))
    assert [(one.what, one.since, one.reason, one.owed) for one in told] == [
        ("nothing is archived", 5.0, "its disk is full", 7)
    ]


def test_a_map_that_is_refused_is_a_trouble_and_the_one_that_is_followed_is_named():
    refused = MapReport(1_795_900_000.0, 1_795_900_100.0, ("bridge.yaml:1:1: no", "b", "c"))
    (told,) = troubles(Status("1", 0.0, True, {}, 0, {}, (), refused))
    read = time.strftime("%Y-%m-%d %H:%M", time.localtime(1_795_900_000.0))
    assert told.what == f"the file has mistakes: the service still follows the one of {read}"
    assert told.reason == "bridge.yaml:1:1: no (and 2 more)"
    assert told.since == 1_795_900_100.0
    assert "hubbub reload" in told.todo


def test_rooms_with_the_same_trouble_are_one_and_what_more_waits_for_is_worse():
    away, closed = RoomCondition.AWAY, RoomCondition.CLOSED
    found = {
        "a": network(one=report(away, reason="no"), two=report(away, reason="no", owed=3), three=report()),
        "b": network(one=report(closed, owed=90), two=report(away, reason="full", owed=5)),
        "c": network(NetworkState.CONNECTING, one=report(away)),
        "d": network(NetworkState.WAITING, "refused", one=report(away, owed=2)),
        "e": network(NetworkState.CONNECTING, "refused", one=report(away, owed=4)),
        "f": network(NetworkState.STOPPED, "replaced", one=report(away)),
    }
    told = troubles(Status("1", 0.0, False, found, 0, {}, ()))
    assert [(one.network, one.rooms, one.owed) for one in told] == [
        ("", (), 0),
        ("f", (), 0),
        ("e", (), 4),
        ("d", (), 2),
        ("c", (), 0),
        ("b", ("two",), 5),
        ("a", ("one", "two"), 3),
        ("b", ("one",), 90),
    ]
    assert troubles(Status("1", 0.0, True, {"a": network(one=report())}, 7, {}, ())) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 seconds"), (1.2, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (172_800, "2 days")],
)
def test_lengths_of_time(seconds, words):
    assert lasting(seconds) == words
