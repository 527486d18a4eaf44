"""What the log of a service tells its owner."""

import asyncio
import json
import logging
import re
import signal
import subprocess
import sys
from importlib.metadata import version

import pytest

from bridge.complaints import Complaints
from bridge.errors import Rejected
from bridge.model import RoomId
from bridge.testing import ScriptedNetwork
from bridge.whose import keys_of
from tests.bridge.world import config, running

from .test_run import HUBBUB, good, run  # noqa: F401 -- a fixture


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_it_begins_with_what_runs_and_ends_with_why(good, name):  # noqa: F811
    process = await asyncio.create_subprocess_exec(HUBBUB, "run", str(good), stderr=asyncio.subprocess.PIPE)
    first = (await asyncio.wait_for(process.stderr.readline(), 60)).decode()
    journal = good.with_name("hubbub.sqlite3")
    begins = (
        f"hubbub {version('hubbub')} begins, with {good} and the journal {journal}, as process {process.pid}"
    )
    assert begins in first
    while b"relaying" not in await asyncio.wait_for(process.stderr.readline(), 60):
        pass
    process.send_signal(name)
    _, rest = await asyncio.wait_for(process.communicate(), 60)
    last = json.loads(rest.decode().splitlines()[-1])
    assert (last["level"], last["message"]) == ("info", f"stopped by {name.name}")
    assert process.returncode == 0


def test_it_ends_with_the_error_too(good, tmp_path):  # noqa: F811
    good.write_text(good.read_text() + f"journal: {tmp_path}/nowhere/journal.sqlite3\n")
    result = run("run", str(good))
    assert result.returncode == 1
    (first, last) = result.stderr.splitlines()
    assert "begins" in first
    told = json.loads(last)
    assert told["level"] == "error"
    assert re.search(r"stopped: .*nowhere/journal\.sqlite3.*check the folder", told["message"])


@pytest.mark.parametrize(("verbose", "shown"), [(0, False), (1, False), (2, True)])
def test_what_libraries_say_is_for_who_wants_it(tmp_path, verbose, shown):
    """In a process of its own, since a process has one log."""
    program = (
        "import logging, sys; from bridge.cli.log import log_to; log_to(2, int(sys.argv[1]));"
        "logging.getLogger('adapters.x').info('one of ours');"
        "[logging.getLogger(name).warning('a stray line') for name in"
        " ('slixmpp.xmlstream', 'nio.client', 'irc.client', 'aiohttp.client', 'asyncio', 'py.warnings')];"
        "logging.getLogger('asyncio').error('a task failed')"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(verbose)], capture_output=True, text=True, check=True
    ).stderr
    assert "one of ours" in said
    assert "a task failed" in said
    assert ("a stray line" in said) is shown


def test_a_command_without_a_log_shows_no_library_s_lines(tmp_path):
    program = (
        "import logging; from bridge.cli.log import quietly; quietly();"
        "logging.getLogger('slixmpp.xmlstream').error('CERT: Invalid certificate trust chain.');"
        "logging.getLogger('adapters.x').warning('one of ours')"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr
    assert said == "one of ours\n"


@pytest.fixture
def networks():
    return ScriptedNetwork("left"), ScriptedNetwork("right")


async def test_the_way_of_a_message_without_its_words(tmp_path, networks, caplog):
    caplog.set_level(logging.DEBUG)
    left, right = networks
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})):
        left.say("one", "alice", "hush")
        await right.until(1)
        await left.settled()
        await asyncio.sleep(0)
    way = [line for line in caplog.records if {"taken", "delivered"} & set(line.getMessage().split())]
    (taken, delivered) = way
    assert re.fullmatch(r"left one: \S+ is taken", taken.getMessage())
    assert re.fullmatch(r"right two: delivered as \S+, after \d+\.\d\d s", delivered.getMessage())
    number = keys_of(taken)["delivery"]
    assert keys_of(taken) == {"network": "left", "room": "one", "delivery": number}
    assert keys_of(delivered) == {"network": "right", "room": "two", "delivery": number}
    assert "hush" not in caplog.text


async def test_a_room_that_refuses_is_named_once(tmp_path, networks, caplog, clock):
    """Also when the connection is made again and again; and anew once it had let us in."""
    _, right = networks

    async def connect_anew():
        before = right.connections
        right.drop()
        while right.connections == before:
            await clock.hurry(asyncio.sleep(0.001))
        await right.settled()

    async with running(config(tmp_path, {"lobby": ["left one", "right two"]}), clock=clock):
        for times in (1, 2):
            right.refusals[RoomId("two")] = "by invitation only"
            for _ in range(3):
                await connect_anew()
            assert caplog.text.count("right two cannot be joined: by invitation only") == times
            right.refusals.clear()
            await connect_anew()
        assert caplog.text.count("the scripted network") <= 1, "nor is a connection that ends"


async def test_a_refusal_of_messages_is_said_once(tmp_path, networks, caplog):
    left, right = networks
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})):
        for n in range(4):
            right.errors.append(Rejected("too rude"))
            left.say("one", "alice", f"rude {n}")
            left.say("one", "alice", f"kind {n}")
            await right.until(n + 1)
    assert caplog.text.count("a message to right two is given up: too rude") == 1


async def test_the_network_s_reason_is_the_room_s(tmp_path, networks):
    _, right = networks
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})) as bridge:
        right.up = False
        right.drop()
        while not bridge.state("right")[1]:
            await asyncio.sleep(0)
        (worker,) = [worker for worker in bridge._router.workers.values() if worker.room.id == "two"]
        assert worker.reason == bridge.state("right")[1]


def test_the_same_is_said_rarely(caplog, clock):
    complaints = Complaints(logging.getLogger("bridge.x"), clock)
    said = []
    for hour in range(72):
        caplog.clear()
        complaints.tell("door", "the door is shut")
        said += [hour] * len(caplog.messages)
        clock.move(3600.0)
    assert said == [0, 1, 3, 7, 15, 31, 55]
    complaints.over("door")
    caplog.clear()
    complaints.tell("door", "the door is shut")
    assert caplog.messages == ["the door is shut"]
