"""Talk between two, as the adapter has to do with it: over one connection after the other."""

import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from typing import TYPE_CHECKING

from adapters.matrix.client.account import Account
from adapters.matrix.client.api import Asserted, MatrixClient
from adapters.matrix.files.content import Uploaded
from adapters.matrix.preflight import tell_ping
from adapters.matrix.session import Session
from bridge import Command, ConnectionLost, Emit, Part, RoomId, Speaker, UserId, Whisper

from .pairs import private_id
from .private import DirectRooms
from .puppets import Puppets
from .registration import AppService
from .transactions import Transactions

if TYPE_CHECKING:
    from adapters.matrix.rooms.rooms import Rooms

__all__ = ["DirectTalk"]


class DirectTalk:
    """All of one network whose homeserver tells us what happens."""

    def __init__(self, listen: str, service: AppService, puppets: Puppets, session: Session) -> None:
        self._service = service
        self._puppets = puppets
        self._session = session
        self._transactions = Transactions(listen, service.secret)
        self._rooms: DirectRooms | None = None

    @contextlib.asynccontextmanager
    async def open(
        self, account: Account, emit: Emit, rooms: "Rooms", served: Callable[[], Collection[RoomId]]
    ) -> AsyncIterator[None]:
        """Hear what people write to somebody from elsewhere alone while in this context. Raises
        ConnectionLost when the port cannot be used.
        """
        itself, bot = MatrixClient(account, Asserted(self._service.token)), MatrixClient(account)
        direct = DirectRooms(self._service, self._puppets, self._session, itself, bot, emit, served)
        direct.lost, direct.again, direct.spawn = rooms.lost, rooms.again, rooms.spawn
        self._transactions.hear, self._transactions.knows = direct.hear, direct.knows
        async with self._transactions.open():
            self._rooms = rooms.private = direct
            rooms.spawn(tell_ping(itself, self._service))
            try:
                yield
            finally:
                self._rooms = rooms.private = None

    def room(self, person: UserId, speaker: Speaker) -> RoomId | None:
        """Return the room of two; None: they can have none."""
        if self._session.key_of(person) is not None or not self._puppets.can_be(speaker.key):
            return None
        self._puppets.names[speaker.key] = speaker.name
        return private_id(person, speaker.key)

    def whisper(self, command: Whisper) -> None:
        """Tell somebody something alone, soon or never."""
        if self._rooms is not None:
            self._rooms.spawn(self._rooms.whisper(command))

    async def perform(self, wire: str, command: Command, uploaded: Uploaded | None) -> Part | None:
        """Do what a command for a room of two says. Raises AdapterErrors."""
        return await self._here().perform(command.room, wire, command, uploaded)

    async def reader(self, room: RoomId) -> MatrixClient:
        """Return whoever can look into a room of two. Raises AdapterErrors."""
        return (await self._here().voice(room)).client

    def _here(self) -> DirectRooms:
        if self._rooms is None:
            raise ConnectionLost("not connected")
        return self._rooms
