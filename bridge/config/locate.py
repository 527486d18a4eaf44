"""Where the journal is, and which protocols are meant, by a configuration that need not be complete.

An owner's commands look into the journal from a shell that has none of the service's secrets.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bridge.errors import ConfigError

from .document import Data, Document
from .fill import expand
from .loading import read_text
from .models import TopBlock
from .yaml import compose

__all__ = ["locate_journal", "outline", "sketch"]


def locate_journal(path: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the journal that a configuration names. Raises ConfigError if it cannot be told."""
    document = Document(path)
    compose(read_text(path), document)
    if document.whole:
        # A mistake anywhere else is for who reads the rest.
        document.problems = {one: None for one in document.problems if one.spot[:1] in ((), ("journal",))}
        whole = document.data if isinstance(document.data, dict) else {}
        document.data = {"journal": whole.get("journal", str(TopBlock.model_fields["journal"].default))}
        expand(document, environ)
        named = document.at(("journal",))
        if isinstance(named, str) and Path(named).name and not document.problems:
            return path.parent / Path(named).expanduser()
        if not document.problems:
            document.problem(("journal",), "must name a file")
    raise ConfigError(document.report())


def outline(path: Path) -> dict[str, dict[str, list[str]]]:
    """Return each conversation with the rooms of each network in it, as they stand in the file. Raises
    ConfigError if nothing can be read.
    """
    document = Document(path)
    compose(read_text(path), document)
    networks, conversations = document.at(("networks",)), document.at(("conversations",))
    if not isinstance(networks, dict) or not isinstance(conversations, dict):
        return {}
    return {
        title: {name: list(_rooms(block.get(name))) for name in networks}
        for title, block in conversations.items()
        if isinstance(block, dict)
    }


def _rooms(value: Data) -> Iterator[str]:
    for entry in value if isinstance(value, list) else [value]:
        room = entry.get("room") if isinstance(entry, dict) else entry
        if isinstance(room, str):
            yield room


def sketch(path: Path) -> dict[str, str]:
    """Return the protocol of each network, where one stands. Raises ConfigError if nothing can be read."""
    document = Document(path)
    compose(read_text(path), document)
    networks = document.at(("networks",))
    blocks = networks.items() if isinstance(networks, dict) else ()
    found = {name: block.get("protocol") for name, block in blocks if isinstance(block, dict)}
    return {name: protocol for name, protocol in found.items() if isinstance(protocol, str)}
