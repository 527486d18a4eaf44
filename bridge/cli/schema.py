"""`hubbub schema`: what an editor needs to know of bridge.yaml."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.errors import ConfigError

from .words import config_argument, print_json

if TYPE_CHECKING:
    from bridge.config import AdapterClass

__all__ = ["schema", "schema_of"]


@click.command()
@config_argument
def schema(file: Path) -> None:
    """Print a JSON Schema of bridge.yaml, for editors.

    Of every protocol that is installed, and of those that FILE names besides. An editor that knows YAML
    (yaml-language-server and what uses it) then completes keys, explains them and marks mistakes, where the
    first line of bridge.yaml says where the schema is.

    \b
    Examples:
      hubbub schema > bridge.schema.json
      sed -i '1i # yaml-language-server: $schema=bridge.schema.json' bridge.yaml
    """  # noqa: D301 - the sign is click's, for lines that stay as they are
    print_json(schema_of(file))


def schema_of(file: Path) -> dict[str, Any]:
    """Return the schema for a file: of all protocols that are installed, and of those that it names."""
    from bridge.config import load
    from bridge.config import schema as made
    from bridge.protocols import find, protocols

    named: dict[str, AdapterClass] = {}

    def noting(protocol: str) -> "AdapterClass":
        named[protocol] = find(protocol)
        return named[protocol]

    with contextlib.suppress(ConfigError):
        load(file, noting)
    return made(protocols() | named)
