"""`hubbub run` as a process: exit codes and sentences, never a traceback."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HUBBUB = str(Path(sys.executable).with_name("hubbub"))


def run(*arguments, **options):
    return subprocess.run(
        [HUBBUB, *arguments], check=False, capture_output=True, text=True, timeout=30, **options
    )


@pytest.fixture
def good(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(
        "networks:\n"
        "  here: {protocol: 'bridge.testing:ScriptedAdapter', server: here}\n"
        "conversations:\n"
        "  lobby: {here: [one, two]}\n"
    )
    return file


def test_mistakes_in_the_file(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text("networks: {}\nconversatoins: {}\n")
    result = run("run", str(file))
    assert result.returncode == 78
    assert f'{file}:2:1: conversatoins: unknown key "conversatoins"' in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_is_not_there(tmp_path):
    result = run("run", str(tmp_path / "none.yaml"))
    assert result.returncode == 78
    assert "there is no such file" in result.stderr


def test_wrong_usage():
    assert run("rnu").returncode == 2


def test_a_journal_that_cannot_be_written(good, tmp_path):
    good.write_text(good.read_text() + f"journal: {tmp_path}/nowhere/journal.sqlite3\n")
    result = run("run", str(good))
    assert result.returncode == 1
    assert "nowhere/journal.sqlite3" in result.stderr
    assert "check the folder" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_journal_of_a_newer_release(good, tmp_path):
    import sqlite3

    database = sqlite3.connect(tmp_path / "hubbub.sqlite3")
    database.execute("PRAGMA user_version = 1000")
    database.close()
    result = run("run", str(good))
    assert result.returncode == 1
    assert "written by a newer Hubbub" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_version():
    assert run("--version").stdout.startswith("hubbub, version ")


def test_every_line_about_a_broken_map_is_a_line_of_the_log(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(
        "networks: {here: {protocol: irc, server: 127.0.0.1, port: 1, tls: false, nick: hubbub}}\n"
        'conversations: {lobby: {here: ["#one", "#two"]}}\n'
    )
    with subprocess.Popen([HUBBUB, "run", str(file)], stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        while "relaying " not in service.stderr.readline():
            assert service.poll() is None
        file.write_text("networks: {}\nconversatoins: {}\nonwer: me\n")
        service.send_signal(signal.SIGHUP)
        told = []
        while len(told) < 3:
            line = json.loads(service.stderr.readline())["message"]
            told += [line] if line.startswith("the new configuration is not followed: ") else []
        service.terminate()
        service.stderr.read()
    assert "conversatoins: unknown key" in "".join(told)
    assert "onwer: unknown key" in "".join(told)


def test_a_reload_before_all_runs_is_one_afterwards(tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(
        "networks: {here: {protocol: irc, server: 127.0.0.1, port: 1, tls: false, nick: hubbub}}\n"
        'conversations: {lobby: {here: ["#one", "#two"]}}\n'
    )
    with subprocess.Popen([HUBBUB, "run", str(file)], stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr is not None
        assert " begins, with " in service.stderr.readline()
        service.send_signal(signal.SIGHUP)
        while "asked by SIGHUP, and done" not in service.stderr.readline():
            assert service.poll() is None
        service.terminate()
        service.stderr.read()
