"""`hubbub login`: a session that the service goes on with."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.errors import HubbubError, RateLimited

from .suggestions import networks
from .words import config_argument

if TYPE_CHECKING:  # what `--help` need not wait for
    from bridge.config import Config

__all__ = ["login"]


@click.command()
@click.argument("network", shell_complete=networks)
@config_argument
def login(network: str, file: Path) -> None:
    """Log in to NETWORK and keep the session.

    It is kept beside the journal. The service, and `hubbub check --online`, use it and log in no
    more. One that is kept and still valid stays. Where the network asks for patience it is waited.

    \b
    Examples:
      hubbub login home
      hubbub login home /etc/hubbub/bridge.yaml

    Exit codes: 0 there is a session, 1 the network gives none, 2 wrong usage, 78 the file has mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.config import load
    from bridge.protocols import find

    config = load(file, find)
    if network not in config.networks:
        raise click.BadParameter(f"{file} has no network {network}", param_hint="NETWORK")
    asyncio.run(_log_in(config, network))


async def _log_in(config: "Config", name: str) -> None:
    from .online import adapter_of

    adapter = adapter_of(config, name)
    keepsake = adapter.keepsake
    assert keepsake is not None
    if not keepsake.ours:
        raise HubbubError(f"{keepsake.path} is not yours to write: run this as the service's user")
    while True:
        try:
            await adapter.look({})
            break
        except RateLimited as error:
            click.echo(f"{error}; waiting", err=True)
            await asyncio.sleep(error.retry_after)
    if keepsake.read() is None:
        click.echo(f"{name} lets us in. It needs no session: there is nothing to keep.")
    else:
        click.echo(f"{name} lets us in. The session is kept in {keepsake.path}")
