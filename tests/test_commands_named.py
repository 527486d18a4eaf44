"""A command that an error, a docstring or a page names is there."""

import re
from pathlib import Path

import click

from bridge.cli import commands

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`hubbub ([a-z][a-z -]*)")
"""What stands between the sign and an option, an argument or the end."""
FILES = sorted(
    path
    for pattern in ("bridge/**/*.py", "adapters/**/*.py", "docs/*.md", "*.md")
    for path in ROOT.glob(pattern)
)


def missing(words: list[str]) -> str:
    """Return the first word that is no command, of those that have to be one; empty: all are."""
    command: click.Command = commands
    context = click.Context(commands)
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-"):
            return ""
        found = command.get_command(context, word)
        if found is None:
            return word
        command = found
    return ""


def test_every_command_that_is_named_is_there() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in FILES
        for match in NAMED.finditer(path.read_text())
        if missing(match[1].split())
    ]
    assert wrong == []


def test_what_is_missing_is_seen() -> None:
    assert missing(["archive", "verify"]) == "verify"
    assert missing(["evidence", "verify", "bundle"]) == ""
