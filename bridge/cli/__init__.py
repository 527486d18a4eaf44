"""The command line: a service, and what its owner asks of it."""

import importlib
import io
import logging
import sys

import click

from bridge.errors import ConfigError, HubbubError

from .log import quietly

__all__ = ["EX_CONFIG", "main"]

EX_CONFIG = 78
"""The configuration has mistakes (the name is that of sysexits.h)."""


class _Commands(click.Group):
    """One module per command, imported when it is asked for: the service needs nothing of the demo's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [
            *("capabilities", "catch-up", "check", "db", "demo", "login"),
            *("reload", "run", "settings", "undelivered"),
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"{__name__}.{name}"), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hubbub")
def commands() -> None:
    """Hubbub joins chat networks: a room here and a room there become one conversation."""


def main() -> None:
    """The entry point. Exit codes: 0 all is well, 1 it is not, 2 wrong usage, 78 wrong configuration."""
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
