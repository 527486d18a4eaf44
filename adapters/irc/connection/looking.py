"""Looks at rooms for who is away, and who is there."""

import asyncio
from typing import TYPE_CHECKING

from adapters.irc.wire.line import line

if TYPE_CHECKING:
    from .connection import IrcConnection

__all__ = ["look_round"]

_GLANCE = 0.5


async def look_round(connection: "IrcConnection") -> None:
    """Ask for the rooms where somebody wants to know that, as long as the connection lasts."""
    absence, channels = connection.session.absence, connection.dispatcher.channels
    while True:
        await asyncio.sleep(_GLANCE)
        for room in absence.due(channels.places.values(), connection.now()):
            await connection.polite(line("WHO", room))
