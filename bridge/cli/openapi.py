"""`hubbub openapi`: the HTTP API, described for programs that make clients of it."""

import click

__all__ = ["openapi", "page"]


@click.command()
def openapi() -> None:
    """Print the description of the HTTP API.

    It is OpenAPI 3.1. The running service gives the same at /api/openapi.json, where `web:` in the map says.

    \b
    Examples:
      hubbub openapi > openapi.json
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    click.echo(page(), nl=False)


def page() -> str:
    """Return the description as JSON."""
    import msgspec  # here: nobody who asks for help waits for it

    from bridge.control.openapi import document

    return msgspec.json.format(msgspec.json.encode(document()), indent=2).decode() + "\n"
