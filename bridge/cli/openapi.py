"""`hubbub openapi`: the HTTP API, described for programs that make clients of it."""

import click
import msgspec

from bridge.control.openapi import document

__all__ = ["openapi", "page"]


@click.command()
def openapi() -> None:
    """Print the description of the HTTP API (OpenAPI 3.1).

    The running service gives the same at /api/openapi.json, where `web:` in the map says.
    """
    click.echo(page(), nl=False)


def page() -> str:
    """Return the description as JSON."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n"
