"""Which rooms of the map a command means."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from .suggestions import conversations, networks, rooms

__all__ = ["room_options"]

_Command = Callable[..., None]


def room_options(command: _Command) -> _Command:
    """`--conversation`, `--network` and `--room`: which rooms are meant, given to the command as `where`."""

    @wraps(command)
    def collected(*, conversation: str | None, network: str | None, room: str | None, **others: Any) -> None:
        where = {"conversation": conversation or "", "network": network or "", "room": room or ""}
        command(where=where, **others)

    for option in (
        click.option("--room", shell_complete=rooms, help="The room of this name or address."),
        click.option("--network", shell_complete=networks, help="Rooms of this network."),
        click.option("--conversation", "-c", shell_complete=conversations, help="Rooms of this one."),
    ):
        collected = option(collected)
    return collected
