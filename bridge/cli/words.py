"""What the owner's commands have in common: finding the journal, and saying when."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.config.words import printable

__all__ = [
    "archive_argument",
    "archive_option",
    "config_argument",
    "config_file",
    "journal_argument",
    "journal_option",
    "json_option",
    "place_of",
    "print_json",
    "verdict",
    "when",
    "wrapped",
]

_ROOMS = 3
"""So many rooms with the same trouble are named."""
_F = TypeVar("_F", bound=Callable[..., object])


def config_file() -> Path:
    """Return the path of the configuration where none is named."""
    return Path(os.environ.get("HUBBUB_CONFIG", "bridge.yaml"))


config_argument = click.argument("file", default=config_file, type=click.Path(path_type=Path))


def journal_option(command: _F) -> _F:
    """`--journal PATH`, for where the configuration is not at hand."""
    option = click.option(
        "--journal", type=click.Path(path_type=Path), help="The journal itself, instead of FILE."
    )
    return option(command)


json_option = click.option("--json", "as_json", is_flag=True, help="All of it as JSON, for machines.")


def journal_argument(file: Path | None, journal: Path | None) -> Path:
    """Return the path of the journal that is meant."""
    if journal is not None and file is not None:
        raise click.UsageError("name either FILE or --journal")
    if journal is not None:
        return journal
    from bridge.config import locate_journal  # here: nobody who asks for help waits for it

    return locate_journal(file or config_file())


def archive_option(command: _F) -> _F:
    """`--archive PATH`, for where the configuration is not at hand."""
    option = click.option(
        "--archive", type=click.Path(path_type=Path), help="The archive itself, instead of FILE."
    )
    return option(command)


def archive_argument(file: Path | None, archive: Path | None) -> Path:
    """Return the path of the archive that is meant."""
    if archive is not None and file is not None:
        raise click.UsageError("name either FILE or --archive")
    if archive is not None:
        return archive
    from bridge.config import locate_archive  # here: nobody who asks for help waits for it

    return locate_archive(file or config_file())


def print_json(found: object) -> None:
    """Print what `--json` asks for."""
    import json  # here: nobody who asks for help waits for it

    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


def when(at: float) -> str:
    """Return a time for people, as the log shows it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def verdict(wrong: int) -> tuple[str, str]:
    """Say how many things are wrong, and in which style."""
    if not wrong:
        return "all is well", "bold green"
    return "1 thing is wrong" if wrong == 1 else f"{wrong:,} things are wrong", "bold red"


def place_of(trouble: Mapping[str, Any]) -> str:
    """Name the network and its rooms, of many the first, that something is wrong with; empty: it is all."""
    rooms = trouble["rooms"]
    more = f" and {len(rooms) - _ROOMS:,} more" if len(rooms) > _ROOMS else ""
    return printable(f"{trouble['network']} {', '.join(rooms[:_ROOMS])}{more}".strip())


def wrapped(sentence: str, indent: str = "  ") -> str:
    """Wrapped to the terminal's width, if there is one. What `Terminal` stands on would take long to load."""
    if not sys.stdout.isatty():
        return indent + sentence
    width = shutil.get_terminal_size().columns
    return click.wrap_text(sentence, width, initial_indent=indent, subsequent_indent=indent)
