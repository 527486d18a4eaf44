"""The command line: a service, and what its owner asks of it."""

import importlib
import io
import logging
import sys
from keyword import iskeyword

import click

from bridge.errors import ConfigError, HubbubError

from .log import quietly

__all__ = ["EX_CONFIG", "main"]

EX_CONFIG = 78
"""The configuration has mistakes (the name is that of sysexits.h)."""


_COMMANDS = {
    "capabilities": "Print what each kind of network can do, and what is shown there of the rest.",
    "catch-up": "Relay what was missed in a ROOM of a NETWORK.",
    "check": "Say everything that is wrong with the configuration FILE (bridge.yaml, or $HUBBUB_CONFIG).",
    "db": "Check the journal, back it up, restore it.",
    "demo": "Try Hubbub: start private servers for FILE's networks, and let people talk across them.",
    "generate-registration": "Write the file by which NETWORK's server lets people be there as themselves.",
    "import": "Write a bridge.yaml from FILE, another bridge's configuration.",
    "login": "Log in to NETWORK and keep the session beside the journal.",
    "muted": "List who is not heard in a conversation, since moderators of one room wanted that.",
    "new-adapter": "Write a package with an adapter for the protocol NAME, which runs and has its tests.",
    "reload": "Let the running service read FILE again.",
    "run": "Relay what the configuration FILE joins (bridge.yaml, or $HUBBUB_CONFIG), until stopped.",
    "settings": "Print every key of the configuration, with its default.",
    "status": "Say how the running service stands, and what is wrong with it.",
    "undelivered": "List what was given up, or send it again.",
    "unmute": "Let WHO be heard again whom moderators have muted.",
}


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hubbub")
def commands() -> None:
    """Hubbub joins chat networks: a room here and a room there become one conversation."""


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
        commands()
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(EX_CONFIG)
    except HubbubError as error:
        click.echo(f"hubbub: {error}", err=True)
        sys.exit(1)
