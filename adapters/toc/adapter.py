"""TOC for the core: configuration in, events out, commands in, receipts out."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from bridge import (
    AdapterError,
    AuthenticationFailed,
    Batch,
    Capabilities,
    Command,
    ConnectionLost,
    Endpoint,
    MessageCreated,
    MessageId,
    Missed,
    Model,
    RateLimited,
    Receipt,
    Rejected,
    RoomId,
    RoomUnavailable,
    Sender,
    SendMessage,
    TemporaryFailure,
    TextAdapter,
    Unsupported,
    UserId,
    common,
    endpoint,
    plain,
    reason,
    route,
)

from . import decode, encode
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .encode import normalised
from .flap import DATA, KEEP_ALIVE, SIGN_ON, Flap

__all__ = ["TocAdapter"]

log = logging.getLogger(__name__)

_KEEP_ALIVE = 60.0
_LONGEST_ROOM = 50
_ENTER = 20.0
_NOW = "now"
"""The one message on its way: an error of a server does not say which message it is about."""
_SLOW = 10.0
_TEN_MINUTES = 600.0
_REFUSED = {
    "903": "it dropped a message, since we are too fast",
    "960": "we are too fast",
    "961": "the message is too long",
    "911": "it cannot read the message",
    "913": "it could not handle the message",
    "914": "the service is not available",
}


class TocAdapter(TextAdapter):
    """One account at one server."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    record = Capabilities(
        text_limit=encode.TEXT_LIMIT,
        marks=frozenset(encode.MARKS),
        mark_cost=encode.MARK_COST,
        name_pings=True,
        backlog=20,
    )
    config: Network

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        """Return a chat room's name: case does not count. Raises ValueError with a sentence."""
        name = " ".join(text.split(" "))
        if not name.strip() or len(name) > _LONGEST_ROOM or not name.isprintable():
            raise ValueError(
                f"{text[:40]!r} is not a chat room: its name is one line of at most 50 characters"
            )
        return RoomId(name.strip().lower())

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        return {"TOC (AIM, ICQ)": cls.record}

    def pace(self) -> tuple[float, float]:
        return self.config.burst, self.config.per_second

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        self._ids: dict[str, RoomId] = {}
        """The rooms that we are in, by the numbers that they have on this connection."""
        self._entering: dict[str, asyncio.Future[str]] = {}
        self._turn = asyncio.Lock()
        async with self._open() as flap:
            self._flap = flap
            flap.write(SIGN_ON, encode.sign_on(self.config.screen_name))
            flap.write(DATA, encode.login(self.config.screen_name, self.config.password.get_secret_value()))
            async with asyncio.timeout(_ENTER):
                while (answer := await self._fields())[0] != "SIGN_ON":
                    if answer[0] == "ERROR":
                        raise _no_entry(answer[1])
            flap.write(DATA, encode.command("toc_init_done"))
            beating = asyncio.ensure_future(self._beat())
            try:
                yield
            finally:
                beating.cancel()

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[Flap]:
        where = f"{self.config.server} port {self.config.port}"
        try:
            way = await route(self.config, self.config.server, self.config.port)
            flap = Flap(*await asyncio.open_connection(**way))
        except OSError as error:
            why = reason(common(error))
            raise ConnectionLost(f"{where} cannot be reached ({why}): see server and port") from None
        try:
            flap.greet()
            async with asyncio.timeout(_ENTER):
                kind, _ = await flap.read()
            if kind != SIGN_ON:
                raise EOFError
            yield flap
        finally:
            flap.close()

    def peer(self) -> Endpoint | None:
        return endpoint(self.config.server, self.config.port, None) if self._run is not None else None

    async def _beat(self) -> None:
        """A server closes a connection that is silent; and one that is dead fails as it is written to."""
        while True:
            await self.clock.sleep(_KEEP_ALIVE)
            self._flap.write(KEEP_ALIVE)

    async def enter(self, room: RoomId, config: Any, since: str | None) -> Missed | None:
        if self.config.insecure:
            log.warning("%s: what is said in %s, and the password, are not encrypted", self.network, room)
        there = self._entering[normalised(room)] = asyncio.get_running_loop().create_future()
        self._flap.write(DATA, encode.command("toc_chat_join", "4", room))
        try:
            async with asyncio.timeout(_ENTER):
                self._ids[await there] = room
        finally:
            del self._entering[normalised(room)]
        return None

    async def leave(self, room: RoomId) -> None:
        for number in [number for number, one in self._ids.items() if one == room]:
            del self._ids[number]
            self._flap.write(DATA, encode.command("toc_chat_leave", number))

    async def read(self) -> Batch:
        match await self._fields():
            case ["CHAT_JOIN", number, name] if there := self._entering.get(normalised(name)):
                if not there.done():
                    there.set_result(number)
            case ["CHAT_IN", _, name, "T", _] | ["CHAT_IN_ENC", _, name, "T", _, _, _]:
                self._answer(name)  # whispered to us alone
            case ["CHAT_IN", number, name, _, text] | ["CHAT_IN_ENC", number, name, _, _, _, text]:
                return Batch(self._said(number, name, text))
            case ["CHAT_LEFT", number] if room := self._ids.pop(number, None):
                self.lost(room, "the server put us out of the chat room")
            case ["IM_IN" | "IM_IN2" | "IM_IN_ENC2", name, auto, *_] if auto == "F":
                self._answer(name)
            case ["ERROR", code, *rest]:
                self._failed(code, rest[0] if rest else "")
        return Batch()

    def _said(self, number: str, name: str, text: str) -> list[MessageCreated]:
        room = self._ids.get(number)
        if normalised(name) == normalised(self.config.screen_name):
            self.flights.settle(_NOW, Receipt(None))
            return []
        content, kind = decode.said(text)
        if room is None or not content.text.strip():
            return []
        sender = Sender(UserId(normalised(name)), name)
        made = MessageId(uuid.uuid4().hex)
        return [MessageCreated(id=made, room=room, sender=sender, content=content, kind=kind)]

    def _answer(self, name: str) -> None:
        """Tell somebody who writes to us what we are."""
        who = normalised(name)
        if who != normalised(self.config.screen_name) and who.isalnum() and (words := self.introduce(who)):
            self._flap.write(DATA, encode.command("toc2_send_im", who, encode.html(plain(words).spans)))

    def _failed(self, code: str, what: str) -> None:
        if code == "950" and (there := self._entering.get(normalised(what))):
            if not there.done():
                there.set_exception(
                    RoomUnavailable("the server does not let us into the chat room: look at its name")
                )
            return
        why = f"the server says: {_REFUSED.get(code, f'error {code}')}"
        if code in {"903", "960"}:
            self.flights.settle(_NOW, RateLimited(why, _SLOW))
        elif code in {"911", "961"}:
            self.flights.settle(_NOW, Rejected(why))
        elif code in {"913", "914"}:
            self.flights.settle(_NOW, TemporaryFailure(why))
        else:  # about somebody, as 901: not about what we say in a room
            log.info("%s: %s", self.network, why)

    async def post(self, command: Command) -> Receipt:
        if not isinstance(command, SendMessage) or command.file is not None:
            raise Unsupported(f"{self.network} cannot do {type(command).__name__}")
        async with self._turn:
            number = next((n for n, room in self._ids.items() if room == command.room), None)
            if number is None:
                raise RoomUnavailable(f"hubbub is not in {command.room}")
            data = encode.command("toc_chat_send", number, encode.html(command.content.spans))
            if len(data) > encode.COMMAND:
                raise Rejected("the message is longer than a command of TOC can be")
            landed = self.flights.start(_NOW, command.room)
            self._flap.write(DATA, data)
            return await landed

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        """See whether there is a server. A second login of the account would end the first."""
        with self.explaining():
            async with self._open():
                return dict.fromkeys(rooms)

    async def _fields(self) -> list[str]:
        while True:
            kind, payload = await self._flap.read()
            if kind == DATA:
                return decode.fields(payload)


def _no_entry(code: str) -> AdapterError:
    """Return what an error at the login means (TOC 1.0, "ERROR")."""
    if code == "980":
        return AuthenticationFailed("the server takes another password for this screen_name: check both")
    if code == "982":
        return AuthenticationFailed(
            "the account was warned too often to log in now: wait, or use another one"
        )
    if code == "983":
        return RateLimited("the server wants ten minutes without a login", _TEN_MINUTES)
    return ConnectionLost(f"the server lets us not in now (error {code})")
