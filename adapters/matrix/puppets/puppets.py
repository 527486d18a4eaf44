"""People from elsewhere who are in our rooms as themselves: how they come, and what rooms say of them."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.matrix.client.account import Account
from adapters.matrix.client.api import Asserted, MatrixClient
from adapters.matrix.client.errors import Forbidden, InUse, NotMatrix, NotThere
from adapters.matrix.files.content import Uploaded
from adapters.matrix.rooms.power_levels import level_of, needed_for_talk, usual_level
from adapters.matrix.sending.commands import Voice, perform
from adapters.matrix.session import Session
from adapters.matrix.untrusted import id_of, mapping, name_of, text_of
from bridge import (
    Adapter,
    AdapterError,
    Barred,
    BoundedDict,
    Command,
    ConnectionLost,
    Part,
    RateLimited,
    Rejected,
    RoomId,
    Speaker,
    TemporaryFailure,
)

from .avatars import ProfileAvatars
from .registration import AppService

__all__ = ["Puppet", "Puppets"]

log = logging.getLogger(__name__)

_MOST_KEPT = 20_000
_LONGEST_NAME = 256
_LONGEST_REASON = 200


@dataclass(slots=True, eq=False)
class Puppet:
    """Somebody from elsewhere, in all rooms."""

    key: str
    """Who they are (`Speaker.key`)."""
    voice: Voice
    name: str | None = None
    """The name that others see; None: they may not be registered yet."""
    avatar: str | None = None
    """The mxc address of their picture, "" for none; None: it is not known yet."""
    inside: dict[str, str] = field(default_factory=dict)
    """The rooms that they are in, as far as is known, with the name that they have there."""
    naming: asyncio.Lock = field(default_factory=asyncio.Lock)


class Puppets:
    """All of them on one homeserver. Kept from connection to connection; after a restart each is looked up
    with their next words.
    """

    def __init__(self, service: AppService, account: Account, session: Session, adapter: Adapter) -> None:
        self._service = service
        self._account = account
        self._session = session
        self._clock = adapter.clock
        self._bot = MatrixClient(account)
        self._itself = MatrixClient(account, Asserted(service.token))
        self._known: BoundedDict[str, Puppet] = BoundedDict(_MOST_KEPT)
        self._barred = Barred()
        self.avatars = ProfileAvatars(self._bot, self._found, adapter.avatars, adapter.clock)
        self.names: BoundedDict[str, str] = BoundedDict(_MOST_KEPT)
        """What people are called who may have no account yet, by their keys."""

    # -- what the adapter wants

    async def perform(self, wire: str, command: Command, uploaded: Uploaded | None) -> Part | None:
        """Let somebody do what a command says. Raises AdapterErrors."""
        puppet = await self.enter(command.room, wire, command.speaker)
        try:
            part = await perform(puppet.voice, self._session, wire, command, uploaded)
        except AdapterError as error:
            if _passes(error):
                raise
            raise await self._refused(puppet, command, wire, error) from None
        self.avatars.see(command.room, puppet.key)  # now that their words are there
        return replace(part, speaker=puppet.key) if part is not None else None

    async def enter(self, room: RoomId, wire: str, speaker: Speaker) -> Puppet:
        """Let somebody be in a room, under their name.

        Raises Rejected where it does not want them (`alone`), or where they cannot come as themselves, and
        what passes as it is.
        """
        puppet = self._found(speaker.key)
        if puppet is None:
            raise Rejected(f"{speaker.name} has a name that is too long for a Matrix id")
        self._admit(puppet, wire, speaker.name)
        try:
            await self._name(puppet, name := speaker.name[:_LONGEST_NAME])
            if wire not in puppet.inside:
                await self._join(puppet, room, wire, name)
            elif puppet.inside[wire] != name:
                await self._rename(puppet, wire, name)
        except AdapterError as error:
            if isinstance(error, Rejected) or _passes(error):
                raise
            raise Rejected(f"{speaker.name} cannot be in {room} as themselves: {error}") from None
        return puppet

    async def ready(self, key: str, name: str = "") -> Puppet:
        """Return somebody who has an account, with this name if there is one. Raises AdapterErrors."""
        if (puppet := self._found(key)) is None:
            raise Rejected(f"{name or key} has a name that is too long for a Matrix id")
        await self._name(puppet, name[:_LONGEST_NAME] or self.names.get(key, ""))
        return puppet

    def count(self) -> int:
        """Return how many are in rooms, as far as is known."""
        return sum(bool(puppet.inside) for puppet in self._known.values())

    def can_be(self, key: str) -> bool:
        """Whether somebody can have an id here."""
        return self._service.namespace.user_of(key) is not None

    async def exists(self, user: str) -> bool:
        """Whether one of our ids is somebody's who has an account."""
        key = self._session.key_of(user)
        puppet = self._found(key) if key is not None else None
        try:
            return puppet is not None and bool(await puppet.voice.client.call("GET", ("account", "whoami")))
        except Forbidden:
            return False

    async def _refused(
        self, puppet: Puppet, command: Command, wire: str, error: AdapterError
    ) -> AdapterError:
        """Return what it means that somebody was refused. Raises AdapterErrors when that cannot be learnt."""
        name, room = command.speaker.name, command.room
        if isinstance(error, Rejected):
            return error
        if not isinstance(error, Forbidden):
            return Rejected(f"{name} cannot speak in {room} as themselves: {error}")
        self.hear(wire, await self._membership(puppet, wire))
        if wire not in puppet.inside:
            self._admit(puppet, wire, name)
            return TemporaryFailure(f"{name} is not in {room} any more: they come back")
        levels = await self._bot.state(wire, "m.room.power_levels") or {}
        level, needed = level_of(levels, puppet.voice.user), needed_for_talk(levels)
        if level >= needed:
            return Rejected(str(error), alone=True)
        # where nobody may write who has no rank, the bridge may have one
        return Rejected(f"{name} may not write in {room}", alone=level < usual_level(levels))

    async def leave(self, wire: str) -> None:
        """Take everybody out of a room that the bot is about to leave. Raises RateLimited."""
        try:
            told = await self._bot.call("GET", ("rooms", wire, "joined_members"))
            for user in mapping(told.get("joined")):
                key = self._session.key_of(user)
                if key is not None and (puppet := self._found(key)) is not None:
                    await puppet.voice.client.call("POST", ("rooms", wire, "leave"), body={})
                    puppet.inside.pop(wire, None)
        except RateLimited:
            raise
        except AdapterError as error:
            log.warning("not everybody from elsewhere has left %s: %s", wire, error)

    def inside(self, wire: str, key: str) -> Voice | None:
        """Return who can do something in a room at once; None: they are not there, as far as is known."""
        puppet = self._found(key)
        return puppet.voice if puppet is not None and wire in puppet.inside else None

    async def go(self, wire: str, key: str) -> None:
        """Let somebody leave a room, if they are in it as far as is known. Raises AdapterErrors."""
        puppet = self._found(key)
        if puppet is not None and puppet.inside.pop(wire, None) is not None:
            await puppet.voice.client.call("POST", ("rooms", wire, "leave"), body={})

    # -- what the rooms tell

    def hear(self, wire: str, event: Mapping[str, Any]) -> None:
        """Take in an event by or about somebody from elsewhere."""
        if event.get("type") != "m.room.member":
            return
        key = self._session.key_of(user := id_of(event.get("state_key")))
        puppet = self._found(key) if key is not None else None
        if puppet is None:
            return
        content, by = mapping(event.get("content")), id_of(event.get("sender"))
        membership = content.get("membership")
        before = mapping(event.get("prev_content") or mapping(event.get("unsigned")).get("prev_content"))
        if membership == "join":
            puppet.inside.setdefault(wire, text_of(content.get("displayname")))
        else:
            puppet.inside.pop(wire, None)
        if membership == "ban":
            self._bar(puppet, wire, "was banned there", by, content)
        elif membership == "leave" and by != user and before.get("membership") == "join":
            self._bar(puppet, wire, "was sent out there", by, content)
        elif membership in ("join", "leave", "invite"):
            self._barred.free((puppet.key, wire))

    # -- one of them

    def _found(self, key: str) -> Puppet | None:
        """Return somebody; None: they can have no id."""
        user = self._service.namespace.user_of(key)
        if user is None:
            return None
        if (found := self._known.get(user)) is None:
            client = MatrixClient(self._account, Asserted(self._service.token, user))
            found = self._known[user] = Puppet(key, Voice(client, user))
        return found

    def _admit(self, puppet: Puppet, wire: str, name: str) -> None:
        self._barred.admit((puppet.key, wire), name, self._clock.monotonic())

    def _bar(self, puppet: Puppet, wire: str, why: str, by: str, content: Mapping[str, Any]) -> None:
        who = f" by {name_of(by, self._session.names_in(wire))}" if by else ""
        reason = " ".join(text_of(content.get("reason"), _LONGEST_REASON).split())
        why = f"{why}{who}{f': {reason}' if reason else ''}"
        self._barred.bar((puppet.key, wire), why, self._clock.monotonic())

    async def _name(self, puppet: Puppet, name: str) -> None:
        """See that somebody has an account, and this name in their profile."""
        async with puppet.naming:
            if puppet.name is None and not await self._register(puppet):
                puppet.name = await self._called(puppet)
            if name and puppet.name != name:
                path = ("profile", puppet.voice.user, "displayname")
                await puppet.voice.client.call("PUT", path, body={"displayname": name})
                puppet.name = name

    async def _called(self, puppet: Puppet) -> str:
        try:
            profile = await puppet.voice.client.call("GET", ("profile", puppet.voice.user, "displayname"))
        except NotThere:
            return ""
        return text_of(profile.get("displayname"))

    async def _register(self, puppet: Puppet) -> bool:
        """Make an account ("Server admin style permissions"). Returns False where there is one already."""
        body = {
            "type": "m.login.application_service",
            "username": puppet.voice.user[1:].partition(":")[0],
            "inhibit_login": True,
        }
        try:
            await self._itself.call("POST", ("register",), body=body)
        except InUse:
            return False
        return True

    async def _rename(self, puppet: Puppet, wire: str, name: str) -> None:
        """Let somebody have another name in a room before they speak there: a changed profile comes into
        rooms when the homeserver has time.
        """
        content = {"membership": "join", "displayname": name}
        if puppet.avatar:  # Synapse puts it in by itself; nobody has to
            content["avatar_url"] = puppet.avatar
        path = ("rooms", wire, "state", "m.room.member", puppet.voice.user)
        await puppet.voice.client.call("PUT", path, body=content)
        puppet.inside[wire] = name

    async def _join(self, puppet: Puppet, room: RoomId, wire: str, name: str) -> None:
        """Let somebody join a room, by our invitation where they need one."""
        try:
            await puppet.voice.client.join(wire)
        except Forbidden:
            found = await self._membership(puppet, wire)
            if mapping(found["content"]).get("membership") == "ban":
                self.hear(wire, found)
                self._admit(puppet, wire, name)
            await self._invite(puppet, room, wire, name)
            await puppet.voice.client.join(wire)
        puppet.inside[wire] = name
        self._barred.free((puppet.key, wire))

    async def _invite(self, puppet: Puppet, room: RoomId, wire: str, name: str) -> None:
        try:
            await self._bot.call("POST", ("rooms", wire, "invite"), body={"user_id": puppet.voice.user})
        except Forbidden as error:
            raise Rejected(
                f"{name} cannot be in {room} as themselves: let {self._session.own} invite people ({error})"
            ) from None

    async def _membership(self, puppet: Puppet, wire: str) -> Mapping[str, Any]:
        """Return the event that says whether somebody is in a room, as far as the homeserver tells."""
        found = mapping(await self._bot.state_event(wire, "m.room.member", puppet.voice.user))
        return {"type": "m.room.member", "state_key": puppet.voice.user, "content": {}, **found}


def _passes(error: AdapterError) -> bool:
    """Whether an error says nothing about who speaks."""
    passing = isinstance(error, ConnectionLost | RateLimited | TemporaryFailure)
    return passing and not isinstance(error, NotMatrix)
