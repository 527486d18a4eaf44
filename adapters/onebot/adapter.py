"""QQ for the core: configuration in, events out, commands in, receipts out."""

import asyncio
import base64
import contextlib
import logging
import math
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from bridge import (
    AdapterError,
    Batch,
    BoundedDict,
    Capabilities,
    Command,
    ConnectionLost,
    Endpoint,
    MemberChanged,
    MessageCreated,
    MessageId,
    Missed,
    Model,
    Part,
    Present,
    Receipt,
    Rejected,
    RoomId,
    RoomUnavailable,
    SendMessage,
    Source,
    Speaker,
    Support,
    TalkEvent,
    TemporaryFailure,
    TextAdapter,
    TokenBucket,
    Txn,
    Unit,
    Unsupported,
    endpoint,
    preflight,
)

from . import account, decode, encode, history
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .config import room_id
from .link import Link, opened
from .rooms import Place, Sent
from .wire import Frame, identity, number, word

__all__ = ["OneBotAdapter"]

log = logging.getLogger(__name__)

_GROUP = Capabilities(
    text_limit=2000,
    unit=Unit.CODE_POINTS,
    reply=Support.FULL,
    delete=Support.PARTIAL,  # within two minutes, unless the account is an administrator of the group
    file=Support.FULL,
    file_limit=30_000_000,
    mention=Support.FULL,
    doubt=Support.PARTIAL,  # where the implementation has a history
    backlog=20,
)
_PERSON = replace(_GROUP, mention=Support.NO)
_URLS = 1000
_UPLOAD = 480.0
_LISTED = 10.0
"""Seconds for which the list of our groups is believed about a group that does not stand in it."""
_ANEW = 60.0
"""Seconds after which a group that we are not in is looked for again."""
_ON_ITS_WAY = 10.0
"""Seconds after which what was handed over stands in the history, or never will."""
_TIMED_OUT = re.compile(r"time[d ]*-?out|超时", re.IGNORECASE)


class OneBotAdapter(TextAdapter):
    """One QQ account, behind an implementation of OneBot v11."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    at_once = 4
    config: Network

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._connected: Link | None = None
        self._places: dict[RoomId, Place] = {}
        self._buckets: dict[RoomId, TokenBucket] = {}
        self._urls: BoundedDict[str, asyncio.Task[str | None]] = BoundedDict(_URLS)
        """By the address of a file, what is asked about it."""

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        return room_id(text)

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        """Return the records of a group and of a person, by name, for the documentation."""
        return {"QQ group": _GROUP, "QQ private chat": _PERSON}

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        return _GROUP if room.startswith("group:") else _PERSON

    def follow(self, config: Any) -> None:
        super().follow(config)
        for bucket in self._buckets.values():
            bucket.hold(config.pace.burst, config.pace.per_second)

    # Being in rooms

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        self._out: dict[RoomId, str] = {}
        """Groups that we were sent out of, and how."""
        self._groups: set[RoomId] = set()
        self._listed, self._listing = -math.inf, asyncio.Lock()
        async with opened(self.config) as link, asyncio.TaskGroup() as self._beside:
            self._own = await account.who(link)
            self._connected = link
            try:
                yield
            finally:
                self._connected, self._places = None, {}

    @property
    def _link(self) -> Link:
        if self._connected is None:
            raise ConnectionLost(f"{self.network} is not connected")
        return self._connected

    def peer(self) -> Endpoint | None:
        if self._connected is None or self.config.url is None:
            return None  # one that connects to us shows no certificate
        address = urlsplit(self.config.url)
        port = address.port or (443 if address.scheme == "wss" else 80)
        return endpoint(address.hostname or "", port, self._connected.ssl)

    async def ping(self) -> None:
        await account.online(self._link)

    async def enter(self, room: RoomId, config: Any, since: str | None) -> Missed:
        if not await self._is_member(room):
            how = self._out.get(room, "is not in it: invite the account to the group")
            raise RoomUnavailable(f"QQ account {self._own} {how}", _ANEW)
        self._out.pop(room, None)
        place = self._places[room] = Place(room, since, self.clock.now())
        if place.is_group:
            with contextlib.suppress(Rejected, Unsupported):
                place.meet(await account.members(self._link, room), self._own)
        if since is None:
            return Missed(position=place.position())
        try:
            frames, whole, left_out = await history.missed(
                self._link, place, self._own, self.catch_up, self.clock.now()
            )
        except Unsupported:
            return Missed()
        return Missed(self._talk(frames, place), whole=whole, left_out=left_out)

    async def _is_member(self, room: RoomId) -> bool:
        """Say whether the account is in a group; a person can always be written to."""
        async with self._listing:
            now = self.clock.monotonic()
            if room.startswith("group:") and room not in self._groups and now > self._listed + _LISTED:
                self._groups, self._listed = await account.groups(self._link), now
        return room in self._groups or room.startswith("private:")

    async def leave(self, room: RoomId) -> None:
        self._places.pop(room, None)

    def _sent_out(self, room: RoomId, how: str) -> None:
        self._places.pop(room, None)
        self._groups.discard(room)
        self._out[room] = how
        self.lost(room, f"QQ account {self._own} {how}", _ANEW)

    # What comes

    async def read(self) -> Batch:
        frame = await self._link.event()
        kind, room = frame.get("post_type"), decode.room_of(frame, self._own)
        if kind == "meta_event":
            account.see(frame.get("status"))
        elif word(frame, "notice_type") == "bot_offline":
            account.see({"online": False})
        elif room is not None and room in self.rooms:
            place = self._places.get(room)
            if not (kind == "notice" and self._is_about_us(frame, room, place)):
                event = self._decode(frame, place or Place(room, None, self.clock.now()))
                return Batch([event] if event is not None else [])
        elif kind == "message" and frame.get("message_type") == "private":
            self._greet(frame)
        return Batch()

    def _decode(
        self, frame: Frame, place: Place, *, replayed: bool = False
    ) -> TalkEvent | MemberChanged | None:
        event = decode.event(frame, place.room, self._own, place.names, replayed=replayed)
        place.learn(event)
        return event

    def _talk(self, frames: Sequence[Frame], place: Place) -> list[MessageCreated]:
        events = [self._decode(frame, place, replayed=True) for frame in frames]
        return [event for event in events if isinstance(event, MessageCreated)]

    def _is_about_us(self, frame: Frame, room: RoomId, place: Place | None) -> bool:
        """Take a notice about our own standing, or about somebody who has to be asked for."""
        kind, sub = word(frame, "notice_type"), word(frame, "sub_type")
        user, by = identity(frame.get("user_id")), identity(frame.get("operator_id"))
        if kind == "group_dismiss" or (kind == "group_decrease" and sub == "disband"):
            self._sent_out(room, "is not in it any more: the group was dissolved")
        elif kind == "group_decrease" and user == self._own:
            name = place.names.get(by or "", by) if place is not None else by
            how = f"was removed from it by {name}" if by and by != user else "has left it"
            self._sent_out(room, f"{how}: invite the account again")
        elif kind == "group_increase" and user == self._own:
            self._groups.add(room)
            self.again(room)
        elif kind == "group_increase" and user is not None and "sender" not in frame:
            self._beside.create_task(self._ask_who(frame, room, user))
        elif kind == "group_ban" and user == self._own and place is not None:
            lasts = frame.get("duration") if sub == "ban" else 0
            place.muted = self.clock.now() + lasts if isinstance(lasts, int | float) else 0.0
        else:
            return False
        return True

    async def _ask_who(self, frame: Frame, room: RoomId, user: str) -> None:
        """Ask what somebody is called who came, and take the notice again with that."""
        known: Frame = {}
        with contextlib.suppress(AdapterError):
            known = await account.member(self._link, room, user)
        await self._link.hear({**frame, "sender": known})

    def _greet(self, frame: Frame) -> None:
        """Answer somebody who writes to the account itself."""
        user = identity(frame.get("user_id"))
        if user is not None and user != self._own and (words := self.introduce(user)) is not None:
            where = {"user_id": number(user)}
            if (group := identity(frame.get("group_id"))) is not None:  # somebody who is no friend
                where["group_id"] = number(group)
            self._beside.create_task(self._answer(where, words))

    async def _answer(self, where: Mapping[str, Any], words: str) -> None:
        message = [{"type": "text", "data": {"text": words}}]
        try:
            await self._link.ask("send_private_msg", **where, message=message)
        except AdapterError as error:
            log.info("somebody who wrote to the account got no answer: %s", error)

    # What is said

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        self._see_mute(command.room)  # nobody waits for what cannot be said
        pace = self.config.pace
        bucket = self._buckets.setdefault(command.room, TokenBucket(pace.burst, pace.per_second, self.clock))
        await bucket.take()
        return await super().send(command)

    def _see_mute(self, room: RoomId) -> None:
        if (left := self._place(room).muted - self.clock.now()) > 0:
            raise RoomUnavailable(f"the account is muted in {room}", left)

    def _place(self, room: RoomId) -> Place:
        """Return a room that we are in. Raises RoomUnavailable and ConnectionLost."""
        if self._link and room not in self._places:
            raise RoomUnavailable(f"{room} is not joined")
        return self._places[room]

    async def post(self, command: Command) -> Receipt:
        """Do a command. A message is on record as on its way before it leaves, to be looked for then."""
        place, data, seconds = self._place(command.room), "", 0.0
        self._see_mute(command.room)
        if isinstance(command, SendMessage) and command.file is not None:
            data = base64.b64encode(await asyncio.to_thread(command.file.path.read_bytes)).decode()
            seconds = _UPLOAD
        name, params = encode.action(command, data)
        if isinstance(command, SendMessage):
            place.sent = Sent(command.txn, encode.digest_of(command), self.clock.now(), place.newest)
            await self.keep(command.room, place.position())
        try:
            done = await self._link.ask(name, seconds, **params)
        except Rejected as error:
            raise await self._why(place, error) from None
        id_ = identity(done.get("message_id")) if isinstance(done, dict) else None
        place.newest = id_ or place.newest
        return Receipt(Part(MessageId(id_)) if id_ else None)

    async def _why(self, place: Place, error: Rejected) -> AdapterError:
        """Return why a command was refused: the account may be muted in the group. What took QQ too long may
        have been done all the same: it is looked up.
        """
        if _TIMED_OUT.search(str(error)):
            return ConnectionLost(f"it is not known whether it was done: {error}")
        try:
            until = await account.muted_until(self._link, place.room, self._own)
        except AdapterError:
            return error
        if (left := until - self.clock.now()) <= 0:
            return error
        place.muted = until
        return RoomUnavailable(f"the account is muted in {place.room}", left)

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        """Look for what was on its way: one message at most, since each is on record before it leaves."""
        sent = self._place(room).sent
        found: dict[Txn, Receipt | None] = {txn: None for txn in txns if sent is None or txn != sent.txn}
        if sent is None or sent.txn not in txns:
            return found
        try:
            id_, gone = await history.find(self._link, room, self._own, sent)
            if gone and (left := sent.at + _ON_ITS_WAY - self.clock.now()) > 0:
                await self.clock.sleep(left)
                id_, gone = await history.find(self._link, room, self._own, sent)
        except Unsupported:
            return found
        if id_ is not None or gone:
            found[sent.txn] = None if id_ is None else Receipt(Part(MessageId(id_)))
        return found

    # What is asked

    async def past(self, room: RoomId, since: float) -> Sequence[TalkEvent]:
        """Return what others said since then, as far as the implementation shows it."""
        place = self._place(room)
        frames, _ = await history.read(self._link, room, lambda frame: (decode.at(frame) or 0.0) < since)
        return [event for event in self._talk(frames, place) if (event.at or 0.0) >= since]

    def token(self, event: TalkEvent) -> str | None:
        place = self._places.get(event.room)
        return place.reach(event, self.clock.now()) if place is not None else None

    def present(self, room: RoomId) -> Present | None:
        place = self._places.get(room)
        return place.present if place is not None else None

    def source(self, address: str) -> Source:
        """Return where a file is; one that was sent without an address is asked for first."""
        if not address.startswith(f"{decode.WANTED}:"):
            return Source(address)
        asked = self._urls.get(address)
        if asked is None:
            asked = self._urls[address] = asyncio.ensure_future(self._ask_for(address))
        if not asked.done():
            raise TemporaryFailure("QQ is asked where the file is")
        if asked.cancelled() or (url := asked.result()) is None:
            del self._urls[address]
            raise TemporaryFailure("QQ could not be asked where the file is")
        if not url.startswith(("http://", "https://")):
            raise Rejected("the implementation does not say where the file is")
        return Source(url)

    async def _ask_for(self, address: str) -> str | None:
        _, kind, number, file = address.split(":", 3)
        try:
            return await account.file_url(self._link, RoomId(f"{kind}:{number}"), file)
        except ConnectionLost:
            return None
        except AdapterError:
            return ""

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        """Ask about each room, and enter none."""
        async with opened(self.config, beside=True) as link:
            own, known = await account.who(link), await account.groups(link)
            if any(room.startswith("private:") for room in rooms):
                known |= await account.friends(link)

            async def look(room: RoomId, _: Any) -> str | None:
                if room in known:
                    return None if room in self.only_read else await self._silenced(link, room, own)
                if room.startswith("private:"):
                    return f"is no friend of QQ account {own}: one of them has to add the other"
                return f"QQ account {own} is not in it: invite the account to the group"

            return await preflight(rooms, look)

    async def _silenced(self, link: Link, room: RoomId, own: str) -> str | None:
        """Return what keeps the account from speaking in a room that it is in."""
        try:
            left = await account.muted_until(link, room, own) - self.clock.now()
        except (Rejected, Unsupported) as error:
            unsaid = "%s: nobody can tell whether the account may speak there: %s"
            log.warning(unsaid, room, error, extra={"room": room})
            return None
        if left <= 0:
            return None
        return (
            f"the account is muted there for {left / 60:.0f} more minutes: ask an administrator of the group"
        )
