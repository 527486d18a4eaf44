"""One connection: who we are, our rooms, what happens in them, and what is done there."""

import asyncio
import base64
import contextlib
import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from bridge import (
    Adapter,
    AdapterError,
    Change,
    Command,
    ConnectionLost,
    Emit,
    Event,
    MemberChanged,
    MessageCreated,
    MessageId,
    Part,
    Receipt,
    Rejected,
    RoomId,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    SendMessage,
    Settle,
    TalkEvent,
    Txn,
    Unsupported,
)

from . import account, decode, encode, history
from .link import ANSWER, Link
from .rooms import DISORDER, Place, Sent
from .wire import identity, number

__all__ = ["Connection"]

log = logging.getLogger(__name__)

_ASKED_EVERY = 15.0
_ANEW = 4
"""After so many questions, groups that we are not in are looked for again."""
_AT_ONCE = 4
_UPLOAD = 480.0
_ON_ITS_WAY = 10.0
"""Seconds after which what was handed over stands in the history, or never will."""
_TIMED_OUT = re.compile(r"time[d ]*-?out|超时", re.IGNORECASE)
_OFFLINE = "QQ has logged the account out: log it in again in the implementation (it may be frozen)"


class Connection:
    """The account and its rooms, over one link."""

    def __init__(self, link: Link, emit: Emit, adapter: Adapter) -> None:
        """`adapter` has the rooms, the clock, and what the owner wants."""
        self.link = link
        self._emit = emit
        self._adapter = adapter
        self._clock = adapter.clock
        self._own = ""
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self.places: dict[RoomId, Place] = {}
        self.heard = adapter.clock.now()
        """Until when all was surely heard, in seconds since 1970."""

    async def run(self) -> None:
        """Be in the rooms until the connection ends. Raises an AdapterError, alone or in a group."""
        async with asyncio.TaskGroup() as self._group:
            self._group.create_task(self.link.read(self._take))
            self._own = await account.who(self.link)
            self.serve()
            await self._watch()

    def serve(self) -> None:
        """Be in the rooms of the map, and in no others."""
        if not self._own:
            return
        rooms = self._adapter.rooms
        new = [Place(room) for room in rooms if room not in self.places]
        self.places = {room: place for room, place in self.places.items() if room in rooms}
        self.places |= {place.room: place for place in new}
        self._group.create_task(self._enter_all(new))

    def open(self, room: RoomId) -> Place:
        """Return a room that can be spoken in. Raises RoomUnavailable and ConnectionLost."""
        place = self._joined(room)
        if (left := place.muted - self._clock.now()) > 0:
            raise RoomUnavailable(f"the account is muted in {room}", left)
        return place

    def _joined(self, room: RoomId) -> Place:
        if not self.link.alive:
            raise ConnectionLost("not connected")
        place = self.places.get(room)
        if place is None or place.state is not RoomState.JOINED:
            raise RoomUnavailable(f"{room} is not joined")
        return place

    # Being in rooms

    async def _enter_all(self, places: Sequence[Place]) -> None:
        known = await account.groups(self.link) if any(place.is_group for place in places) else ()
        for place in places:
            if place.is_group and place.room not in known:
                self._refuse(place, "is not in it: invite the account to the group")
            else:
                self._group.create_task(self._enter(place))

    async def _enter(self, place: Place) -> None:
        """Read what was said since we were here, then be in it; what is heard meanwhile comes after."""
        async with self._gate:
            place.state, place.held = RoomState.JOINING, []
            place.resume(self._emit.position(place.room), self._clock.now())
            await self._meet(place)
            missed = history.Meanwhile([], complete=False)
            if not place.is_new:
                now = self._clock.now()
                missed = await history.missed(self.link, place, self._own, self._adapter.catch_up, now)
        held, place.held = place.held, None
        if self.places.get(place.room) is not place or place.state is not RoomState.JOINING:
            return  # sent out, or not wanted any more
        past = [event for frame in missed.frames if (event := self._decode(frame, place, replayed=True))]
        place.state = RoomState.JOINED
        joined = RoomStateChanged(
            room=place.room,
            state=RoomState.JOINED,
            caught_up=missed.complete,
            left_out=missed.left_out,
        )
        self._tell(place, [*past, joined, *held])

    async def _meet(self, place: Place) -> None:
        """Learn who is in a group, and what they are called there."""
        if place.is_group:
            try:
                people = await account.members(self.link, place.room)
            except (Rejected, Unsupported):
                return
            place.meet(people, self._own)

    def _refuse(self, place: Place, why: str) -> None:
        place.state = RoomState.REFUSED
        reason = f"QQ account {self._own} {why}"
        self._emit([RoomStateChanged(room=place.room, state=RoomState.REFUSED, reason=reason)])

    def _tell(self, place: Place, events: Iterable[Event]) -> "asyncio.Future[None]":
        """Hand events over, with how far the room has been heard by them."""
        told, soon = list(events), self._clock.now() + DISORDER
        for event in told:
            if isinstance(event, MessageCreated):  # whose time may be nonsense
                place.newest, place.since = event.id, max(place.since, min(event.at or 0.0, soon))
        return self._emit(told, place.position())

    async def _watch(self) -> None:
        """Ask every few seconds, so that it is known until when all was heard; look for groups again."""
        asked = 0
        while True:
            at = self._clock.now()
            with contextlib.suppress(Rejected, Unsupported):  # that is an answer, too
                self._see(await self.link.ask("get_status"))
            self.heard = at
            await self._clock.sleep(_ASKED_EVERY)
            asked += 1
            refused = [place for place in self.places.values() if place.state is RoomState.REFUSED]
            if refused and asked % _ANEW == 0:
                known = await account.groups(self.link)
                for place in refused:
                    if place.room in known:
                        self._group.create_task(self._enter(place))

    def _see(self, status: object) -> None:
        if isinstance(status, dict) and status.get("online") is False:
            self.link.end(ConnectionLost(_OFFLINE))

    # What comes

    async def _take(self, frame: dict[str, Any]) -> None:
        """Take an event; return when it is on record."""
        kind, room = frame.get("post_type"), decode.room_of(frame, self._own)
        if kind == "meta_event":
            self._see(frame.get("status"))
        elif decode.word(frame, "notice_type") == "bot_offline":
            self.link.end(ConnectionLost(_OFFLINE))
        elif self._own and room in self.places:
            await self._heard(frame, self.places[room])
        elif self._own and kind == "message" and frame.get("message_type") == "private":
            self._greet(frame)

    async def _heard(self, frame: dict[str, Any], place: Place) -> None:
        if frame.get("post_type") == "notice" and self._is_handled(frame, place):
            return
        event = self._decode(frame, place)
        if event is not None and place.held is not None:
            place.held.append(event)
        elif event is not None and place.state is RoomState.JOINED:
            await self._tell(place, [event])

    def _decode(
        self, frame: history.Frame, place: Place, *, replayed: bool = False
    ) -> TalkEvent | MemberChanged | None:
        event = decode.event(frame, place.room, self._own, place.names, replayed=replayed)
        match event:
            case MessageCreated(sender=sender) if place.is_group:
                place.know(sender.id, sender.name)
            case MemberChanged(sender=sender, change=Change.RENAMED, name=name):
                place.know(sender.id, name)
            case MemberChanged(sender=sender):
                place.forget(sender.id)
        return event

    def _is_handled(self, frame: Mapping[str, Any], place: Place) -> bool:
        """Do what a notice asks for that is about our own standing, or that of somebody who is new."""
        kind, sub = decode.word(frame, "notice_type"), decode.word(frame, "sub_type")
        user, by = identity(frame.get("user_id")), identity(frame.get("operator_id"))
        if kind == "group_dismiss" or (kind == "group_decrease" and sub == "disband"):
            self._refuse(place, "is not in it any more: the group was dissolved")
        elif kind == "group_decrease" and user == self._own:
            removed = (
                f"was removed from it by {place.names.get(by, by)}" if by and by != user else "has left it"
            )
            self._refuse(place, f"{removed}: invite the account again")
        elif kind == "group_increase" and user is not None:
            if user != self._own:
                self._group.create_task(self._welcome(place, user))
            elif place.state is RoomState.REFUSED:
                self._group.create_task(self._enter(place))
        elif kind == "group_ban" and user == self._own:
            lasts = frame.get("duration") if sub == "ban" else 0
            place.muted = self._clock.now() + lasts if isinstance(lasts, int | float) else 0.0
        else:
            return False
        return True

    async def _welcome(self, place: Place, user: str) -> None:
        """Tell of somebody who came, by their name, which has to be asked for."""
        try:
            known = await account.member(self.link, place.room, user)
        except AdapterError:
            known = {}
        sender = decode.sender_of({"user_id": user, "sender": known}, {})
        if sender is not None and place.state is RoomState.JOINED:
            place.know(user, sender.name)
            self._emit([MemberChanged(room=place.room, sender=sender, change=Change.JOINED)])

    def _greet(self, frame: Mapping[str, Any]) -> None:
        """Answer somebody who writes to the account itself."""
        user = identity(frame.get("user_id"))
        if user is not None and user != self._own and (words := self._adapter.introduce(user)) is not None:
            where = {"user_id": number(user)}
            if (group := identity(frame.get("group_id"))) is not None:  # somebody who is no friend
                where["group_id"] = number(group)
            message = [{"type": "text", "data": {"text": words}}]
            self._group.create_task(self._answer({**where, "message": message}))

    async def _answer(self, params: dict[str, Any]) -> None:
        try:
            await self.link.ask("send_private_msg", **params)
        except AdapterError as error:
            log.info("somebody who wrote to the account got no answer: %s", error)

    # What is done

    async def send(self, command: Command, settle: Settle) -> None:
        """Do a command. A message is on record as on its way before it leaves, so that it can be looked for.

        Returns once it has its place; with a file, once it is done.
        """
        place, data, seconds = self.open(command.room), "", ANSWER
        if isinstance(command, SendMessage):
            file, kind = command.file, None
            if file is not None:
                kind, seconds = file.kind, _UPLOAD
                data = base64.b64encode(await asyncio.to_thread(file.path.read_bytes)).decode()
            digest = encode.digest(encode.said(command), kind)
            place.sent = Sent(command.txn, digest, self._clock.now(), place.newest)
        name, params = encode.action(command, data)
        doing = self._group.create_task(self._do(place, settle, name, seconds, params))
        if data:
            await asyncio.wait((doing,))

    async def _do(
        self, place: Place, settle: Settle, name: str, seconds: float, params: dict[str, Any]
    ) -> None:
        try:
            if place.sent is not None:
                await self._emit([], place.position())
            done = await self.link.ask(name, seconds, **params)
        except Rejected as error:
            settle(await self._why(place, error))
        except AdapterError as error:
            settle(error)
        except asyncio.CancelledError:
            settle(ConnectionLost("the connection ended"))
            raise
        else:
            id_ = identity(done.get("message_id")) if isinstance(done, dict) else None
            place.newest = id_ or place.newest
            settle(Receipt(Part(MessageId(id_)) if id_ else None))

    async def _why(self, place: Place, error: Rejected) -> AdapterError:
        """Return why a command was refused: the account may be muted in the group. What took QQ too long may
        have been done all the same: it is looked up.
        """
        if _TIMED_OUT.search(str(error)):
            lost = ConnectionLost(f"it is not known whether it was done: {error}")
            self.link.end(lost)
            return lost
        try:
            until = await account.muted_until(self.link, place.room, self._own) if place.is_group else 0.0
        except AdapterError:
            return error
        if (left := until - self._clock.now()) <= 0:
            return error
        place.muted = until
        return RoomUnavailable(f"the account is muted in {place.room}", left)

    async def find_sent(self, room: RoomId, txns: Collection[Txn]) -> Mapping[Txn, Receipt | None]:
        """Look for what was on its way: one message at most, since each is on record before it leaves."""
        sent = self._joined(room).sent
        found: dict[Txn, Receipt | None] = {txn: None for txn in txns if sent is None or txn != sent.txn}
        if sent is None or sent.txn not in txns:
            return found
        try:
            id_, gone = await history.find(self.link, room, self._own, sent)
            if gone and (left := sent.at + _ON_ITS_WAY - self._clock.now()) > 0:
                await self._clock.sleep(left)
                id_, gone = await history.find(self.link, room, self._own, sent)
        except Unsupported:
            return found
        if id_ is not None or gone:
            found[sent.txn] = None if id_ is None else Receipt(Part(MessageId(id_)))
        return found

    async def past(self, room: RoomId, since: float) -> Sequence[TalkEvent]:
        """Return what others said since then, as far as the implementation shows it."""
        place = self._joined(room)
        frames, _ = await history.read(self.link, room, lambda frame: (decode.at(frame) or 0.0) < since)
        events = [self._decode(frame, place, replayed=True) for frame in frames]
        return [event for event in events if isinstance(event, MessageCreated) and (event.at or 0) >= since]
