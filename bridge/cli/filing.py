"""What commands about the archive have in common: they ask the service, or do it where none runs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bridge.control import NotRunning, ask

from .archived import TIME
from .words import config_file, journal_argument, journal_option

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.config import Config

__all__ = ["archive_of", "done", "place_options", "times_options"]

_PATIENCE = 600.0
"""Seconds that the service may take: it looks through all of the archive for some of it."""
_F = TypeVar("_F", bound=Callable[..., object])


def place_options(command: _F) -> _F:
    """`--file PATH` and `--journal PATH`, for commands that take other words."""
    option = click.option(
        "--file", type=click.Path(path_type=Path), help="The configuration, where it is not the usual one."
    )
    return option(journal_option(command))


def times_options(command: _F) -> _F:
    """`--since` and `--until`, in local time, as all commands about the archive take them."""
    about = "Said from then on: 2026-11, 2026-11-28, 2026-11-28T14:30, 7d."
    since = click.option("--since", type=TIME, callback=lambda *given: given[2] and given[2][0], help=about)
    about = "Said up to the end of then."
    until = click.option("--until", type=TIME, callback=lambda *given: given[2] and given[2][1], help=about)
    return since(until(command))


def done(
    file: Path | None,
    journal: Path | None,
    command: str,
    **asked: object,
) -> dict[str, Any]:
    """Have something done, and return the answer. Raises HubbubError."""
    request = {"command": command} | {
        name: value for name, value in asked.items() if value is not None and value != ()
    }
    try:
        return ask(journal_argument(file, journal), request, _PATIENCE)
    except NotRunning:
        return _done_here(file, journal, request)


def archive_of(file: Path | None, journal: Path | None) -> "tuple[Path, Config | None]":
    """Return the archive's file, and the configuration, where that was named. Raises HubbubError."""
    from bridge.config import Archive, load
    from bridge.protocols import find

    if journal is not None:
        found, config = Archive().located(journal.parent, journal), None
    else:
        config = load(file or config_file(), find)
        found = config.archive
    assert found.file is not None
    return found.file, config


def _done_here(file: Path | None, journal: Path | None, request: Mapping[str, Any]) -> dict[str, Any]:
    import msgspec

    from bridge.control.filing_alone import do_alone
    from bridge.control.filing_requests import AnyFilingRequest

    archive, config = archive_of(file, journal)
    answer = do_alone(archive, config, msgspec.convert(request, AnyFilingRequest))
    found: dict[str, Any] = msgspec.to_builtins(answer)
    return found
