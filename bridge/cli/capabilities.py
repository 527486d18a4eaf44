"""`hubbub capabilities`: what crosses to which network."""

import click

__all__ = ["capabilities"]


@click.command()
def capabilities() -> None:
    """Print what each kind of network can do.

    And what is shown there of the rest, as a page in Markdown, from the records that Hubbub itself goes by.

    \b
    Examples:
      hubbub capabilities
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.protocols import protocols

    from .capabilities_page import page

    records = {name: record for adapter in protocols().values() for name, record in adapter.records().items()}
    click.echo(page(records), nl=False)
