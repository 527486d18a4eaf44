"""Finds the archive's file for its commands, and reads times."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from .words import config_file

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.config import Archive

__all__ = ["TIME", "Where", "archive_option", "where"]

_F = TypeVar("_F", bound=Callable[..., object])


class Where(NamedTuple):
    """Where an archive is, and what its owner says of it."""

    archive: Path
    journal: Path | None
    """Beside which a service may listen; None: nobody knows."""
    settings: "Archive | None"


def archive_option(command: _F) -> _F:
    """`--archive PATH`, for where the configuration is not at hand."""
    about = "The archive itself, instead of FILE."
    return click.option("--archive", type=click.Path(path_type=Path), help=about)(command)


def where(file: Path | None, archive: Path | None) -> Where:
    """Return which archive is meant. Raises ConfigError."""
    if archive is not None and file is not None:
        raise click.UsageError("name either FILE or --archive")
    if archive is not None:
        return Where(archive, None, None)
    from bridge.config import load
    from bridge.protocols import find

    config = load(file or config_file(), find)
    found = config.archive.located(config.journal.parent, config.journal)
    assert found.file is not None
    return Where(found.file, config.journal, config.archive)


class _Time(click.ParamType[tuple[float, float]]):
    """A time as people write it, in seconds since 1970: when it begins and when it ends."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        from bridge.archive.search.dates import read_times
        from bridge.clock import SYSTEM

        found = read_times(str(value), SYSTEM.now(), None)
        if found is None:
            self.fail(
                f"{value!r} is no time: write 2026-03, 2026-03-14, 2026-03-14T15:30, yesterday or 7d",
                param,
                ctx,
            )
        return found


TIME = _Time()
