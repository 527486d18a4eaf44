"""The help of every command, and the commands that tell of Hubbub itself."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bridge.cli import commands
from bridge.protocols import protocols
from tests.bridge.cli.test_start import CONNECTING, MAP, loaded

HUBBUB = str(Path(sys.executable).with_name("hubbub"))
HEAVY = CONNECTING - {"rich"} | {"bridge.adapter", "bridge.relay", "pydantic", "slixmpp", "yaml"}


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Each command, those of groups too, with the words that call it."""

    def below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from below(f"{words} {name}".strip(), found)

    return below("", commands)


COMMANDS = dict(all_commands())


def examples(command: click.Command) -> list[str]:
    """The lines below `Examples:` in a command's help."""
    (block,) = re.findall(r"\x08\nExamples:\n((?:  .*\n?)+)", cleandoc(command.help or "")) or [""]
    return [line.strip() for line in block.splitlines()]


EXAMPLES = [(words, line) for words, command in COMMANDS.items() for line in examples(command)]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_shows_how_it_is_called(words: str):
    assert any(re.search(rf"\bhubbub {words}", line) for line in examples(COMMANDS[words]))


@pytest.mark.parametrize(("words", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_every_example_is_right(words: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each call of ours in it is taken as it stands there, up to what it would do."""
    monkeypatch.chdir(tmp_path)
    for there in ("lobby.jsonl", "sales.jsonl", "bundle.zip"):
        Path(there).touch()
    called = list(calls(line))
    assert called or line.startswith("sed ")
    for arguments in called:
        parse(commands, arguments)


def calls(line: str) -> Iterator[list[str]]:
    """The words behind each `hubbub` that a shell would call in a line."""
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split, words.commenters = True, ""
    called: list[str] | None = None
    for word in words:
        if word == "hubbub":
            called = []
        elif set(word) <= set("();<>|&") and called is not None:
            yield called
            called = None
        elif called is not None:
            called.append(word)
    if called is not None:
        yield called


def parse(command: click.Command, arguments: list[str]) -> None:
    with command.make_context("hubbub", arguments) as context:
        rest = [*context._protected_args, *context.args] if isinstance(command, click.Group) else []
        if rest:
            _, found, left = command.resolve_command(context, rest)
            assert found is not None
            parse(found, left)


def test_every_option_has_a_sentence():
    for words, command in COMMANDS.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert (parameter.help or "").endswith("."), (words, parameter.name)


@pytest.mark.parametrize("name", commands.list_commands(click.Context(commands)))
def test_the_help_of_a_command_loads_nothing_of_what_it_does(name: str):
    told, modules = loaded(name, "--help")
    assert "Examples:" in told
    assert modules.isdisjoint(HEAVY)


def told(*words: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", TERMINAL, HUBBUB, *words],
        capture_output=True, text=True, check=True, env=os.environ | {"TERM": "xterm-256color"} | environ,
    )  # fmt: skip
    return done.stdout


TERMINAL = "import pty, sys; pty.spawn(sys.argv[1:])"


def test_colour_is_for_terminals_and_for_those_who_want_it():
    assert "\x1b[" in told("--help")
    assert "\x1b[" not in told("--help", NO_COLOR="1")
    assert (
        "\x1b[" not in subprocess.run([HUBBUB, "--help"], capture_output=True, text=True, check=True).stdout
    )


def test_a_command_that_is_not_there():
    found = CliRunner().invoke(commands, ["statsu"])
    assert found.exit_code == 2
    assert 'did you mean "status"?' in found.output


def test_versions_for_people_and_programs():
    shown = CliRunner().invoke(commands, ["version"]).output
    found = json.loads(CliRunner().invoke(commands, ["version", "--json"]).output)
    assert shown.startswith(f"hubbub {found['hubbub']}\nPython {found['python']}")
    assert found["protocols"].keys() == protocols().keys()
    assert found["libraries"].keys() > {"click", "pydantic", "rich"}
    for name, number in found["libraries"].items():
        assert re.search(rf"^  {name} +{re.escape(number)}$", shown, re.MULTILINE)


def test_the_schema_is_that_of_check(tmp_path: Path):
    file = str(tmp_path / "bridge.yaml")
    ours, checks = (
        CliRunner().invoke(commands, [*words, file]) for words in (["schema"], ["check", "--schema"])
    )
    assert ours.output == checks.output
    assert json.loads(ours.output)["title"] == "bridge.yaml"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_completion(shell: str):
    done = subprocess.run([HUBBUB, "completion", shell], capture_output=True, text=True, check=True)
    assert f"_HUBBUB_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("hubbub st", ["status"]),
        ("hubbub db ", ["backup", "check", "restore"]),
        ("hubbub catch-up ", ["a", "b", "c"]),
        ("hubbub catch-up b ", ["lobby@muc.example.org"]),
        ("hubbub undelivered retry --room #", ["'#lobby'", "'#lobby:example.org'"]),
        ("hubbub tail --room '#lobby:", ["#lobby:example.org"]),
        ("hubbub unmute --conversation l", ["lobby"]),
        ("hubbub tail --network c --room ", ["'#lobby:example.org'"]),
        ("hubbub unmute ", []),
    ],
)
def test_a_shell_completes_names_of_the_map(tmp_path: Path, line: str, completed: list[str]):
    """Bash itself runs what `hubbub completion bash` prints, and asks it."""
    (tmp_path / "bridge.yaml").write_text(MAP)
    words = line.split(" ")
    script = (
        f'export PATH={shlex.quote(str(Path(HUBBUB).parent))}:$PATH; eval "$(hubbub completion bash)"\n'
        f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}\n"
        '_hubbub_completion hubbub; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={key: value for key, value in os.environ.items() if key != "HUBBUB_CONFIG"},
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr) == (completed, "")
