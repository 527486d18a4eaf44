"""OneBot v11 from the other side: commands of the core are events for bots, and what bots say are events."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import aiohttp

from bridge import (
    Adapter,
    Authorship,
    Capabilities,
    Command,
    ConnectionLost,
    DeleteMessage,
    Emit,
    Model,
    Part,
    Present,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    SendMessage,
    Settle,
    Source,
    Speaker,
    Support,
    TemporaryFailure,
    Txn,
    Unit,
    Unsupported,
    reached,
    reason,
)

from . import config
from .actions import Actions
from .audience import Audience
from .numbers import number_of
from .outward import Outward, shown
from .server import Doorway
from .session import Session, written
from .sockets import Sockets
from .store import MessageStore

__all__ = ["BotsAdapter"]

log = logging.getLogger(__name__)

_RECORD = Capabilities(
    text_limit=20_000,
    unit=Unit.CODE_POINTS,
    reply=Support.FULL,
    delete=Support.FULL,
    file=Support.FULL,
    captions=True,
    mention=Support.FULL,
    doubt=Support.PARTIAL,
    authorship=Authorship.PUPPET,
    times=True,
    window=256,
)
_HOUR = 3600.0
_PATIENCE = 5.0


class BotsAdapter(Adapter):
    """One bot, whose groups are rooms."""

    NetworkConfig: ClassVar[type[Model]] = config.NetworkConfig
    RoomConfig: ClassVar[type[Model]] = config.RoomConfig
    config: config.NetworkConfig

    def __init__(self, network: str, settings: Any, introduction: str) -> None:
        super().__init__(network, settings, introduction)
        self._number = settings.self_id or number_of("bot", network)
        self._session: Session | None = None
        self._emit: Emit | None = None
        self._present = Present()
        self._present.add("", settings.nickname)

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        return config.room_id(text)

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        new = [room for room in rooms if room not in self.rooms]
        await super().serve(rooms)
        if self._session is not None:
            self._session.serve(self._groups(rooms))
            self._announce(new)

    def _groups(self, rooms: Collection[RoomId]) -> dict[RoomId, int]:
        return {room: number_of("group", self.network, room) for room in rooms}

    async def run(self, emit: Emit) -> None:
        path = Path(f"{self.keepsake.path}.sqlite3") if self.keepsake is not None else None
        with closing(MessageStore(path)) as store:
            session = Session((self._number, self.config.nickname), store, emit, self.clock, self._home)
            session.audience = Audience(store, lambda: self._announce(self.rooms))
            session.serve(self._groups(self.rooms))
            self._session, self._emit = session, emit
            try:
                await self._serve_bots(session)
            finally:
                self._session = self._emit = None

    async def _serve_bots(self, session: Session) -> None:
        actions = Actions(session)
        sockets = Sockets(session, actions)
        outward = Outward(self.network, self.config, session, actions)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(Doorway(self.config, session, actions, sockets).open())
            http = await stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
            groups = ", ".join(f"{room} is group {number}" for room, number in session.numbers.items())
            log.info("%s: the bot is %d; %s", self.network, self._number, groups)
            async with asyncio.TaskGroup() as tasks:
                for url in self.config.connect:
                    tasks.create_task(outward.connect(url, sockets, http))
                for url in self.config.post:
                    tasks.create_task(outward.post(url, http))
                tasks.create_task(self._beat(session))

    async def _beat(self, session: Session) -> None:
        """Give signs of life, and forget what is old."""
        interval, forgotten = self.config.heartbeat, 0.0
        while True:
            now = self.clock.now()
            if now - forgotten > _HOUR:
                session.forget(self.config.keep_days)
                forgotten = now
            session.audience.beat(written(session.frames.heartbeat(interval, int(now))))
            await self.clock.sleep(interval)

    def _announce(self, rooms: Collection[RoomId]) -> None:
        """Say how rooms stand: they are joined while there is a bot."""
        if self._session is None or self._emit is None or not rooms:
            return
        state = RoomState.JOINED if self._session.audience else RoomState.JOINING
        self._emit([RoomStateChanged(room=room, state=state, caught_up=True) for room in rooms])

    def send_now(self, command: Command, settle: Settle) -> bool:
        if self._session is None:
            raise ConnectionLost(f"{self.network} is not running")
        match command:
            case SendMessage():
                self._session.send(command, settle)
            case DeleteMessage():
                self._session.recall(command, settle)
            case _:
                raise Unsupported(f"{self.network} cannot do {type(command).__name__}")
        return True

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        """Look in the file: what is not there has not left, and a removal may come twice. What has left and
        was not confirmed, nobody knows.
        """
        if self._session is None:
            raise ConnectionLost(f"{self.network} is not running")
        found: dict[Txn, Receipt | None] = {}
        for txn in txns:
            kept = self._session.store.sent(txn)
            if kept is None:
                found[txn] = None
            elif kept.heard:
                account = self._session.store.account(kept.person)
                found[txn] = Receipt(Part(self._session.id_of(kept.id), speaker=account))
            else:
                self._session.doubtful[txn] = kept.id
        return found

    def present(self, room: RoomId) -> Present | None:
        return self._present

    @property
    def _home(self) -> str:
        """The address at which bots find files."""
        if self.config.url is not None:
            return self.config.url.rstrip("/")
        return f"http://{reached(self.config.address[0])}:{self.config.address[1]}"

    def source(self, address: str) -> Source:
        own, _, secret = address.partition(":")
        if own != "own":
            return Source(address)
        if self._session is None:
            raise TemporaryFailure(f"{self.network} is not running")
        host, port = self.config.address
        return Source(f"http://{reached(host)}:{port}/file/{secret}/file", own=True)

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        return {"bots": _RECORD}

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        """Return the record, which is the same for all: everybody has a number of their own."""
        return _RECORD

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        """See whether somebody listens where Hubbub goes itself; a second connection would take the first's
        place.
        """
        found: dict[RoomId, str | None] = dict.fromkeys(rooms)
        for url in (*self.config.connect, *self.config.post):
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme in ("wss", "https") else 80)
            try:
                async with asyncio.timeout(_PATIENCE):
                    _, writer = await asyncio.open_connection(parts.hostname, port)
                writer.close()
            except (OSError, TimeoutError) as error:
                found[RoomId("")] = f"nobody listens at {shown(url)} ({reason(error)}): start the bot"
        return found
