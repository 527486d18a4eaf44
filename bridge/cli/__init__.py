"""The command line: `hubbub run`, `hubbub check`, `hubbub demo`."""

import logging
import sys

import click

from bridge.errors import ConfigError, HubbubError

from .check import check
from .demo import demo
from .run import run

__all__ = ["EX_CONFIG", "main"]

EX_CONFIG = 78
"""The configuration has mistakes (the name is that of sysexits.h)."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hubbub")
def commands() -> None:
    """Hubbub joins chat networks: a room here and a room there become one conversation."""


for command in (run, check, demo):
    commands.add_command(command)


def main() -> None:
    """The entry point. Exit codes: 0 all is well, 1 it is not, 2 wrong usage, 78 wrong configuration."""
    logging.captureWarnings(capture=True)
    try:
        commands()
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(EX_CONFIG)
    except HubbubError as error:
        click.echo(f"hubbub: {error}", err=True)
        sys.exit(1)
