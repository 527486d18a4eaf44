"""`hubbub check`, through the command line as a person uses it."""

import asyncio
import contextlib
import json
import logging
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from bridge import Adapter, AuthenticationFailed, Capabilities, ConnectionLost, Emit, Model, RoomId, find
from bridge.cli.check import check
from bridge.cli.online import adapter_of, look
from bridge.config import load
from bridge.protocols import protocols
from bridge.testing import ScriptedNetwork, free_port
from tests.bridge.world import config


class Network(Model):
    password: SecretStr = SecretStr("hunter2")


class Room(Model):
    key: SecretStr | None = None


class Friendly(Adapter):
    """A network where every room is fine, but not #full."""

    NetworkConfig = Network
    RoomConfig = Room

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        return RoomId(text)

    async def run(self, emit: Emit) -> None:
        raise ConnectionLost("never connects")

    async def send(self, command: Any) -> Any:
        raise ConnectionLost("never connects")

    def capabilities(self, room: RoomId, author: Any = None) -> Capabilities:
        raise NotImplementedError

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return {
            room: "the room is \x1b[31mfull" if room == "#full" else None for room in rooms if room != "#odd"
        }


class Refusing(Friendly):
    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        raise AuthenticationFailed("the server does not know the password: check password")


class Worried(Friendly):
    """Warns while it looks, as an adapter's modules do, and is in trouble though it lets us in."""

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        for _ in range(2):
            logging.getLogger(__name__).warning("%s: \x1b[31mthe nick is taken", self.network)
        logging.getLogger("irc.client").error("a library's own line")
        return {RoomId(""): "the services do not answer", **await super().look(rooms)}


class Silent(Friendly):
    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        await asyncio.Event().wait()
        raise AssertionError


class Broken(Friendly):
    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        raise KeyError(self.config.password.get_secret_value())


class Unbuildable(Friendly):
    def __init__(self, network: str, config: Any, introduction: str) -> None:
        raise ConnectionLost("there is no such host: check server")


def text(*kinds: str, rooms: str = "#a") -> str:
    names = [kind.lower() for kind in kinds]
    lines = [
        "networks:",
        *(f"  {name}: {{protocol: '{__name__}:{kind}'}}" for name, kind in zip(names, kinds, strict=True)),
    ]
    lines += ["conversations:", "  lobby:"]
    lines += [f"    {name}: ['{rooms}', '#b']" for name in names]
    return "\n".join(lines) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bridge.yaml"


def run(*arguments: str | Path, **environ: str) -> Result:
    return CliRunner().invoke(check, [str(argument) for argument in arguments], env=environ)


def test_all_is_well(file: Path):
    file.write_text(text("Friendly").replace("['#a', '#b']", "['#a', {room: '#longer', direction: from}]"))
    result = run(file)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert (
        result.stdout
        == f"""\
{file} is in order

networks
  friendly  ({__name__}:Friendly)

conversations
  lobby
    friendly  #a       both ways
    friendly  #longer  only out of it

files: with no public_url under media:, friendly may get no more than their names
"""
    )


def test_what_is_archived_says_for_how_long(file: Path):
    file.write_text(text("Friendly").replace("  lobby:\n", "  lobby:\n    archive: {keep: 36h}\n"))
    assert "\n  lobby  (archived, kept for 36 hours)\n    friendly" in run(file).stdout


def test_where_files_have_an_address_nothing_is_said_of_them(file: Path):
    file.write_text(text("Friendly") + "media: {public_url: https://files.example.org}\n")
    assert "no public_url" not in run(file).stdout


def test_a_network_that_nothing_uses_is_named(file: Path):
    spare = f"  spare: {{protocol: '{__name__}:Friendly'}}\nconversations:"
    file.write_text(text("Friendly").replace("conversations:", spare))
    told = run(file).stdout
    assert f"  spare  ({__name__}:Friendly, in no conversation)\n" in told
    assert f"\nremarks\n  {file}:3:3: networks.spare: is in no conversation: " in told


@pytest.mark.parametrize(("word", "meant"), [("icr", "irc"), ("matirx", "matrix"), ("XMPP", "xmpp")])
def test_a_misspelt_protocol(file: Path, word: str, meant: str):
    file.write_text(text("Friendly").replace(f"'{__name__}:Friendly'", word))
    assert f'; did you mean "{meant}"?' in run(file).stderr


@pytest.mark.parametrize(
    ("settings", "meant"),
    [
        ("protocol: irc, server: a.example, nick: hub, ssl: true", {"ssl": "tls"}),
        ("protocol: irc, hostname: a.example, nick: hub", {"hostname": "server"}),
        ("protocol: xmpp, account: a@b.example, password: x", {"account": "jid"}),
        (
            "protocol: matrix, host: 'https://b.example', username: '@a:b.example', access_token: x",
            {"host": "homeserver", "username": "user", "access_token": "token"},
        ),
    ],
)
def test_what_others_call_a_key_is_understood(file: Path, settings: str, meant: dict[str, str]):
    rooms = "['#a:b.example', '#b:b.example']" if "matrix" in settings else "[a@b.example, b@b.example]"
    file.write_text(f"networks:\n  a: {{{settings}}}\nconversations: {{x: {{a: {rooms}}}}}\n")
    told = [line.partition(" networks.")[2] for line in run(file).stderr.splitlines()]
    told = [line for line in told if line]
    assert told == [f'a.{key}: unknown key "{key}"; did you mean "{own}"?' for key, own in meant.items()]


def test_every_mistake_is_printed_and_nothing_else(file: Path):
    file.write_text(text("Friendly", "Missing") + "onwer: me\n")
    result = run(file)
    assert result.exit_code == 78
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"{file}:3:23: networks.missing.protocol: {__name__} has no Missing",
        f'{file}:8:1: onwer: unknown key "onwer"; did you mean "owner"?',
        "2 mistakes",
    ]


def test_one_mistake(file: Path):
    file.write_text(text("Friendly") + "onwer: me\n")
    assert run(file).stderr.splitlines()[-1] == "1 mistake"


def test_no_module_no_adapter_no_protocol(file: Path):
    file.write_text(
        "networks:\n  a: {protocol: nowhere}\n  b: {protocol: 'no.where:X'}\n"
        "  c: {protocol: 'pathlib:Path'}\n"
        "conversations: {x: {a: [a, b]}}\n"
    )
    there_are = ", ".join(protocols())
    assert run(file).stderr.splitlines() == [
        f"{file}:2:17: networks.a.protocol: there is no protocol 'nowhere' (there are {there_are})",
        f"{file}:3:17: networks.b.protocol: there is no protocol 'no.where:X'",
        f"{file}:4:17: networks.c.protocol: pathlib:Path is not an adapter",
        "3 mistakes",
    ]


def test_a_missing_file(file: Path):
    result = run(file)
    assert result.exit_code == 78
    assert result.stderr.startswith(f"{file}: there is no such file")


def test_a_wrong_option_is_a_usage_error(file: Path):
    assert run(file, "--on-line").exit_code == 2


def test_the_file_of_the_environment(file: Path):
    file.write_text(text("Friendly"))
    assert run(HUBBUB_CONFIG=str(file)).stdout.startswith(f"{file} is in order")


def test_the_file_of_the_folder(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(file.parent)
    monkeypatch.delenv("HUBBUB_CONFIG", raising=False)
    file.write_text(text("Friendly"))
    assert run().stdout.startswith("bridge.yaml is in order")


def test_online_and_all_is_well(file: Path):
    file.write_text(text("Friendly"))
    result = run(file, "--online")
    assert result.exit_code == 0
    assert result.stdout.endswith("\nonline\n  friendly: ok\n  friendly #a: ok\n  friendly #b: ok\n")


def test_online_a_mail_server_that_is_not_there(file: Path):
    mail = f"mail: {{server: 127.0.0.1, port: {free_port()}, from: a@shop.example, security: none}}\n"
    file.write_text(text("Friendly") + mail)
    result = run(file, "--online")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        1,
        "  mail server 127.0.0.1: Connection refused: see to `mail:` in the map",
    )


def test_online_trouble_of_one_does_not_hide_the_others(file: Path):
    file.write_text(text("Refusing", "Broken", "Unbuildable", "Friendly"))
    result = run(file, "--online")
    assert result.exit_code == 1
    assert result.stdout.partition("online\n")[2].splitlines() == [
        "  refusing: the server does not know the password: check password",
        "  broken: the adapter failed (KeyError): this is a bug, please report it",
        "  unbuildable: there is no such host: check server",
        "  friendly: ok",
        "  friendly #a: ok",
        "  friendly #b: ok",
    ]
    assert "hunter2" not in result.output


@pytest.mark.parametrize(
    ("room", "problem"),
    [("#full", r"the room is \x1b[31mfull"), ("#odd", "the network says nothing about it")],
)
def test_online_trouble_with_one_room(file: Path, room: str, problem: str):
    file.write_text(text("Friendly", rooms=room))
    result = run(file, "--online")
    assert result.exit_code == 1
    assert result.stdout.endswith(f"  friendly: ok\n  friendly {room}: {problem}\n  friendly #b: ok\n")


async def test_online_silence_ends_for_all_at_once(file: Path, capsys: pytest.CaptureFixture[str]):
    mute = f"networks:\n  mute: {{protocol: '{__name__}:Silent'}}"
    file.write_text(text("Silent", "Friendly").replace("networks:", mute))
    before = time.monotonic()
    assert not await look(load(file, find), patience=0.2)
    assert time.monotonic() - before < 2
    lines = capsys.readouterr().out.splitlines()
    assert "  silent: no answer within 0.2 seconds: check server and port" in lines
    assert "  mute: no answer within 0.2 seconds: check server and port" in lines
    assert "  friendly #a: ok" in lines


def test_the_schema_has_every_protocol_that_is_installed():
    result = run("--schema")
    assert result.exit_code == 0
    networks = json.loads(result.stdout)["properties"]["networks"]["additionalProperties"]["oneOf"]
    assert [network["properties"]["protocol"]["const"] for network in networks] == list(protocols())


def test_a_look_knows_in_which_rooms_nothing_is_written(tmp_path: Path) -> None:
    rooms = {"lobby": ["left one from", "left two", "right three"], "news": ["left four from", "right three"]}
    ScriptedNetwork("left")
    adapter = adapter_of(config(tmp_path, rooms), "left")
    assert adapter.only_read == {RoomId("one"), RoomId("four")}


def test_what_is_warned_of_meanwhile_stands_after_the_answers(file: Path):
    file.write_text(text("Worried"))
    done = subprocess.run(
        [Path(sys.executable).with_name("hubbub"), "check", "--online", str(file)],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == ""
    online = done.stdout.partition("\nonline\n")[2]
    assert online.splitlines() == [
        "  worried: the services do not answer",
        "  worried #a: ok",
        "  worried #b: ok",
        "",
        "remarks",
        "  worried: \\x1b[31mthe nick is taken",
    ]


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Somebody who owns nothing, where we are root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_journal_that_the_service_could_not_make_is_remarked_with_its_line():
    with TemporaryDirectory() as folder:
        file = Path(folder, "bridge.yaml")
        file.write_text(text("Friendly") + "journal: nowhere/hubbub.sqlite3\n")
        there = f'{file}:6:10: journal: there is no folder "{folder}/nowhere": make it, or name another'
        assert f"\nremarks\n  {there}\n" in run(file).stdout
        file.write_text(text("Friendly") + "journal: hubbub.sqlite3\n")
        assert "journal:" not in run(file).stdout
        Path(folder).chmod(0o555)
        with nobody():
            told = run(file).stdout
        assert f'{file}:6:10: journal: you may not write into the folder "{folder}": let' in told


def test_on_a_terminal_sentences_are_wrapped_to_its_width(file: Path):
    """Below where they begin; where there is none they are whole, a line each."""
    file.write_text(text("Worried"))
    ours, its = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(Path.cwd()), "COLUMNS": "30"}
    command = [Path(sys.executable).with_name("hubbub"), "check", "--online", str(file)]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment) as process:
        os.close(its)
        shown = bytearray()
        with contextlib.suppress(OSError):
            while more := os.read(ours, 65536):
                shown += more
        os.close(ours)
    assert process.returncode == 1
    online = shown.decode().partition("online\r\n")[2]
    assert online.startswith("  worried:\x1b[31m the services do not\r\n  answer\x1b[0m\r\n")
