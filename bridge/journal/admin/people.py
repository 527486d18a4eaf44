"""What a journal has of people, for themselves."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec

from bridge.journal import codec
from bridge.journal.beside import PRIVATE_ROOM
from bridge.model import Sender

from .inspect import looking_into

__all__ = ["acts_of"]


def acts_of(path: Path, people: Collection[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield what these people did, each a network and an id, in order: what the journal still knows of it,
    and nothing of talks of two. Raises JournalError.
    """
    networks = {network for network, _ in people}
    with looking_into(path) as database:
        rooms = {
            number: (network, room)
            for number, network, room in database.execute(
                "SELECT number, room.network, room FROM room LEFT JOIN note "
                "ON note.kind = ? AND note.network = room.network AND note.key = room "
                "WHERE note.key IS NULL",
                (PRIVATE_ROOM,),
            )
            if network in networks
        }
        for seq, room, at, kind, body in database.execute(
            "SELECT seq, room, taken_at, type, body FROM event WHERE body IS NOT NULL ORDER BY seq"
        ):
            if room not in rooms:
                continue
            network, name = rooms[room]
            sender = codec.sender(kind, body)
            if any((network, known) in people for known in _known(sender)):
                event = codec.event(kind, body)
                told = msgspec.to_builtins(event) if event is not None else None
                yield {"number": seq, "network": network, "room": name, "at": at, "event": told}


def _known(sender: Sender) -> tuple[str, ...]:
    return (sender.id, sender.proof)
