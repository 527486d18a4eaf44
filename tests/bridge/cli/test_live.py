"""`hubbub rooms`, `send` and `tail`, asked of a service in this process."""

import asyncio
import contextlib
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.control.abilities import Abilities
from bridge.control.server import Control
from bridge.errors import Rejected
from bridge.model import Kind, RoomId
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config, running

HUBBUB = str(Path(sys.executable).with_name("hubbub"))
MAP = {"lobby": ["left one", "right two"], "den": ["left three from", "right two"]}


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


@pytest.fixture
async def bridge(tmp_path, left, right):
    """A service that can be asked."""
    async with running(config(tmp_path, MAP), open_to_owner) as bridge:
        yield bridge


def open_to_owner(bridge):
    return Control(Abilities(bridge, None)).listening()


@pytest.fixture
def journal(bridge):
    return bridge.journal


async def hubbub(journal, *words, **options):
    """Run a command. Returns its exit code and what it says."""
    done = await asyncio.to_thread(
        subprocess.run,
        [HUBBUB, *words, "--journal", str(journal)],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
        **options,
    )
    return done.returncode, done.stdout + done.stderr


# Rooms


async def test_the_rooms_stand_by_their_conversations(journal, left, right):
    right.refusals[RoomId("two")] = "invite only"
    right.drop()
    left.say("one", "alice", "waits")
    await left.settled()
    for _ in range(100):
        code, told = await hubbub(journal, "rooms")
        if "invite only" in told:
            break
    assert code == 0
    columns = [
        re.split(r"  +", line.strip()) for line in re.sub(r"since \S+ \S+", "since WHEN", told).splitlines()
    ]
    can = ["prefix", "reply edit delete reaction"]
    waits = ["⇄", "right", "two", "not joined", "1 message since WHEN", *can]
    assert columns == [
        ["lobby"],
        ["⇄", "left", "one", "joined", *can],
        waits,
        ["invite only"],
        ["den"],
        waits,
        ["invite only"],
        ["→", "left", "three", "joined", *can],
        [""],
        ["3 rooms in 2 conversations"],
    ]
    assert len({line.index("prefix") for line in told.splitlines() if "prefix" in line}) == 1


async def test_some_rooms_for_machines(journal):
    code, told = await hubbub(journal, "rooms", "--conversation", "lobby", "--json")
    assert code == 0
    assert [(room["network"], room["room"]) for room in json.loads(told)] == [
        ("left", "one"),
        ("right", "two"),
    ]
    assert (await hubbub(journal, "rooms", "--network", "rihgt")) == (
        1,
        'hubbub: there is no network "rihgt"; did you mean "right"?\n',
    )


# Sending


async def test_something_is_said_from_an_argument_and_from_stdin(journal, left, right):
    code, told = await hubbub(journal, "send", "-c", "lobby", "we move tonight")
    assert code == 0
    assert re.fullmatch(r"Said in 2 rooms, as message \d+: left one, right two\n", told)
    code, told = await hubbub(journal, "send", "--room", "two", "--json", input="two\nlines\n")
    assert (code, json.loads(told)["rooms"]) == (0, [["right", "two"]])
    await right.until(2)
    assert right.texts("two") == ["we move tonight", "two\nlines"]
    await left.until(1)
    assert left.texts("one") == ["we move tonight"]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["hello"], 2, "say where"),
        (["-c", "attic", "hello"], 1, "there is no conversation"),
        (["-c", "lobby", " "], 1, "there is nothing to say"),
        (["-c", "lobby", "x" * 20_001], 1, "too long"),
        (["--room", "three", "hello"], 1, "nothing is ever written there"),
    ],
)
async def test_what_cannot_be_said_is_told(journal, words, code, error):
    found, told = await hubbub(journal, "send", *words)
    assert (found, error in told) == (code, True), told


async def test_without_a_service_nothing_is_said(tmp_path):
    for words in (["send", "-c", "lobby", "hello"], ["rooms"], ["tail"]):
        code, told = await hubbub(tmp_path / "none.sqlite3", *words)
        assert (code, "start it with `hubbub run`" in told) == (1, True)


# Looking on


class Tail:
    """`hubbub tail`, running, whose output is a pipe."""

    def __init__(self, journal, *words):
        self.command = [HUBBUB, "tail", "--journal", str(journal), *words]

    async def __aenter__(self):
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*self.command, stdout=pipe, stderr=pipe)
        return self

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()

    async def line(self):
        line = (await self.process.stdout.readline()).decode().rstrip("\n")
        return re.sub(r"^\d\d:\d\d:\d\d", "CLOCK", line)

    async def end(self):
        """What it says to the end, and its exit code."""
        out, error = await self.process.communicate()
        return out.decode() + error.decode(), self.process.returncode


async def looked_at(bridge):
    while not bridge.features.onlookers._sights:
        await asyncio.sleep(0.01)


async def test_the_conversation_is_shown_live(bridge, left, right):
    async with Tail(bridge.journal, "--deliveries") as tail:
        await looked_at(bridge)
        left.say("one", "al\x1bice", "hello\nthere\x1b]0;x\x07")
        assert await tail.line() == "CLOCK  left one  <alice> hello"
        assert await tail.line() == f"{' ' * 20}there]0;x"
        assert re.fullmatch(r" {10}→ right two  \d+ delivered after \d\.\d\d s", await tail.line())
        right.errors.append(Rejected("too rude"))
        left.say("one", "alice", "waves", kind=Kind.EMOTE)
        assert await tail.line() == "CLOCK  left one  * alice waves"
        assert re.fullmatch(r" {10}→ right two  \d+ given up: too rude", await tail.line())
        tail.process.send_signal(signal.SIGINT)
        assert await tail.end() == ("", 0)
    while bridge.features.onlookers._sights:
        await asyncio.sleep(0.01)


async def test_deliveries_are_not_shown_unless_they_are_asked_for(bridge, left, right):
    async with Tail(bridge.journal, "--network", "left") as tail:
        await looked_at(bridge)
        for text in ("one", "two"):
            left.say("one", "alice", text)
            assert await tail.line() == f"CLOCK  left one  <alice> {text}"


async def test_the_end_of_the_service_is_told(tmp_path, left, right):
    async with contextlib.AsyncExitStack() as stack:
        async with running(config(tmp_path, MAP), open_to_owner) as bridge:
            tail = await stack.enter_async_context(Tail(bridge.journal, "--json"))
            await looked_at(bridge)
            left.say("one", "alice", "hello")
            said, end = json.loads(await tail.line()), json.loads(await tail.line())
            assert (said["what"], said["text"], end["what"]) == ("taken", "hello", "ended")
            assert end["number"] == said["number"]
        assert await tail.end() == (
            "hubbub: the service has ended: `hubbub tail` shows more once it runs again\n",
            1,
        )


async def test_a_wrong_name_ends_it(journal):
    code, told = await hubbub(journal, "tail", "-c", "loby")
    assert (code, told) == (1, 'hubbub: there is no conversation "loby"; did you mean "lobby"?\n')
