"""Rooms that are made for some people: hidden, and for members only (XEP-0045 sections 10.1 and 9.3).

Whoever is invited is made a member by their address, and told directly (XEP-0249). A room is persistent, so
that it is there after a restart, and is destroyed in the end.
"""

import asyncio
import contextlib
from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element

from adapters.xmpp import encode
from adapters.xmpp.config import NetworkConfig
from adapters.xmpp.decode import members, muc_info
from adapters.xmpp.history.archive import Requester
from adapters.xmpp.session import Session
from bridge import AdapterError, Rejected, RoomId, RoomUnavailable, TemporaryFailure, UserId

__all__ = ["RoomMaking"]

_ANSWER = 30.0
_TRIES = 5
_ADMIN = "http://jabber.org/protocol/muc#admin"
_OWNER = "http://jabber.org/protocol/muc#owner"
_CONFIG = "http://jabber.org/protocol/muc#roomconfig"
_DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
_WANTED = {
    "muc#roomconfig_membersonly": "1",
    "muc#roomconfig_publicroom": "0",
    "muc#roomconfig_persistentroom": "1",
    "muc#roomconfig_allowinvites": "0",
}
_CLOSED = frozenset({"muc_membersonly", "muc_hidden"})
_DESTROY = f"<query xmlns='{_OWNER}'><destroy/></query>"
_GONE = frozenset({"item-not-found", "gone"})


class RoomMaking:
    """Makes the rooms of one connection, one at a time."""

    def __init__(self, config: NetworkConfig, session: Session, requester: Requester) -> None:
        self._config = config
        self._session = session
        self._requester = requester
        self._one = asyncio.Lock()
        self.room = ""
        """The one that is being entered now."""
        self._answer: asyncio.Future[muc_info.Presence] | None = None

    async def make(self, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        """Make a room. See `Adapter.make_room`."""
        people = [self._address(user) for user in invited]
        async with self._one:
            room = await self._opened(name)
        try:
            await self._close(room, topic or name)
            if topic:
                subject = f"<subject>{encode.quote(topic)}</subject>"
                self._requester.say(
                    f"<message to='{encode.quote(room)}' type='groupchat'>{subject}</message>"
                )
            for person in people:
                await self._invite(room, person, topic)
        except BaseException:
            with contextlib.suppress(AdapterError):
                await self.destroy(room)
            raise
        return room

    async def invite(self, room: RoomId, users: Collection[UserId]) -> None:
        """Let people in. See `Adapter.invite`."""
        place = self._session.places.get(room)
        topic = (place.topic if place is not None else None) or ""
        refused: AdapterError | None = None
        for user in users:
            try:
                await self._invite(room, self._address(user), topic)
            except AdapterError as error:
                refused = error
        if refused is not None:
            raise refused

    async def destroy(self, room: RoomId) -> None:
        """Take a room down: everybody is out of it (XEP-0045 section 10.9)."""
        answer = await self._ask("set", room, _DESTROY)
        if answer.get("type") == "error" and muc_info.condition(answer)[0] not in _GONE:
            raise Rejected(f"{room} cannot be destroyed ({muc_info.condition(answer)[0]})")

    def presence(self, seen: muc_info.Presence) -> None:
        """Take in a presence of a room that is none of ours yet."""
        if self._answer is None or self._answer.done():
            return
        if seen.type == "error" or "110" in seen.statuses:
            self._answer.set_result(seen)

    # -- one room

    async def _opened(self, name: str) -> RoomId:
        """Enter a room that is not there yet, which makes it."""
        why = "the names were taken"
        for room in self._names(name):
            answer = await self._entered(room)
            if "201" in answer.statuses:
                return room
            if answer.type == "error":
                why = answer.text or answer.condition
                if answer.condition == "not-allowed":  # nobody here may make any
                    break
            else:
                self._requester.say(encode.leave(f"{room}/{answer.nick}"))
        raise Rejected(f"no room can be made for {name}: {why}")

    async def _entered(self, room: RoomId) -> muc_info.Presence:
        self.room, self._answer = room, asyncio.get_running_loop().create_future()
        self._requester.say(encode.join(f"{room}/{self._config.name}", self._requester.fresh_id(), None))
        try:
            async with asyncio.timeout(_ANSWER):
                return await self._answer
        except TimeoutError:
            raise TemporaryFailure(f"{room} does not answer") from None
        finally:
            self.room, self._answer = "", None

    async def _close(self, room: RoomId, title: str) -> None:
        """Set the room up, and see that nobody else finds or enters it. Raises Rejected."""
        form = muc_info.info(await self._ask("get", room, f"<query xmlns='{_OWNER}'/>"))
        wanted = {"FORM_TYPE": _CONFIG, **{key: to for key, to in _WANTED.items() if key in form.fields}}
        if "muc#roomconfig_roomname" in form.fields:
            wanted["muc#roomconfig_roomname"] = title
        fields = "".join(
            f"<field var='{key}'><value>{encode.quote(to)}</value></field>" for key, to in wanted.items()
        )
        query = f"<query xmlns='{_OWNER}'><x xmlns='jabber:x:data' type='submit'>{fields}</x></query>"
        answer = await self._ask("set", room, query)
        found = muc_info.info(await self._ask("get", room, _DISCO))
        if answer.get("type") == "error" or not found.features >= _CLOSED:
            raise Rejected(f"{room} cannot be closed to others ({muc_info.condition(answer)[0]})")

    async def _invite(self, room: RoomId, person: str, topic: str) -> None:
        address = encode.quote(person)
        item = f"<query xmlns='{_ADMIN}'><item affiliation='member' jid='{address}'/></query>"
        answer = await self._ask("set", room, item)
        if answer.get("type") == "error":
            raise RoomUnavailable(f"{person} cannot be let into {room} ({muc_info.condition(answer)[0]})")
        told = f"jid='{encode.quote(room)}' reason='{encode.quote(topic)}'"
        # without a body Prosody makes no carbon of it, and ejabberd does not archive it
        body = f"<body>{encode.quote(f'{topic} xmpp:{room}?join'.strip())}</body>"
        self._requester.say(
            f"<message to='{address}'>{body}<x xmlns='jabber:x:conference' {told}/></message>"
        )

    async def _ask(self, kind: str, room: RoomId, payload: str) -> Element:
        try:
            return await self._requester.ask(kind, room, payload)
        except TimeoutError:
            raise TemporaryFailure(f"{room} does not answer") from None

    def _address(self, user: UserId) -> str:
        """Return the address of somebody who is in a room of ours. Raises Rejected."""
        for place in self._session.places.values():
            for nick, occupant in place.people.items() if place.joined else ():
                if members.who(place, nick, occupant).id != user:
                    continue
                if person := place.persons.get(nick):
                    return person
                raise Rejected(
                    f"{place.room} hides the address of {nick}, so that hubbub cannot invite them: make"
                    " it a moderator there, or let the room show addresses"
                )
        raise Rejected(f"{user} is in no room where hubbub is")

    def _names(self, name: str) -> Iterator[RoomId]:
        """Yield rooms to try, at the service of a room that we are in."""
        service = next(
            (one.room.partition("@")[2] for one in self._session.places.values() if one.joined), ""
        )
        if not service:
            raise RoomUnavailable("hubbub is in no room, and so knows no service where it could make one")
        word = "".join(one for one in name.lower() if one.isalnum() or one in "-_.")
        for number in range(1, _TRIES + 1):
            yield RoomId(f"{word}{f'-{number}' if number > 1 else ''}@{service}")
