"""Where the journal is, and which protocols are meant, by a configuration that need not be complete.

An owner's commands look into the journal from a shell that has none of the service's secrets.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from bridge.errors import ConfigError

from .archive import Archive
from .document import Data, Document
from .fill import expand
from .loading import read_text
from .models import TopBlock
from .yaml import compose

__all__ = ["locate_archive", "locate_journal", "outline", "sketch"]


def locate_journal(path: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the journal that a configuration names. Raises ConfigError if it cannot be told."""
    document, text = Document(path), read_text(path)
    compose(text, document)
    if not document.whole and (found := _beside(path, text, environ)) is not None:
        return found
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


def locate_archive(path: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the archive that a configuration names, or has beside its journal. Raises
    ConfigError if it cannot be told.
    """
    journal = locate_journal(path, environ)
    document = Document(path)
    compose(read_text(path), document)
    named = None
    if document.whole and isinstance(document.data, dict):
        archive = document.data.get("archive")
        named = archive.get("file") if isinstance(archive, dict) else None
    if named is not None:
        document.problems = {}
        document.data = {"archive": {"file": named}}
        expand(document, environ)
        named = document.at(("archive", "file"))
        if document.problems or not isinstance(named, str) or not named:
            if not document.problems:
                document.problem(("archive", "file"), "must name a file")
            raise ConfigError(document.report())
    found = Archive(file=Path(named) if named else None).located(path.parent, journal).file
    assert found is not None
    return found


def _beside(path: Path, text: str, environ: Mapping[str, str]) -> Path | None:
    """Return the journal of a file that is no YAML, as somebody's last edit may have left it: by its line
    alone, and if it is there. Else nobody could ask how the service stands that does not follow that edit.
    """
    document = Document(path)
    compose(
        "\n".join(["_: _", *(line for line in text.splitlines() if line.startswith("journal:"))]), document
    )
    expand(document, environ)
    named = document.at(("journal",)) or str(TopBlock.model_fields["journal"].default)
    if document.problems or not isinstance(named, str) or not Path(named).name:
        return None
    found = path.parent / Path(named).expanduser()
    return found if found.is_file() else None


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
