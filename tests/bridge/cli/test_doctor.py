"""`hubbub doctor`, through the command line as a person uses it."""

import contextlib
import json
import os
import socket
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge import secrets
from bridge.cli import doctor_machine
from bridge.cli.doctor import doctor
from bridge.journal.sqlite import SqliteJournal
from bridge.testing import free_port
from tests.bridge.desk.place import written

EXAMINED = "tests.bridge.cli.examined:Examined"
SILENT = "tests.bridge.cli.test_check:Silent"


@pytest.fixture(autouse=True)
def nothing_of_others(monkeypatch):
    """No proxy, and no secret of another test."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    yield
    secrets.forget()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.yaml"
    write(path)
    return path


def write(path, more="", password="well", rooms="['#a', '#b']"):
    path.write_text(
        f"networks: {{tea: {{protocol: '{EXAMINED}', password: {password}}}}}\n"
        f"conversations: {{lobby: {{tea: {rooms}}}}}\n{more}"
    )
    path.chmod(0o600)


def run(*arguments):
    return CliRunner().invoke(doctor, [str(argument) for argument in arguments])


def seen(file, *arguments):
    """What it finds, by what it is about and its subject; the grade, and what is said."""
    told = json.loads(run(file, "--json", *arguments).stdout)["findings"]
    found = {}
    for one in told:
        found.setdefault((one["about"], one["subject"]), []).append((one["grade"], one["sentence"]))
    return found


def here(file, subject):
    """What it finds of one subject on this machine."""
    return seen(file, "--offline").get(("this machine", subject), [])


def test_all_is_well_here(file):
    result = run(file, "--offline")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("\nthis machine\n  well      Hubbub ")
    assert "no service runs with this journal now" in result.stdout
    assert result.stdout.endswith("\n\nAll is well.\n")


def test_a_file_with_passwords_that_all_can_open(file):
    file.chmod(0o644)
    ((grade, said),) = here(file, "map")
    assert (grade, f"chmod 600 {file}" in said) == ("doubtful", True)
    assert run(file, "--offline").exit_code == 0, "it works"


def test_a_map_with_mistakes_is_for_check(file):
    file.write_text("networks: {}\nonwer: me\n")
    result = run(file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "onwer: unknown key" in str(result.exception), "the program makes 78 of it"


def test_the_journal(file, tmp_path):
    assert "no journal yet" in here(file, "journal")[0][1]
    journal = tmp_path / "hubbub.sqlite3"
    with contextlib.closing(SqliteJournal(journal)):
        pass
    ((grade, said),) = here(file, "journal")
    assert (grade, said.startswith(f"the journal {journal} is sound: 0 messages")) == ("well", True)
    assert here(file, "permissions") == []
    journal.chmod(0o644)
    assert here(file, "permissions")[0][0] == "wrong"
    assert f"chmod 600 {journal}" in here(file, "permissions")[0][1]
    with contextlib.closing(sqlite3.connect(journal)) as database, database:
        database.execute("INSERT INTO delivery (room, seq) VALUES (1, 1)")
    assert here(file, "journal")[0][0] == "wrong"
    assert "hubbub db restore" in here(file, "journal")[0][1]
    assert run(file, "--offline").exit_code == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_ours(file, tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert "give it to the service's user" in here(file, "permissions")[0][1]
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("free", "grade"), [(5 * 10**6, "wrong"), (5 * 10**8, "doubtful"), (5 * 10**9, "well")]
)
def test_room_on_the_disk(file, monkeypatch, free, grade):
    monkeypatch.setattr(doctor_machine.shutil, "disk_usage", lambda _: Disk(free))
    for told, said in here(file, "disk"):
        assert (told, "make room" in said) == (grade, grade != "well")


class Disk:
    def __init__(self, free):
        self.free = free


def test_a_port_that_somebody_has(file):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        write(file, f"web: {{listen: 127.0.0.1:{taken}}}\n")
        ((grade, said),) = here(file, "port")
        assert grade == "wrong"
        assert f"nobody can listen at 127.0.0.1:{taken} (address already in use)" in said
    write(file, f"web: {{listen: 127.0.0.1:{free_port()}}}\n")
    assert here(file, "port")[0][0] == "well"


def test_proxies_are_named_without_their_passwords(file, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2@proxy.example:3128")
    ((grade, said),) = here(file, "proxy")
    assert (grade, "hunter2" in said) == ("doubtful", False)


def test_networks_say_what_they_see_then_who_is_let_in(file):
    write(file, rooms="['#a', '#full']")
    found = seen(file)
    assert found["tea", "name"] == [("well", "its name is looked up by [secret]")]
    assert found["tea", "clock"] == [("doubtful", r"its clock is \x1b[31mstrange: set it")]
    assert found["tea", "room"] == [("wrong", r"#full: the room is \x1b[31mfull")]
    assert found["tea", "login"] == [("well", "lets Hubbub in, and into 1 room of the map")]
    result = run(file)
    assert result.exit_code == 1
    assert "\ntea\n  well      its name is" in result.stdout
    assert result.stdout.endswith("\n\n1 thing is wrong; 1 thing is worth a look.\n")


@pytest.mark.parametrize(
    ("password", "subjects", "said"),
    [
        ("nameless", ["name", "clock"], "its name is"),
        ("unreachable", ["name", "login"], "there is no getting in: check server"),
        ("surprising", ["name", "adapter", "login"], "its adapter failed (KeyError): this is a bug"),
    ],
)
def test_one_cause_is_one_finding_and_a_bug_hides_nothing(file, password, subjects, said):
    write(file, password=password)
    told = json.loads(run(file, "--json").stdout)["findings"]
    network = [one for one in told if one["about"] == "tea"]
    assert [one["subject"] for one in network] == subjects
    assert said in " ".join(one["sentence"] for one in network if one["grade"] == "wrong")


def test_one_that_does_not_answer(file, monkeypatch):
    monkeypatch.setattr("bridge.cli.doctor_networks._PATIENCE", 0.1)
    file.write_text(file.read_text().replace(EXAMINED, SILENT))
    assert seen(file)["tea", "login"] == [("wrong", "no answer within 0.1 seconds: check server and port")]


def test_what_desks_and_lists_keep_and_nobody_can_write(file, tmp_path):
    listed = '  news: {irc: "#news", announce: {announcers: [ada]}}\n'
    file.write_text(written(("shop", "sales"), ("shop", "support")) + listed)
    assert here(file, "permissions") == []
    places = [tmp_path / "hubbub.sqlite3.shop.login.sqlite3", tmp_path / "hubbub-lists.sqlite3"]
    for place in places:
        place.mkdir()  # root may write whatever is a file
    assert here(file, "permissions") == [
        ("wrong", f"{what} cannot be written to {place}: give that file to the service's user")
        for what, place in zip(("the chats of shop", "the lists"), places, strict=True)
    ]


def test_a_mail_server_that_nobody_reaches(file):
    port = free_port()
    write(file, more=f"mail: {{server: 127.0.0.1, port: {port}, from: a@shop.example, security: none}}\n")
    ((grade, said),) = seen(file)["mail server 127.0.0.1", "mail"]
    assert (grade, said.lower()) == ("wrong", "connection refused: see to `mail:` in the map")
    assert ("mail server 127.0.0.1", "mail") not in seen(file, "--offline")
