"""Matrix for the core: configuration in, events out, commands in, receipts out."""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from bridge import (
    AdapterError,
    AuthenticationFailed,
    Authorship,
    Capabilities,
    Comings,
    Command,
    ConnectionLost,
    Emit,
    File,
    FleetingCommand,
    MarkRead,
    Model,
    Part,
    RateLimited,
    Receipt,
    RegistrationFile,
    RoomId,
    SendMessage,
    SetPresent,
    Settle,
    SetTyping,
    Source,
    Speaker,
    Support,
    TalkEvent,
    Turns,
    Txn,
    UserId,
    Whisper,
    foremost,
    landing,
)

from .capabilities import record
from .client.api import MatrixClient
from .client.errors import Forbidden
from .config import MatrixNetwork, MatrixRoom, room_id
from .facts import RoomFacts
from .files.content import Uploaded
from .files.media import MediaRepository
from .history.history import said_since
from .history.sync import SyncLoop
from .preflight import look_around
from .puppets.direct import DirectTalk
from .puppets.pairs import parted
from .puppets.puppets import Puppets
from .puppets.registration import AppService, new_registration, read_registration
from .rooms.invites import Invites
from .rooms.permissions import verdict
from .rooms.policy_lists import follow as follow_lists
from .rooms.rooms import Rooms
from .sending.commands import Voice, perform
from .sending.hints import Hints
from .sending.sent import find_sent

__all__ = ["MatrixAdapter"]

log = logging.getLogger(__name__)


class MatrixAdapter(RoomFacts):
    """A relay bot with an account of its own."""

    NetworkConfig: ClassVar[type[Model]] = MatrixNetwork
    RoomConfig: ClassVar[type[Model]] = MatrixRoom

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._media = MediaRepository(self._account, self._client, config.homeserver)
        self._hints = Hints(self._client)
        self._comings = Comings(self._move)
        self._service: AppService | None = None
        self._puppets: Puppets | None = None
        self._direct: DirectTalk | None = None
        self._invites: Invites | None = None
        self._group: asyncio.TaskGroup | None = None
        self._open: dict[asyncio.Future[Receipt], Settle] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._turns = Turns()
        self._told_of_limits = False

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        return room_id(text)

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        return {
            "Matrix": record(),
            "Matrix (an application service)": record(authorship=Authorship.PUPPET, whisper=True),
        }

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        limit, fixed, whisper = self._media.limit, self._session.fixed_topics, self._direct is not None
        puppet = speaker is not None and speaker.how is Authorship.PUPPET
        if (pair := parted(room)) is not None:
            theirs = speaker is None or (puppet and speaker.key == pair[1])
            how = Authorship.PUPPET if theirs else Authorship.PREFIX
            return record(limit, authorship=how, whisper=whisper, alone=True)
        topic = Support.PARTIAL if fixed and self._session.wires.get(room) in fixed else Support.FULL
        if self._service is None:
            return record(limit, topic=topic)
        abreast = self.config.order == "person"
        if speaker is None or not puppet:
            return record(limit, topic=topic, authorship=Authorship.PUPPET, abreast=abreast, whisper=whisper)
        if self._service.namespace.user_of(speaker.key) is None:
            return record(limit, topic=topic)
        # a newcomer may set no topic nearly anywhere, and the bridge can
        return record(limit, topic=Support.NO, authorship=Authorship.PUPPET, abreast=abreast)

    def registration(self) -> RegistrationFile:
        own = self.config
        return new_registration(self.network, own.user, own.registration, own.listen)

    async def past(self, room: RoomId, since: float) -> Sequence[TalkEvent]:
        _, wire = self._entered(room)
        return await said_since(await self._reader(room), self._session, wire, room, since)

    def heard(self, room: RoomId) -> float:
        return self._session.heard

    def puppets(self) -> int:
        return self._puppets.count() if self._puppets is not None else 0

    def pictured(self, room: RoomId, key: str) -> None:
        if self._puppets is not None:
            self._puppets.avatars.changed(room, key)

    def source(self, address: str) -> Source:
        return self._media.source(address)

    def private_room(self, room: RoomId, person: UserId, speaker: Speaker) -> RoomId | None:
        return self._direct.room(person, speaker) if self._direct is not None else None

    def hint(self, command: FleetingCommand) -> None:
        if isinstance(command, Whisper):
            if self._direct is not None:
                self._direct.whisper(command)
            return
        wire = self._session.wires.get(command.room)
        if wire is None or self._rooms is None or not self._rooms.is_in(command.room):
            return
        if isinstance(command, SetTyping) and command.speaker is not None:
            voice = self._puppets.inside(wire, command.speaker.key) if self._puppets is not None else None
            if voice is not None:
                self._hints.give(wire, voice.user, command, voice.client)
        elif isinstance(command, SetTyping | MarkRead):
            self._hints.give(wire, self._session.own, command)
        elif isinstance(command, SetPresent) and self._puppets is not None:
            self._comings.give(command)

    async def _move(self, command: SetPresent) -> None:
        """Let somebody from elsewhere come or go."""
        _, wire = self._entered(command.room)
        if self._puppets is None:
            return
        if command.present:
            await self._puppets.enter(command.room, wire, command.speaker)
        else:
            await self._puppets.go(wire, command.speaker.key)

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        if self._rooms is not None and self._group is not None:
            self._rooms.serve(self.rooms)

    def follow(self, config: Any) -> None:
        super().follow(config)
        if self._rooms is not None and self._invites is not None and self._group is not None:
            self._rooms.leave_rule, self._invites.allowed = config.leave, config.invites_from
            self._group.create_task(self._account.follow(config))
        else:
            self._account.config = config

    def parting(self, room: RoomId) -> str:
        if self._rooms is None or not self._rooms.is_in(room):
            return ""
        private = self._session.wires.get(room) not in self._session.public
        if self._rooms.leaves(room):
            return "private: needs a new invitation" if private else ""
        return "private: the bot stays in it" if private else "the bot stays in it"

    async def run(self, emit: Emit) -> None:
        try:
            await self._connection(emit)
        except* AdapterError as group:
            reason = foremost(group)
        else:
            return
        finally:
            await self._end()
        if isinstance(reason, ConnectionLost | AuthenticationFailed | RateLimited):
            raise reason from None
        raise ConnectionLost(str(reason)) from None

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        group, wire = self._entered(command.room)
        uploaded = None
        if isinstance(command, SendMessage) and command.file is not None:
            uploaded = await self._uploaded(command.file)
            group, wire = self._entered(command.room)
        future, settle = landing()
        self._open[future] = settle
        future.add_done_callback(self._open.pop)
        limited = self._turns.limited
        task = group.create_task(self._deliver(wire, command, uploaded, settle, limited=limited))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        if limited:
            try:
                await asyncio.wait((future,))
            except asyncio.CancelledError:
                task.cancel()
                future.cancel()
                raise
        return future

    async def upload(self, file: File) -> None:
        await self._uploaded(file)

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        _, wire = self._entered(room)
        return await find_sent(await self._reader(room), self._session, wire, since, txns)

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await look_around(self.network, self.config, self.keepsake, rooms, self.only_read)

    async def _uploaded(self, file: File) -> Uploaded:
        self._see_connection()
        try:
            return await self._media.upload(file)
        except AdapterError:
            # if the connection ended meanwhile, that says more than the outcome of the upload
            self._see_connection()
            raise

    async def _connection(self, emit: Emit) -> None:
        self._account.keepsake = self.keepsake
        await self._account.open()
        self._session.own = self._account.user
        self._know_service()
        for room in self.rooms:
            if room not in self._session.wires and (wire := emit.position(room)):
                self._session.place(room, wire)
        async with asyncio.TaskGroup() as group:
            rooms = Rooms(self._client, self._session, emit, group, self.clock)
            rooms.leave_rule, rooms.puppets = self.config.leave, self._puppets
            invites = Invites(self._client, self._session, rooms, self.introduce, self.config.invites_from)
            listener = SyncLoop(self._client, self._session, rooms, invites, emit)
            since = await listener.catch_up(self.catch_up)
            self._rooms, self._invites, self._group = rooms, invites, group
            self._session.met.clear()
            group.create_task(self._media.learn_limit())
            if self._puppets is not None:
                group.create_task(self._puppets.avatars.run())
            lists = self.config.policy_lists
            group.create_task(follow_lists(self._client, self._session, lists, self.clock))
            try:
                async with contextlib.AsyncExitStack() as stack:
                    if self._direct is not None:
                        opening = self._direct.open(self._account, emit, rooms, lambda: self.rooms)
                        await stack.enter_async_context(opening)
                    rooms.serve(self.rooms)
                    await listener.listen(since)
            finally:
                # before Python 3.12 a group that ends still takes tasks, and would wait for them
                self._rooms = self._invites = self._group = None
                for task in self._sending:
                    task.cancel()

    def _know_service(self) -> None:
        """Read the registration, once. Raises AuthenticationFailed where it is not fit."""
        if self.config.registration is None or self._service is not None:
            return
        server = self._account.user.partition(":")[2]
        listen = self.config.listen
        self._service = read_registration(self.config.registration, server, listens=listen is not None)
        self._session.speakers = self._service.namespace
        self._puppets = Puppets(self._service, self._account, self._session, self)
        if listen is not None:
            self._direct = DirectTalk(listen, self._service, self._puppets, self._session)

    def _entered(self, room: RoomId) -> tuple[asyncio.TaskGroup, str]:
        """Return the connection's tasks and the room's id on the wire. Raises where we cannot speak there."""
        wire = self._wire(room)
        if self._group is None:
            raise ConnectionLost("not connected")
        return self._group, wire

    async def _reader(self, room: RoomId) -> MatrixClient:
        """Return whoever can look into a room."""
        if self._direct is None or parted(room) is None:
            return self._client
        return await self._direct.reader(room)

    async def _end(self) -> None:
        self._hints.close()
        self._comings.close()
        for settle in tuple(self._open.values()):
            settle(ConnectionLost("the connection ended"))
        await self._account.close()

    async def _deliver(
        self,
        wire: str,
        command: Command,
        uploaded: Uploaded | None,
        settle: Settle,
        *,
        limited: bool,
    ) -> None:
        """Carry out the command and settle it. An error that ends the connection ends the run as well."""

        async def do() -> Part | None:
            return await self._perform(wire, command, uploaded)

        asked = asyncio.get_running_loop().time()
        try:
            part = await (self._turns.take(do) if limited else do())
        except ConnectionLost as error:
            settle(error)
            raise
        except AuthenticationFailed as error:
            settle(ConnectionLost(str(error)))
            raise
        except AdapterError as error:
            if isinstance(error, RateLimited):
                self._turns.limit(error, asked)
                self._tell_of_limits(error)
            settle(error)
        else:
            settle(Receipt(part))

    async def _perform(self, wire: str, command: Command, uploaded: Uploaded | None) -> Part | None:
        """Let whoever is meant do it."""
        if self._direct is not None and parted(command.room) is not None:
            return await self._direct.perform(wire, command, uploaded)
        if self._puppets is not None and command.speaker.how is Authorship.PUPPET:
            return await self._puppets.perform(wire, command, uploaded)
        own = Voice(self._client, self._session.own)
        try:
            return await perform(own, self._session, wire, command, uploaded)
        except Forbidden as error:
            raise await verdict(self._client, own.user, command.room, wire, error) from None

    def _tell_of_limits(self, error: RateLimited) -> None:
        if not self._told_of_limits:
            self._told_of_limits = True
            log.warning("%s: %s", self.network, error)
