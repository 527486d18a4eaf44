"""What the owner's commands have in common: finding the journal, and saying when."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from bridge.config import locate_journal

__all__ = ["config_argument", "config_file", "journal_argument", "journal_option", "when"]

_F = TypeVar("_F", bound=Callable[..., object])


def config_file() -> Path:
    """The configuration where none is named."""
    return Path(os.environ.get("HUBBUB_CONFIG", "bridge.yaml"))


config_argument = click.argument("file", default=config_file, type=click.Path(path_type=Path))


def journal_option(command: _F) -> _F:
    """`--journal PATH`, for where the configuration is not at hand."""
    option = click.option(
        "--journal", type=click.Path(path_type=Path), help="The journal itself, instead of FILE."
    )
    return option(command)


def journal_argument(file: Path | None, journal: Path | None) -> Path:
    """The journal that is meant."""
    if journal is not None and file is not None:
        raise click.UsageError("name either FILE or --journal")
    return journal if journal is not None else locate_journal(file or config_file())


def when(at: float) -> str:
    """A time for people, as the log shows it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
