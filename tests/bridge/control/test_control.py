"""A running service does what its owner asks, and no client of its socket disturbs it."""

import asyncio
import contextlib
import json
import socket
import stat
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

from bridge.config import Media, Network
from bridge.control import NotRunning, exchange
from bridge.control.abilities import Abilities
from bridge.control.requests import StatusRequest
from bridge.control.server import Control
from bridge.control.socket import SocketPlace
from bridge.errors import ConfigError, HubbubError, Rejected
from bridge.model import Attachment, Content, RoomId
from bridge.relay import Observer
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.world import PROTOCOL, config, running


class Owner:
    """Somebody who edits the configuration and asks things over the socket."""

    def __init__(self, folder):
        self.folder = folder
        self.config = config(folder, {"lobby": ["left one", "right two"]})
        self.journal = self.config.journal

    async def read(self):
        if isinstance(self.config, Exception):
            raise self.config
        return self.config

    def edit(self, *rooms):
        self.config = config(self.folder, {"lobby": list(rooms)})

    def beside(self, bridge):
        return Control(Abilities(bridge, self.read)).listening()

    async def ask(self, command, **fields):
        return await asyncio.to_thread(exchange, self.journal, {"command": command, **fields})


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


@pytest.fixture
async def owner(tmp_path, left, right):
    """The owner of a running service."""
    owner = Owner(tmp_path)
    async with running(owner.config, owner.beside) as owner.bridge:
        yield owner


@pytest.fixture
async def raw(owner):
    """A connection to the socket, as any program can have one."""
    reader, writer = await asyncio.open_unix_connection(SocketPlace(owner.journal).found())
    yield reader, writer
    writer.close()


async def relays(left, right):
    count = len(right.said)
    left.say("one", "alice", "still here")
    await right.until(count + 1)
    return right.texts("two")[-1] == "<alice> still here"


# What can be asked


async def test_status(owner, left, right):
    right.errors.append(Rejected("too rude"))
    left.say("one", "alice", "first")
    assert await relays(left, right)
    right.refusals[RoomId("two")] = "invite only"
    right.up = False
    right.drop()
    left.say("one", "alice", "waits")
    await left.settled()
    answer = await owner.ask("status")
    assert answer["ok"]
    assert answer["undelivered"] == 1
    assert answer["version"] == version("hubbub")
    assert answer["taking"]
    here = answer["networks"]["left"]
    assert here.pop("since") >= answer["since"] > 1e9
    assert here == {
        "protocol": PROTOCOL,
        "state": "connected",
        "reason": "",
        "rooms": {
            "one": {
                "joined": True,
                "condition": "well",
                "reason": "",
                "away_since": None,
                "owed": 0,
                "since": None,
                "unheard": None,
            }
        },
        "private": 0,
        "puppets": 0,
    }
    there = answer["networks"]["right"]
    assert there["state"] == "waiting"
    assert there["reason"].startswith("the scripted network ")
    assert (there["rooms"]["two"]["joined"], there["rooms"]["two"]["owed"]) == (False, 1)
    assert there["rooms"]["two"]["since"] > 1e9
    assert answer["files"] == {"fetched": [], "uploaded": []}
    (wrong,) = answer["wrong"]
    assert (wrong["network"], wrong["rooms"], wrong["owed"]) == ("right", [], 1)
    (instructions,) = answer["observers"]
    assert (instructions["name"], instructions["reason"]) == ("instructions", "")


class Stuck(Observer):
    name = "stuck"

    async def see(self, events):
        raise OSError("the disk is full")


async def test_who_looks_on_and_is_behind_is_told(tmp_path, left, right):
    owner = Owner(tmp_path)
    async with running(owner.config, owner.beside, observers=[Stuck()]):
        left.say("one", "alice", "hello")
        await right.until(1)
        while not (told := (await owner.ask("status"))["observers"])[0]["reason"]:
            await asyncio.sleep(0.01)
    assert told[:1] == [
        {"name": "stuck", "behind": 1, "since": told[0]["since"], "reason": "the disk is full"}
    ]
    assert told[0]["since"] > 1e9


async def test_status_names_the_files_that_wait(tmp_path, left, right):
    media = Media(folder=tmp_path / "files", hosts=("127.0.0.1:*",))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a?secret"
        async with running(config(tmp_path, {"lobby": ["left one", "right two"]}, media=media)) as bridge:
            for name in ("alice", "alice", "alice", "bob"):
                left.say("one", name, Content((), (Attachment(address),)))
            await left.settled()
            while sum(one.at_work for one in (await bridge.status()).files["fetched"]) < 3:
                await asyncio.sleep(0)
            status = await Abilities(bridge, None).do(StatusRequest(), "a test")
    (one,) = status.files["fetched"]
    found = msgspec.to_builtins(one)
    assert found.pop("seconds") > 0
    assert found == {"network": "left", "host": "127.0.0.1", "at_work": 3, "waiting": 1}


async def test_a_dry_run_changes_nothing_and_a_reload_does(owner, left, right):
    other = ScriptedNetwork("other")
    right.refusals[RoomId("two")] = "invite only"
    right.drop()
    left.say("one", "alice", "a")
    left.say("one", "alice", "b")
    await left.settled()
    owner.edit("left one", "left three", "other four")
    changes = {
        "settings": [],
        "renamed": [],
        "started": ["other"],
        "stopped": ["right"],
        "connected_anew": [],
        "kept": ["left"],
        "joined": ["left three", "other four"],
        "left": [{"room": "right two", "given_up": 2, "note": ""}],
        "restart_for": [],
    }
    assert await owner.ask("reload", dry_run=True) == {"ok": True, "dry_run": True, "arrived": {}, **changes}
    assert not other.connected
    arrived = {"left three": "", "other four": ""}
    assert await owner.ask("reload") == {"ok": True, "dry_run": False, "arrived": arrived, **changes}
    left.say("one", "alice", "hello")
    await other.until(1)
    assert (await owner.ask("status"))["undelivered"] == 2
    assert (await owner.ask("reload", dry_run=True))["kept"] == ["left", "other"]


async def test_what_connects_anew_and_what_needs_a_restart(owner, left, right):
    moved = Network("right", PROTOCOL, ScriptedAdapter.NetworkConfig(server="elsewhere"))
    networks = {**owner.config.networks, "right": moved}
    owner.config = replace(owner.config, networks=networks, durability="full", journal=owner.folder / "new")
    answer = await owner.ask("reload", dry_run=True)
    assert (answer["connected_anew"], answer["kept"]) == (["right"], ["left"])
    assert answer["restart_for"] == ["journal", "durability"]


async def test_mistakes_are_answered_and_change_nothing(owner, left, right, caplog):
    owner.config = ConfigError(["bridge.yaml:1:1: wrong", "bridge.yaml:2:1: wrong too"])
    answer = await owner.ask("reload")
    assert answer == {
        "ok": False,
        "error": "nothing has changed, since the configuration has mistakes",
        "mistakes": ["bridge.yaml:1:1: wrong", "bridge.yaml:2:1: wrong too"],
    }
    assert "bridge.yaml:2:1: wrong too" in caplog.text
    assert await relays(left, right)


async def test_what_was_given_up_is_sent_again_before_what_is_newer(owner, left, right):
    for n in range(2):
        right.errors.append(Rejected("too rude"))
        left.say("one", "alice", f"rude {n}")
        assert await relays(left, right)
    number = next(room.number for room in owner.bridge.rooms() if room.id == "two")
    right.gate.clear()
    for n in range(3):
        left.say("one", "alice", f"new {n}")
    await left.settled()
    answer = await owner.ask("retry", letters=[[number, 1], [number, 3], [number, 4000], [77, 2]])
    assert answer == {"ok": True, "queued": 2, "unmapped": 1}
    right.gate.set()
    await right.until(7)
    # The first of the new ones had its place in the network's order already.
    texts = ("new 0", "rude 0", "rude 1", "new 1", "new 2")
    assert right.texts("two")[2:] == [f"<alice> {text}" for text in texts]


# Streams


async def test_a_stream_goes_on_until_the_client_hangs_up(raw, owner, left, right):
    reader, writer = raw
    writer.write(b'{"command": "tail", "network": "left", "text": true}\n')
    assert json.loads(await reader.readline()) == {"ok": True, "what": "begun"}
    for text in ("hello", "again"):
        left.say("one", "alice", text)
        line = json.loads(await reader.readline())
        assert (line["ok"], line["what"], line["author"], line["text"]) == (True, "taken", "alice", text)
    writer.close()
    while owner.bridge.features.onlookers._sights:
        await asyncio.sleep(0.01)
    assert await relays(left, right)


async def test_a_stream_of_what_is_not_there_is_refused(raw):
    reader, writer = raw
    writer.write(b'{"command": "tail", "network": "lfet"}\n')
    assert json.loads(await reader.readline()) == {
        "ok": False,
        "error": 'there is no network "lfet"; did you mean "left"?',
    }
    assert await reader.read() == b""


async def test_a_stream_ends_with_the_service(tmp_path, left, right):
    owner = Owner(tmp_path)
    async with running(owner.config, owner.beside):
        reader, writer = await asyncio.open_unix_connection(SocketPlace(owner.journal).found())
        writer.write(b'{"command": "tail"}\n')
        assert json.loads(await reader.readline())["what"] == "begun"
    assert await reader.read() == b""
    writer.close()


# Who asks wrongly


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"hello", "this is no command: JSON is malformed"),
        (b"\xff\xfe", "this is no command"),
        (b"[]", "this is no command: Expected `object`, got `array`"),
        (b"{}", "missing required field `command`"),
        (b'{"command": "explode"}', "Invalid value 'explode'"),
        (b'{"command": "reload", "dryrun": true}', "unknown field `dryrun`"),
        (b"[" * 60_000, "this is no command"),
        (b'{"command": "retry", "letters": [[1]]}', "length 2"),
        (b'{"command": "retry", "letters": [[1, 99999999999999999999]]}', "this is no command"),
    ],
)
async def test_what_is_no_command_is_answered_and_the_next_line_is_read(raw, line, error):
    reader, writer = raw
    writer.write(line + b'\n{"command": "status"}\n')
    first, second = json.loads(await reader.readline()), json.loads(await reader.readline())
    assert not first["ok"]
    assert error in first["error"]
    assert second["ok"]


async def test_too_long_a_line_ends_the_connection(raw, owner, left, right):
    reader, writer = raw
    writer.write(b"x" * 100_000)
    answer = json.loads(await reader.readline())
    assert answer == {"ok": False, "error": "a line has at most 65536 bytes"}
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    assert await relays(left, right)


async def test_an_endless_line_ends_the_connection(raw, owner, left, right, monkeypatch):
    monkeypatch.setattr("bridge.control.server._PATIENCE", 0.05)
    reader, writer = await asyncio.open_unix_connection(SocketPlace(owner.journal).found())
    writer.write(b'{"command": ')
    assert await reader.read() == b""
    writer.close()
    assert await relays(left, right)


async def send_without_end(client):
    while True:
        with contextlib.suppress(BlockingIOError):
            client.send(b"nonsense\n")
        await asyncio.sleep(0)


async def test_who_never_reads_is_cut_off(owner, left, right, monkeypatch, caplog):
    monkeypatch.setattr("bridge.control.server._PATIENCE", 0.2)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(SocketPlace(owner.journal).found()))
        client.setblocking(False)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            await send_without_end(client)
    assert await relays(left, right)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_fault_of_ours_is_answered_and_logged(owner, left, right, caplog):
    owner.config = KeyError("secret")
    answer = await owner.ask("reload")
    assert answer == {"ok": False, "error": "this failed by a bug: its log tells more"}
    assert "KeyError" in caplog.text
    assert await relays(left, right)


# The socket itself


async def test_the_socket_is_private_and_goes_with_the_service(tmp_path, left, right):
    owner = Owner(tmp_path)
    path = tmp_path / "journal.sqlite3.sock"
    async with running(owner.config, owner.beside):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await owner.ask("status")
    assert not path.exists()
    with pytest.raises(NotRunning, match="start it with `hubbub run`"):
        await owner.ask("status")


async def test_a_socket_of_a_dead_process_is_replaced(tmp_path, left, right):
    owner = Owner(tmp_path)
    path = tmp_path / "journal.sqlite3.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(NotRunning):
        await owner.ask("status")
    async with running(owner.config, owner.beside):
        assert (await owner.ask("status"))["ok"]


async def test_what_is_no_socket_stays_and_the_relay_runs_without(tmp_path, left, right, caplog):
    owner = Owner(tmp_path)
    path = tmp_path / "journal.sqlite3.sock"
    path.write_text("precious")
    async with running(owner.config, owner.beside):
        assert await relays(left, right)
        with pytest.raises(NotRunning):
            await owner.ask("status")
    assert path.read_text() == "precious"
    assert "is in its way" in caplog.text


@pytest.fixture
def short():
    """A folder whose name leaves room for that of a socket (108 bytes), which that of a test need not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("runtime", [True, False])
async def test_too_deep_a_folder(tmp_path, short, left, right, monkeypatch, runtime):
    homes = {name: short / name for name in ("run", "tmp")}
    for home in homes.values():
        home.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(homes["tmp"]))
    if runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(homes["run"]))
    else:
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    owner = Owner(deep)
    async with running(owner.config, owner.beside):
        (path,) = homes["run" if runtime else "tmp"].glob("hubbub-*/control")
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert (await owner.ask("status"))["ok"]
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(homes["run"]))
        assert (await owner.ask("status"))["ok"], "also from a session that has a folder of its own"
        assert not list(deep.glob("*.sock"))
    assert not list(tmp_path.glob("*/hubbub-*"))


async def test_a_folder_of_somebody_else_is_not_used(tmp_path, left, right, monkeypatch, caplog):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    owner = Owner(deep)
    folder = SocketPlace(owner.journal).paths[0].parent
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    async with running(owner.config, owner.beside):
        assert await relays(left, right)
    assert "belongs to somebody else" in caplog.text


async def test_a_service_that_hangs_up_is_told_of(tmp_path):
    owner = Owner(tmp_path)
    server = await asyncio.start_unix_server(
        lambda _, writer: writer.close(), tmp_path / "journal.sqlite3.sock"
    )
    async with server:
        with pytest.raises(HubbubError, match=r"hung up without an answer|cannot be asked"):
            await owner.ask("status")
