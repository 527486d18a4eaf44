"""The command line: a service, and what its owner asks of it."""

import importlib
import io
import logging
import os
import sys
from keyword import iskeyword

import click

from bridge.config.words import closest, quoted
from bridge.errors import ConfigError, HubbubError

from .help import Formatter
from .log import quietly

__all__ = ["EX_CONFIG", "GROUPS", "commands", "main"]

EX_CONFIG = 78
"""The configuration has mistakes (the name is that of sysexits.h)."""


GROUPS = {
    "Start": {
        "demo": "Try Hubbub on private servers.",
        "init": "Ask, try each login, and write FILE.",
        "import": "Move in from another bridge: write bridge.yaml.",
        "generate-registration": "Write the file by which NETWORK's server knows us.",
        "login": "Log in to NETWORK and keep the session.",
        "run": "Relay what FILE joins, until stopped.",
    },
    "Look": {
        "check": "Say everything that is wrong with FILE.",
        "archive": "Say what is archived, file it, hold it.",
        "desk": "Figures of a desk, and what staffing it asks for.",
        "rooms": "List the rooms of the map, and how each stands.",
        "search": "Find what was said in the archive.",
        "status": "Say how the running service stands.",
        "tail": "Show what people say, live.",
        "transcript": "Write down what was said in CONVERSATION.",
        "undelivered": "List what was given up, or send it again.",
        "muted": "List who is not heard, and since when.",
        "evidence": "Show that the archive is as it was recorded.",
    },
    "Change": {
        "announce": "Tell the subscribers of LIST what TEXT says.",
        "log-level": "Let the running service log more, or less.",
        "reload": "Let the running service read FILE again.",
        "send": "Say TEXT as the bridge.",
        "unmute": "Let WHO be heard again whom moderators have muted.",
    },
    "People": {
        "subscribers": "Show who subscribes to LIST, and how they said so.",
        "person": "What there is of one person, on all networks.",
    },
    "Mend": {
        "catch-up": "Relay what was missed in a ROOM of a NETWORK.",
        "doctor": "Look at all that FILE needs, and say what to do.",
        "db": "Check the journal, back it up, restore it.",
    },
    "Know more": {
        "capabilities": "Print what each kind of network can do.",
        "completion": "Print what lets a shell complete commands.",
        "metrics": "Print every metric that a service exports.",
        "new-adapter": "Write a package with an adapter for a protocol.",
        "openapi": "Print the description of the HTTP API.",
        "schema": "Print a JSON Schema of bridge.yaml, for editors.",
        "settings": "Print every key that FILE may have.",
        "version": "Print versions, and which protocols there are.",
    },
}
"""What there is, by what an owner does."""
_COMMANDS = {name: about for group in GROUPS.values() for name, about in group.items()}


class _Commands(click.Group):
    """One module per command, imported when it is asked for: neither the list of all of them nor the service
    needs the demo's.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_") + "_" * iskeyword(cmd_name)
        command: click.Command = getattr(importlib.import_module(f"{__name__}.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _COMMANDS and (close := closest(args[0], _COMMANDS)):
            ctx.fail(f"there is no command {quoted(args[0])}; did you mean {quoted(close)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, _COMMANDS))
        for title, found in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", about) for name, about in found.items()])


click.Context.formatter_class = Formatter


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`hubbub COMMAND --help` has examples.",
)
@click.version_option(package_name="hubbub")
def commands() -> None:
    """Hubbub joins chat networks: a room here and a room there become one conversation.

    FILE is the configuration: bridge.yaml, or $HUBBUB_CONFIG, where none is named.

    \b
    Examples:
      hubbub demo
      hubbub init
      hubbub run
      hubbub status
    """  # noqa: D301 - the sign is click's, for lines that stay as they are


def main() -> None:
    """Run a command. Exit codes: 0 all is well, 1 it is not, 2 wrong usage, 78 wrong configuration; `status`
    has one of its own.
    """
    logging.captureWarnings(capture=True)
    quietly()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What people said may hold what the owner's terminal cannot show.
            stream.reconfigure(errors="backslashreplace")
    try:
        commands(color=False if os.environ.get("NO_COLOR") else None)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(EX_CONFIG)
    except HubbubError as error:
        click.echo(f"hubbub: {error}", err=True)
        sys.exit(1)
