"""`hubbub log-level`, asked of a service in this process."""

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.control.abilities import Abilities
from bridge.control.server import Control
from bridge.levels import set_level, start_with
from tests.bridge.world import running

HUBBUB = str(Path(sys.executable).with_name("hubbub"))


@pytest.fixture
def as_before(monkeypatch):
    """The levels of this process, with no adapter from outside, such as other tests load."""
    monkeypatch.setattr("bridge.levels._ours", {"bridge", "adapters"})
    before = {name: logging.getLogger(name).level for name in ("bridge", "adapters")}
    start_with(logging.INFO)
    yield
    set_level("start")
    start_with(logging.NOTSET)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


async def test_an_owner_hears_more_and_less(pair, left, right, caplog, as_before):
    async def hubbub(*arguments):
        command = [HUBBUB, "log-level", *arguments, "--journal", str(pair.journal)]
        ran = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=30)
        return ran.returncode, ran.stdout + ran.stderr

    async def taken():
        caplog.clear()
        left.say("one", "ann", "hello")
        await right.until(len(right.said) + 1)
        return any(line.endswith(" is taken") for line in caplog.messages)

    async with running(pair, lambda bridge: Control(Abilities(bridge, None)).listening()):
        assert await hubbub() == (0, "adapters  info\nbridge    info\n")
        assert not await taken()
        code, told = await hubbub("debug", "--logger", "bridge.relay", "--json")
        assert json.loads(told) == {"adapters": "info", "bridge": "info", "bridge.relay": "debug"}
        assert await taken()
        await hubbub("start")
        assert not await taken()
        code, told = await hubbub("debug", "--logger", "bridge.nowhere")
        assert (code, "nothing here logs as 'bridge.nowhere'" in told) == (1, True)
        assert (await hubbub("loud"))[0] == 2
