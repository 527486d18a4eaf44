"""Rooms in which somebody of Matrix and somebody from elsewhere talk alone.

Which room it is on the wire the homeserver keeps: in the account data of whoever is there for us, as clients
of people keep it ("Direct Messaging"), and the way back in that of the application service.
"""

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.client.errors import Forbidden, NotThere
from adapters.matrix.decode import decode
from adapters.matrix.encode import content_of
from adapters.matrix.files.content import Uploaded
from adapters.matrix.html import USER
from adapters.matrix.sending.commands import Voice, perform
from adapters.matrix.session import Session
from adapters.matrix.untrusted import id_of, listed, mapping, name_of, seconds, text_of
from bridge import (
    AdapterError,
    Approached,
    Authorship,
    BoundedDict,
    Caught,
    Command,
    ConnectionLost,
    Emit,
    Kind,
    MessageCreated,
    Part,
    RateLimited,
    Rejected,
    RoomId,
    RoomUnavailable,
    TemporaryFailure,
    Txn,
    UserId,
    Whisper,
    plain,
)

from .pairs import parted, private_id
from .puppets import Puppet, Puppets
from .registration import AppService

__all__ = ["DirectRooms"]

log = logging.getLogger(__name__)

_MOST_KEPT = 10_000
_MOST_ROOMS = 5
"""So many rooms of the same two are kept; the newest counts."""
_LATE = 5.0
_PAIR = "hubbub.private"
_THERE = ("join", "invite")
_SECRET = "This room is encrypted, and I cannot read what is written here: write to me in one that is not."
_CROWD = "Only two can talk here, and there are others now: write to me alone."
Pair = tuple[UserId, str]
"""A user, and the key of a speaker."""


class DirectRooms:
    """All of one connection."""

    def __init__(  # noqa: PLR0913, PLR0917 -- made in one place
        self,
        service: AppService,
        puppets: Puppets,
        session: Session,
        itself: MatrixClient,
        bot: MatrixClient,
        emit: Emit,
        served: Callable[[], Collection[RoomId]],
    ) -> None:
        """`itself` is the service, and not one of its users."""
        self._service = service
        self._puppets = puppets
        self._session = session
        self._bot = Voice(bot, session.own)
        self._itself = itself
        self._emit = emit
        self._served = served
        self._since = time.time() - _LATE
        """What was said before is no news."""
        self._pairs: BoundedDict[str, Pair | None] = BoundedDict(_MOST_KEPT)
        """By room on the wire; None: it is no private room."""
        self._heard: BoundedDict[str, None] = BoundedDict(_MOST_KEPT)
        """What was told as an approach: what was said since an invitation comes once more, or it does not."""
        self._afar = asyncio.Semaphore(20)
        self._making = asyncio.Lock()
        self._whispering = asyncio.Lock()
        self.lost: Callable[[RoomId, str, float | None], None] = lambda *_: None
        self.again: Callable[[RoomId], None] = lambda _: None
        self.spawn: Callable[[Coroutine[Any, Any, None]], None] = lambda work: work.close()

    # -- what the adapter wants

    async def enter(self, room: RoomId) -> Caught:
        """See that a room is there, and both are in it. See `RoomGuest.enter`."""
        person, key = _pair(room)
        try:
            puppet = await self._puppets.ready(key)
            wire = await self._found(puppet.voice, person)
            if wire is None:
                wire = await self._made(puppet.voice, person, key)
            elif (there := await self._membership(puppet, wire, person)) not in _THERE:
                raise RoomUnavailable(_gone(person, there), math.inf)
            if (why := await self._unfit(puppet, wire, person)) is not None:
                await self._quit(puppet, wire, why)
                how = "is encrypted: Hubbub cannot read it" if why == _SECRET else "has others in it"
                raise RoomUnavailable(f"the room with {person} {how}", math.inf)
        except Forbidden as error:
            raise RoomUnavailable(f"the room with {person} cannot be entered: {error}", math.inf) from None
        self._session.place(room, wire)
        return Caught(whole=True)

    async def perform(
        self, room: RoomId, wire: str, command: Command, uploaded: Uploaded | None
    ) -> Part | None:
        """Let whoever is in the room do what a command says. Raises AdapterErrors."""
        _, key = _pair(room)
        speaks = command.speaker.how is Authorship.PUPPET
        puppet = await self._puppets.ready(key, command.speaker.name if speaks else "")
        try:
            part = await perform(puppet.voice, self._session, wire, command, uploaded)
        except Forbidden as error:
            reason = f"nothing can be written there any more: {error}"
            self.lost(room, reason, None)
            raise RoomUnavailable(reason) from None
        return replace(part, speaker=key) if part is not None and speaks else part

    async def voice(self, room: RoomId) -> Voice:
        """Return who is there for us."""
        return (await self._puppets.ready(_pair(room)[1])).voice

    async def whisper(self, command: Whisper) -> None:
        """Tell somebody something, as far as that can be done: by whom they wrote to, else by the bot."""
        pair = parted(command.room)
        key = command.key or (pair[1] if pair is not None else "")
        try:
            async with self._whispering:
                voice = (await self._puppets.ready(key)).voice if key else self._bot
                wire = str(command.room)
                if key or wire not in self._session.joined or wire in self._session.rooms:
                    wire = await self._made(voice, command.user, key)
                await _tell(voice, wire, command.text)
        except AdapterError as error:
            log.debug("%s could not be told something: %s", command.user, error)

    async def knows(self, user: str) -> bool:
        """Whether there is a user of ours, as the homeserver asks ("Querying")."""
        return self._session.key_of(user) is not None and await self._puppets.exists(user)

    # -- what the homeserver tells

    async def hear(self, event: Mapping[str, Any]) -> Sequence["asyncio.Future[None]"]:
        """Take in an event of any room where somebody of ours is, or is to be. Returns what says that the
        journal has it. Raises ConnectionLost and the like where it has to come again.
        """
        wire = id_of(event.get("room_id"))
        if not wire or wire in self._session.joined:
            return ()
        try:
            if (invited := self._invited(event)) is not None:
                if id_of(event.get("sender")).endswith(self._session.own[self._session.own.index(":") :]):
                    return await self._accept(invited, wire, event)
                self.spawn(self._accept_from_afar(invited, wire, event))
                return ()
            if (pair := await self._pair_of(wire)) is None:
                return ()
            return await self._happened(pair, wire, event)
        except (ConnectionLost, RateLimited, TemporaryFailure):
            raise
        except AdapterError as error:
            log.warning("%s: what happened there is left out: %s", wire, error)
            return ()

    def _invited(self, event: Mapping[str, Any]) -> str | None:
        """Return whom somebody invites, by their key; None: nobody of ours."""
        content, by = mapping(event.get("content")), id_of(event.get("sender"))
        if event.get("type") != "m.room.member" or content.get("membership") != "invite":
            return None
        if by == self._session.own or self._session.key_of(by) is not None or not USER.fullmatch(by):
            return None
        return self._session.key_of(id_of(event.get("state_key")))

    async def _accept_from_afar(self, key: str, wire: str, event: Mapping[str, Any]) -> None:
        """Accept what is from another homeserver. It may be slow, or gone: nothing else waits for it."""
        try:
            async with self._afar:
                await self._accept(key, wire, event)
        except AdapterError as error:
            log.warning("%s: an invitation is left out: %s", wire, error)

    async def _accept(
        self, key: str, wire: str, event: Mapping[str, Any]
    ) -> Sequence["asyncio.Future[None]"]:
        """Come where somebody wants to talk alone, and hear what they have said there since: of that the
        homeserver tells nothing. Decline all else.
        """
        person = UserId(id_of(event.get("sender")))
        user = id_of(event.get("state_key"))
        if not await self._puppets.exists(user):
            return ()  # nobody has spoken by that id
        puppet = await self._puppets.ready(key)
        client = puppet.voice.client
        if mapping(event.get("content")).get("is_direct") is not True:
            await client.call("POST", ("rooms", wire, "leave"), body={})
            return ()
        await client.join(wire)
        async with self._making:
            if (why := await self._unfit(puppet, wire, person)) is not None:
                await self._quit(puppet, wire, why)
                return ()
            await self._note(puppet.voice, person, key, wire)
        room = private_id(person, key)
        if room is not None and room in self._served():
            self._session.place(room, wire)
            self.again(room)
        written = list[asyncio.Future[None]]()
        for said in await self._since_invited(puppet, wire, id_of(event.get("event_id"))):
            if said.get("sender") == person and "state_key" not in said:
                written += await self._happened((person, key), wire, said)
        return written

    async def _since_invited(self, puppet: Puppet, wire: str, invitation: str) -> list[Mapping[str, Any]]:
        """Return what happened in a room since an invitation, a hundred events at most."""
        page = await puppet.voice.client.messages(wire, None, None, "{}")
        events = list(map(mapping, listed(page.get("chunk"))))
        names = [event.get("event_id") for event in events]
        return events[: names.index(invitation) if invitation in names else None][::-1]

    async def _unfit(self, puppet: Puppet, wire: str, person: UserId) -> str | None:
        """Say why nobody can talk alone in a room; None: they can."""
        client = puppet.voice.client
        if await client.state(wire, "m.room.encryption") is not None:
            return _SECRET
        told = await client.call("GET", ("rooms", wire, "joined_members"))
        return None if mapping(told.get("joined")).keys() <= {person, puppet.voice.user} else _CROWD

    async def _happened(
        self, pair: Pair, wire: str, event: Mapping[str, Any]
    ) -> Sequence["asyncio.Future[None]"]:
        person, key = pair
        room, puppet = private_id(person, key), await self._puppets.ready(key)
        assert room is not None
        self._session.learn(wire, event)
        if event.get("type") == "m.room.member":
            await self._moved(room, puppet, wire, event)
        elif event.get("type") == "m.room.encryption":
            await self._quit(puppet, wire, _SECRET)
            self._ended(room, wire, f"the room with {person} is encrypted: Hubbub cannot read it")
        elif event.get("sender") == person:
            return await self._said(room, key, puppet, wire, event)
        return ()

    async def _said(
        self, room: RoomId, key: str, puppet: Puppet, wire: str, event: Mapping[str, Any]
    ) -> Sequence["asyncio.Future[None]"]:
        person, name = UserId(id_of(event.get("sender"))), id_of(event.get("event_id"))
        if name in self._heard:
            return ()
        names = self._session.names_in(wire)
        if person not in names:
            member = await puppet.voice.client.state(wire, "m.room.member", person) or {}
            self._session.learn(wire, {"type": "m.room.member", "state_key": person, "content": member})
        at = seconds(event.get("origin_server_ts")) or 0.0
        said = decode(event, room, names, puppet.voice.user, replayed=at < self._since)
        if said is None:
            return ()
        if room in self._served():
            return (self._emit([said]),)
        self._heard[name] = None
        if isinstance(said, MessageCreated) and said.kind is not Kind.NOTICE:
            return (self._emit([Approached(room=room, sender=said.sender, text=said.content.text, to=key)]),)
        return ()

    async def _moved(self, room: RoomId, puppet: Puppet, wire: str, event: Mapping[str, Any]) -> None:
        """Follow who comes and goes: it is a room of two."""
        who, by = id_of(event.get("state_key")), id_of(event.get("sender"))
        membership = mapping(event.get("content")).get("membership")
        person, _ = _pair(room)
        if who == puppet.voice.user and membership in ("leave", "ban") and by != who:
            self._ended(room, wire, f"{name_of(by, self._session.names_in(wire))} ended it")
        elif who == person and membership in ("leave", "ban"):
            self._ended(room, wire, _gone(person, text_of(membership)))
        elif who == person and membership == "join" and room in self._served():
            self.again(room)
        elif membership == "join" and who not in (person, puppet.voice.user):
            await self._quit(puppet, wire, _CROWD)
            self._ended(room, wire, f"there are others in the room with {person}")

    def _ended(self, room: RoomId, wire: str, why: str) -> None:
        """Note that two cannot talk in a room any more, unless they have another one since."""
        if self._session.wires.get(room) == wire:
            self.lost(room, why, math.inf)

    # -- which room it is

    async def _found(self, voice: Voice, person: UserId) -> str | None:
        """Return the room of somebody of ours with somebody; None: there is none."""
        rooms = listed((await _direct(voice)).get(person))
        return next((wire for wire in map(id_of, rooms) if wire.startswith("!")), None)

    async def _made(self, voice: Voice, person: UserId, key: str) -> str:
        """Return a room where two are, made and kept where there is none. Raises AdapterErrors."""
        body = {"preset": "trusted_private_chat", "is_direct": True, "invite": [person]}
        async with self._making:
            wire = await self._found(voice, person)
            if wire is not None and await self._are_there(voice, wire, person):
                return wire
            wire = id_of((await voice.client.call("POST", ("createRoom",), body=body)).get("room_id"))
            if not wire:
                raise TemporaryFailure("the homeserver made a room but did not name it")
            await self._note(voice, person, key, wire)
        return wire

    async def _note(self, voice: Voice, person: UserId, key: str, wire: str) -> None:
        """Keep which room it is."""
        if key:
            self._pairs[wire] = (person, key)
            path = ("user", self._service.user, "rooms", wire, "account_data", _PAIR)
            await self._itself.call("PUT", path, body={"person": person, "key": key})
        known = await _direct(voice)
        others = [one for one in listed(known.get(person)) if one != wire]
        body = {**known, person: [wire, *others[: _MOST_ROOMS - 1]]}
        await voice.client.call("PUT", ("user", voice.user, "account_data", "m.direct"), body=body)

    async def _pair_of(self, wire: str) -> Pair | None:
        """Return who talk in a room; None: it is none of ours."""
        if wire not in self._pairs:
            path = ("user", self._service.user, "rooms", wire, "account_data", _PAIR)
            try:
                kept = await self._itself.call("GET", path)
            except NotThere:
                kept = {}
            person, key = id_of(kept.get("person")), text_of(kept.get("key"))
            self._pairs[wire] = (UserId(person), key) if USER.fullmatch(person) and key else None
        return self._pairs[wire]

    async def _membership(self, puppet: Puppet, wire: str, person: UserId) -> str:
        """Return whether somebody is in a room, coming into it first where we are not."""
        try:
            return await self._member(puppet.voice, wire, person)
        except Forbidden:
            await puppet.voice.client.join(wire)
            return await self._member(puppet.voice, wire, person)

    async def _member(self, voice: Voice, wire: str, person: UserId) -> str:
        return text_of((await voice.client.state(wire, "m.room.member", person) or {}).get("membership"))

    async def _are_there(self, voice: Voice, wire: str, person: UserId) -> bool:
        try:
            return await self._member(voice, wire, person) in _THERE
        except RoomUnavailable:
            return False

    async def _quit(self, puppet: Puppet, wire: str, why: str) -> None:
        """Say why, and leave."""
        try:
            await _tell(puppet.voice, wire, why)
        except Rejected as error:
            log.debug("nothing could be said in %s: %s", wire, error)
        await puppet.voice.client.call("POST", ("rooms", wire, "leave"), body={})


async def _direct(voice: Voice) -> Mapping[str, Any]:
    try:
        return await voice.client.call("GET", ("user", voice.user, "account_data", "m.direct"))
    except NotThere:
        return {}


async def _tell(voice: Voice, wire: str, text: str) -> None:
    txn = Txn(secrets.token_hex(8))
    await voice.client.say(wire, content_of(plain(text), Kind.NOTICE, txn=txn), txn)


def _pair(room: RoomId) -> Pair:
    if (pair := parted(room)) is None:
        raise Rejected(f"{room} is no room of two")
    return pair


def _gone(person: UserId, how: str) -> str:
    left = "was banned from" if how == "ban" else "has left"
    return f"{person} {left} it: it begins again when they invite whom they talked with"
