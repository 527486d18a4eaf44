"""docs/commands.md: every command with its options and examples, made from the commands themselves.

`python -m bridge.cli.commands_page > docs/commands.md` writes it.
"""

import re
import textwrap
from collections.abc import Iterator
from inspect import cleandoc

import click

from . import GROUPS, commands

__all__ = ["page"]

_TITLE = """\
# Commands

Every command, by what an owner does. `hubbub COMMAND --help` says the same; this page is made from it, by
`python -m bridge.cli.commands_page`.

- **FILE** is the configuration: `bridge.yaml`, or `$HUBBUB_CONFIG`, where none is named. From it the commands
  that ask the running service only need to know where the journal is; `--journal PATH` names that itself.
- **Exit codes**: 0 all is well, 1 it is not, 2 wrong usage, 78 the configuration has mistakes. Those that say
  more stand with their commands.
- Colour and progress are for terminals, and lines are wrapped there; `NO_COLOR` takes the colour away. What
  `--json` prints is for programs, and goes on in the same form.
- A shell completes commands, options, networks, rooms and conversations, with `hubbub completion SHELL`.
"""
_WIDTH = 110


def page() -> str:
    """Return the page."""
    return "\n".join([_TITLE, *_sections()])


def _sections() -> Iterator[str]:
    top = click.Context(commands, info_name="hubbub")
    for title, found in GROUPS.items():
        yield f"## {title}\n"
        for name in found:
            command = commands.get_command(top, name)
            assert command is not None
            yield from _command(command, click.Context(command, top, info_name=name))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    depth = "###" if context.parent is not None and context.parent.parent is None else "####"
    yield f"{depth} {context.command_path}\n"
    pieces = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
    yield f"`{context.command_path} {pieces}`\n".replace(" `", "`")
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            yield "\n".join(f"    {line.strip()}" for line in paragraph.splitlines()[2:]) + "\n"
        else:
            yield textwrap.fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"
    options = [
        record
        for parameter in command.params
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context))
    ]
    if options:
        yield "\n".join(f"- **`{words}`**: {_sentence(about)}" for words, about in options) + "\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, click.Context(inner, context, info_name=name))


def _sentence(about: str) -> str:
    """Return what is said of an option, with its default behind it."""
    return re.sub(r"  \[default: (.*)\]$", r" Default: `\1`.", about)


if __name__ == "__main__":
    print(page(), end="")
