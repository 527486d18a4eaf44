"""`hubbub generate-registration`: a file by which a server knows us."""

import os
from pathlib import Path

import click

from bridge.errors import HubbubError

from .suggestions import networks
from .words import config_argument

__all__ = ["generate_registration"]


@click.command()
@click.argument("network", shell_complete=networks)
@config_argument
def generate_registration(network: str, file: Path) -> None:
    """Write the file by which NETWORK's server knows us.

    It lets people from elsewhere be there as themselves, who else are named by the bridge.
    It is the one that `registration` names, or NETWORK-registration.yaml here. One that is there stays.

    \b
    Examples:
      hubbub generate-registration home

    Exit codes: 0 it is written, 1 it is not, 2 wrong usage, 78 the file has mistakes.
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.config import load
    from bridge.protocols import find
    from bridge.registration import Registered

    from .online import adapter_of

    config = load(file, find)
    if network not in config.networks:
        raise click.BadParameter(f"{file} has no network {network}", param_hint="NETWORK")
    adapter = adapter_of(config, network)
    if not isinstance(adapter, Registered):
        raise HubbubError(f"{network} needs no registration: its servers take none")
    made = adapter.registration()
    _write(made.file, made.text)
    click.echo(f"{made.file} is written.\n\n{made.advice}")


def _write(path: Path, text: str) -> None:
    """Write a secret for its owner alone, where nothing is yet."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise HubbubError(
            f"{path} is there already, and the server may know it: take it away first to make a new one"
        ) from None
    except OSError as error:
        raise HubbubError(f"{path} cannot be written: {error.strerror}") from None
