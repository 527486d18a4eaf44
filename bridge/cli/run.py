"""`hubbub run`: the service."""

import signal
from pathlib import Path

import click

from .log import LogForm
from .words import config_argument

__all__ = ["run"]


@click.command()
@config_argument
@click.option(
    "--verbose", "-v", count=True, help="Tell the way of every message; -vv: also what libraries say."
)
@click.option(
    "--log",
    "form",
    type=click.Choice([*LogForm], case_sensitive=False),
    envvar="HUBBUB_LOG",
    help="What the log looks like; without it: text on a terminal, journald under systemd, else json.",
)
def run(file: Path, *, verbose: int, form: str | None) -> None:
    """Relay what FILE joins, until stopped.

    SIGTERM and SIGINT stop it politely, SIGHUP reads FILE again. The log goes to stderr.

    \b
    Examples:
      hubbub run
      hubbub run -v /etc/hubbub/bridge.yaml
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    asked: list[int] = []  # while all is loaded, which takes a while: by itself the signal would end us
    signal.signal(signal.SIGHUP, lambda number, _: asked.append(number))
    from .service import serve

    serve(file, verbose, LogForm(form) if form else None, asked)
