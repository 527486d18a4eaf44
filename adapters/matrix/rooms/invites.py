"""Invitations, and people who write to the bot where nothing is relayed."""

import fnmatch
import logging
import secrets
from collections.abc import Callable

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.encode import content_of
from adapters.matrix.session import Session
from adapters.matrix.untrusted import id_of, listed, mapping, text_of
from bridge import Kind, RateLimited, Rejected, RoomUnavailable, TemporaryFailure, Txn, plain

from .rooms import Rooms

__all__ = ["Invites"]

log = logging.getLogger(__name__)

_PASSING = (RoomUnavailable, TemporaryFailure, RateLimited, Rejected)
"""Errors that do no harm to a courtesy."""


class Invites:
    """Accepts invitations and introduces the bot, in each room once an hour."""

    def __init__(
        self,
        client: MatrixClient,
        session: Session,
        rooms: Rooms,
        introduce: Callable[[str], str | None],
        allowed: tuple[str, ...],
    ) -> None:
        self._client = client
        self._session = session
        self._rooms = rooms
        self._introduce = introduce
        self.allowed = allowed

    def invited(self, wire: str, events: object) -> None:
        """Accept an invitation into a room of the map, or from somebody who may invite; leave others be."""
        inviter, names = "", {wire}
        for item in map(mapping, listed(events)):
            content = mapping(item.get("content"))
            if item.get("type") == "m.room.member" and item.get("state_key") == self._session.own:
                inviter = id_of(item.get("sender"))
            elif item.get("type") == "m.room.canonical_alias":
                names |= {text_of(content.get("alias")), *map(text_of, listed(content.get("alt_aliases")))}
        if (
            not self._rooms.invited(names)
            and inviter
            and any(_matches(inviter, glob) for glob in self.allowed)
        ):
            self._rooms.spawn(self._accept(wire))

    def spoken_to(self, wire: str) -> None:
        """Tell somebody who wrote where nothing is relayed what this is, once for the whole room."""
        if wire in self._session.encrypted or not self._rooms.settled:
            return
        if text := self._introduce(wire):
            self._rooms.spawn(self._tell(wire, text))

    async def _accept(self, wire: str) -> None:
        try:
            self._session.joined.add(await self._client.join(wire))
            if await self._client.state(wire, "m.room.encryption") is not None:
                self._session.encrypted.add(wire)
                self._session.left(wire)
                await self._client.leave(wire)
        except _PASSING as error:
            log.warning("an invitation into %s could not be accepted: %s", wire, error)
        else:
            self.spoken_to(wire)

    async def _tell(self, wire: str, text: str) -> None:
        txn = Txn(secrets.token_hex(8))
        try:
            await self._client.say(wire, content_of(plain(text), Kind.NOTICE, txn=txn), txn)
        except _PASSING as error:
            log.debug("no introduction in %s: %s", wire, error)


def _matches(user: str, glob: str) -> bool:
    return fnmatch.fnmatchcase(user, glob.replace("[", "[[]"))
