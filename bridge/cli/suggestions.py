"""What a shell suggests besides commands and options: names of the map, or of the running service."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from bridge.errors import HubbubError

from .words import config_file

__all__ = ["conversations", "muted_people", "networks", "rooms"]


def networks(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Complete a network of the map."""
    return _fitting((name for rooms in _outline(context).values() for name in rooms), begun)


def rooms(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Complete a room of the map: of the network that is named before it, else of any."""
    network = context.params.get("network")
    found = (
        room
        for by_network in _outline(context).values()
        for name, some in by_network.items()
        if not network or network == name
        for room in some
    )
    return _fitting(found, begun)


def conversations(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Complete a conversation of the map."""
    return _fitting(iter(_outline(context)), begun)


def muted_people(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Complete somebody who is muted, as the running service says."""
    from bridge.config import locate_journal
    from bridge.control import ask

    try:
        answer = ask(locate_journal(_file(context)), {"command": "muted"}, patience=1.0)
    except HubbubError:
        return []
    return _fitting((f"{one['network']}/{one['user']}" for one in answer.get("muted", ())), begun)


def _file(context: click.Context) -> Path:
    return Path(context.params.get("file") or config_file())


def _outline(context: click.Context) -> dict[str, dict[str, list[str]]]:
    from bridge.config import outline

    try:
        return outline(_file(context))
    except HubbubError:
        return {}  # a shell shows nothing: whoever runs the command is told why


def _fitting(found: Iterator[str], begun: str) -> list[str]:
    names = [name for name in dict.fromkeys(found) if name.startswith(begun)]
    return [shlex.quote(name) for name in names] if _is_typed_as_it_is() else names


def _is_typed_as_it_is() -> bool:
    """Whether the shell puts what we suggest into the line as it is: bash does, where no quote is open, and
    would take `#lobby` for a comment.
    """
    if os.environ.get("_HUBBUB_COMPLETE") != "bash_complete":
        return False
    words = os.environ.get("COMP_WORDS", "").split("\n")
    return not words[-1].startswith(("'", '"'))
