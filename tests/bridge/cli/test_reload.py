"""`hubbub reload`, asked of a service in this process."""

import asyncio
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bridge.cli import reading
from bridge.cli.reading import read
from bridge.config import load
from bridge.control.abilities import Abilities
from bridge.control.server import Control
from bridge.errors import ConfigError
from bridge.model import RoomId
from bridge.protocols import find
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.world import PROTOCOL, config, running

HUBBUB = str(Path(sys.executable).with_name("hubbub"))


class Place:
    """A folder with a configuration."""

    def __init__(self, folder):
        self.file = folder / "bridge.yaml"
        self.write(left=["one"], right=["two"])

    def write(self, **rooms):
        lines = ["networks:", *(f"  {name}: {{protocol: '{PROTOCOL}', server: {name}}}" for name in rooms)]
        lines += ["conversations:", "  lobby:", *(f"    {name}: {list(rooms[name])}" for name in rooms)]
        self.file.write_text("\n".join(lines) + "\n")

    def read(self):
        return load(self.file, find)

    async def hubbub(self, *arguments, file=None):
        """The command's exit code and what it says."""
        return await asyncio.to_thread(
            subprocess.run,
            [HUBBUB, "reload", *arguments, str(file or self.file)],
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )


@pytest.fixture
def networks():
    return {name: ScriptedNetwork(name) for name in ("left", "right", "other")}


@pytest.fixture
async def place(tmp_path, networks):
    place = Place(tmp_path)

    def control(bridge):
        return Control(Abilities(bridge, partial(read, place.file), place.file)).listening()

    async with running(place.read(), control):
        yield place


async def test_what_would_change_and_what_did(place, networks):
    networks["right"].refusals[RoomId("two")] = "full"
    networks["right"].drop()
    networks["left"].say("one", "alice", "kept")
    await networks["left"].settled()
    place.write(left=["one", "three"], other=["four"])
    result = await place.hubbub("--dry-run")
    assert (result.returncode, result.stdout) == (
        0,
        (
            "It would connect to other.\n"
            "It would disconnect from right.\n"
            "It would join left three and other four.\n"
            "It would leave right two, and give up 1 message for it.\n"
            "left would keep its connection.\n"
        ),
    )
    assert not networks["other"].connected
    result = await place.hubbub()
    assert (result.returncode, result.stdout) == (
        0,
        (
            "It connected to other.\n"
            "It disconnected from right.\n"
            "It joined left three and other four.\n"
            "It left right two, and gave up 1 message for it.\n"
            "left kept its connection.\n"
        ),
    )
    networks["left"].say("one", "alice", "hello")
    await networks["other"].until(1)


async def test_nothing_changes(place):
    assert (await place.hubbub("--dry-run")).stdout == "Nothing would change.\n"
    assert (await place.hubbub()).stdout == "Nothing has changed.\n"


async def test_another_file_is_refused(place, networks, tmp_path):
    """It has the same journal, and nobody follows it; a link to the right one is the right one."""
    other, link = tmp_path / "other.yaml", tmp_path / "link.yaml"
    other.write_text(place.file.read_text().replace("two", "three"))
    link.symlink_to(place.file)
    for arguments in ((), ("--dry-run",)):
        result = await place.hubbub(*arguments, file=other)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr == (
            f"hubbub: the service follows {place.file}, not {other}: "
            "change that file, or start it with this one\n"
        )
    assert (await place.hubbub(file=link)).stdout == "Nothing has changed.\n"
    networks["left"].say("one", "alice", "still")
    await networks["right"].until(1)


async def test_settings_are_told_with_both_values(place, networks, caplog):
    caplog.set_level("INFO")
    text = place.file.read_text()
    place.file.write_text(text.replace("server: left", "server: left, prefix: '{name}: ', max_age: 1d"))
    result = await place.hubbub("--dry-run")
    assert result.stdout == (
        'left: prefix would be "{name}: "; it is not set now.\n'
        "left: max_age would be 1d instead of 7d.\n"
        "left and right would keep their connections.\n"
    )
    assert (await place.hubbub()).stdout == (
        'left: prefix is now "{name}: "; it was not set.\n'
        "left: max_age is now 1d instead of 7d.\n"
        "left and right kept their connections.\n"
    )
    assert "left: max_age: 7d → 1d" in caplog.messages
    assert networks["left"].connections == 1


async def test_a_room_that_does_not_come_in_is_told_with_the_reason(place, networks):
    networks["other"].refusals[RoomId("five")] = "by invitation only"
    place.write(left=["one", "three"], right=["two"], other=["four", "five"])
    result = await place.hubbub()
    assert result.stdout == (
        "It connected to other.\n"
        "It joined left three and other four.\n"
        "It is not in other five: by invitation only\n"
        "left and right kept their connections.\n"
    )


async def test_a_room_of_a_network_that_is_away_is_told_with_the_network_s_reason(place, networks):
    networks["right"].up = False
    networks["right"].drop()
    place.write(left=["one"], right=["two", "three"])
    result = await place.hubbub()
    assert result.stdout.startswith("It is not in right three: the scripted network ")


async def test_a_network_under_another_name(place, networks):
    text = place.file.read_text()
    text = text.replace("  right: {", "  new: {was: right, ").replace("    right:", "    new:")
    place.file.write_text(text)
    networks["right"].refusals[RoomId("two")] = "full"
    networks["right"].drop()
    networks["left"].say("one", "alice", "kept")
    await networks["left"].settled()
    networks["right"].refusals.clear()
    assert (await place.hubbub("--dry-run")).stdout == (
        "It would rename right to new, with all that belongs to it.\n"
        "It would connect anew to new.\n"
        "left would keep its connection.\n"
    )
    assert (await place.hubbub()).stdout == (
        "It renamed right to new, with all that belongs to it.\n"
        "It connected anew to new.\n"
        "left kept its connection.\n"
    )
    await networks["right"].until(1)


async def test_machines_are_told_all_of_it_and_mistakes_too(place):
    place.write(left=["one", "three"], right=["two"])
    told = json.loads((await place.hubbub("--dry-run", "--json")).stdout)
    assert (told["ok"], told["dry_run"], told["joined"]) == (True, True, ["left three"])
    place.file.write_text(place.file.read_text() + "onwer: me\n")
    result = await place.hubbub("--json")
    assert result.returncode == 78
    assert json.loads(result.stdout)["mistakes"] == result.stderr.splitlines()[:-1]


async def test_mistakes(place, networks):
    place.file.write_text(place.file.read_text() + "onwer: me\n")
    result = await place.hubbub()
    assert result.returncode == 78
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f'{place.file}:8:1: onwer: unknown key "onwer"; did you mean "owner"?',
        "nothing has changed, since the configuration has mistakes",
    ]
    networks["left"].say("one", "alice", "still")
    await networks["right"].until(1)


async def test_a_pipe_in_the_files_place(place):
    """Nobody writes to it: to wait for that would end no more."""
    place.file.unlink()
    os.mkfifo(place.file)
    result = await place.hubbub()
    assert result.returncode == 78
    assert "it is a pipe or a device: name a regular file" in result.stderr
    with pytest.raises(ConfigError, match="name a regular file"):
        await read(place.file)  # as the service does


async def test_no_service(tmp_path):
    result = await Place(tmp_path).hubbub()
    assert result.returncode == 1
    assert "no service is running with" in result.stderr
    assert "Traceback" not in result.stderr


async def test_what_the_owner_should_know_of_a_room_that_is_left(place, monkeypatch):
    """Of one whose network stays; the others are disconnected and left by nobody."""
    monkeypatch.setattr(ScriptedAdapter, "parting", lambda _, room: f"{room} is private")
    place.write(left=["three"], right=["two"])
    assert "It would leave left one (one is private).\n" in (await place.hubbub("--dry-run")).stdout
    place.write(left=["one", "three"])
    assert "It would leave right two.\n" in (await place.hubbub("--dry-run")).stdout


EVERY = """
networks:
  irc: {protocol: irc, server: irc.example.org, nick: hub}
  xmpp: {protocol: xmpp, jid: hub@example.org, password: secret}
  matrix: {protocol: matrix, homeserver: "https://example.org", user: "@hub:example.org", password: secret}
conversations:
  tea: {irc: "#tea", xmpp: tea@rooms.example.org, matrix: "#tea:example.org", prefix: "{name}: "}
  all: {irc: "#all", xmpp: {room: all@rooms.example.org, edits: "off"}, ignore: ["b*"]}
media: {hosts: ["files.lan"]}
"""


@pytest.fixture
def apart(monkeypatch):
    """All maps are read as large ones are: by another process."""
    monkeypatch.setattr(reading, "_SMALL", 0)


@pytest.mark.usefixtures("apart")
async def test_what_is_read_apart_is_what_is_there(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(EVERY)
    assert await read(file) == load(file, find)


@pytest.mark.usefixtures("apart")
async def test_mistakes_are_found_apart_too(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text("networks: {}\n")
    with pytest.raises(ConfigError) as here:
        load(file, find)
    with pytest.raises(ConfigError) as apart:
        await read(file)
    assert apart.value.problems == here.value.problems


@pytest.mark.usefixtures("apart")
async def test_the_relay_goes_on_while_the_file_is_read(place, networks):
    """The process has hardly begun when the message is there."""
    reading = asyncio.ensure_future(read(place.file))
    networks["left"].say("one", "alice", "hello")
    await networks["right"].until(1)
    assert not reading.done()
    await reading


async def test_the_relay_has_its_turns_while_a_new_map_is_applied(tmp_path, networks):
    def some(count):
        return config(tmp_path, {f"c{n}": [f"left l{n}", f"right r{n}"] for n in range(count)})

    async with running(some(1)) as bridge:
        reloading = asyncio.ensure_future(bridge.reload(some(500)))
        turns = 0
        while not reloading.done():
            await asyncio.sleep(0)
            turns += 1
        await reloading
        assert len(list(bridge.rooms())) == 1000
    assert turns > 20
