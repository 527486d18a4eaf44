"""`hubbub run`: the service."""

from pathlib import Path

import click

from .words import config_argument

__all__ = ["run"]


@click.command()
@config_argument
@click.option(
    "--verbose", "-v", count=True, help="Tell the way of every message; -vv: also what libraries say."
)
def run(file: Path, *, verbose: int) -> None:
    """Relay what FILE joins, until stopped.

    SIGTERM and SIGINT stop it politely, SIGHUP reads FILE again. The log goes to stderr.

    \b
    Examples:
      hubbub run
      hubbub run -v /etc/hubbub/bridge.yaml
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from .service import serve

    serve(file, verbose)
