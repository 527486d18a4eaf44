"""`hubbub settings`: every key of bridge.yaml."""

import click

__all__ = ["settings"]


@click.command()
def settings() -> None:
    """Print every key that FILE may have.

    With its default, as a page in Markdown, from what Hubbub checks the file with; `hubbub schema` says the
    same to editors.

    \b
    Examples:
      hubbub settings | less
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    from bridge.protocols import protocols

    from .settings_page import page

    click.echo(page(protocols()), nl=False)
