"""The client-server API over nio's session: one HTTP request a call, refusals raised as our errors."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import nio

from bridge import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    RateLimited,
    Rejected,
    RoomUnavailable,
    TemporaryFailure,
    Txn,
)

from .answers import LoggedOut, NotThere, answer
from .config import MatrixNetwork
from .decode import id_of, mapping, text_of
from .http import CONNECT, HttpSession, trust

__all__ = ["Client"]

log = logging.getLogger(__name__)

_JOIN = 180.0
"""A join may go through servers far away."""
_POLL = 30.0
"""Seconds that the server may hold a sync back while nothing happens."""
_PLAIN = {"Content-Type": "application/json", "User-Agent": "Hubbub"}


class Client:
    """One account on one homeserver. What it keeps between connections is the token and the device."""

    def __init__(self, network: str, config: MatrixNetwork) -> None:
        self._config = config
        self.user = config.user
        """Our own id, as the homeserver writes it."""
        self._device = config.device_id or _device(network, config.user)
        self._nio: HttpSession | None = None
        self._token = config.token.get_secret_value() if config.token is not None else None
        self._rename = True
        self._logging_in = asyncio.Lock()

    async def open(self, *, rename: bool = True) -> None:
        """Open the session and see to it that we are logged in.

        Raises ConnectionLost or AuthenticationFailed.
        """
        await self.close()
        self._rename = rename
        settings = nio.AsyncClientConfig(
            max_limit_exceeded=0, max_timeouts=0, encryption_enabled=False, store_sync_tokens=False
        )
        session = HttpSession(self._config.homeserver, self._config.user, self._device, None, settings)
        session.ssl = trust(self._config.ca_file)
        session.client_session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._nio = session
        try:
            await self._see_server()
            await self.log_in() if self._token is None else await self._check_token(self._token)
        except (TemporaryFailure, RoomUnavailable, Rejected, RateLimited) as error:
            raise ConnectionLost(str(error)) from None

    async def close(self) -> None:
        """Close the connections. The device and its token stay."""
        session, self._nio = self._nio, None
        if session is not None:
            await session.close()

    async def log_in(self, expired: str | None = None) -> None:
        """Log in with the password; the device is the same each time (5.4, 5.6.3).

        With `expired`, only when that token is still the one in use: several requests may find it ended.
        """
        async with self._logging_in:
            if expired is not None and self._token != expired:
                return
            self._token = None
            if self._config.password is None:
                raise AuthenticationFailed(
                    f"the homeserver no longer takes the token of {self._config.user}: put a new one into token"
                )
            session = self._session
            session.access_token = ""
            session.device_id = self._device
            try:
                reply = await session.login(self._config.password.get_secret_value(), device_name="Hubbub")
            except (RoomUnavailable, AuthenticationFailed, Rejected) as error:
                raise AuthenticationFailed(
                    f"the homeserver does not let {self._config.user} in: check user and password ({error})"
                ) from None
            if not isinstance(reply, nio.LoginResponse):
                raise ConnectionLost(
                    "the homeserver answers a login as no Matrix server does: check homeserver"
                )
            self._token, self.user = reply.access_token, reply.user_id
            await self._take_name()

    async def log_out(self) -> None:
        """End the session for good. Only `look` does; a service keeps its device."""
        if self._token is not None:
            await _fine(self._session.logout())
            self._token = None

    async def sync(self, since: str | None, filter_: str, *, wait: bool) -> dict[str, Any]:
        """What happened since (6.4). With `wait` the server holds the answer back until there is something."""
        hold = _POLL if wait else 0.0
        query = {"filter": filter_, "timeout": str(int(hold * 1000)), "set_presence": "offline"}
        if since is not None:
            query["since"] = since
        limit = aiohttp.ClientTimeout(total=hold + 90.0, sock_connect=CONNECT, sock_read=hold + 30.0)
        try:
            return await self.call("GET", ("sync",), query, limit=limit)
        except TemporaryFailure as error:
            raise ConnectionLost(str(error)) from None

    async def messages(self, room: str, start: str, end: str, filter_: str) -> dict[str, Any]:
        """A page of the room's history backwards from `start`, not beyond `end` (6.7.1)."""
        query = {"from": start, "to": end, "dir": "b", "limit": "100", "filter": filter_}
        return await self.call("GET", ("rooms", room, "messages"), query)

    async def say(self, room: str, content: Mapping[str, Any], txn: Txn) -> str:
        """Put a message into the room; the same txn again gives the same event (6.6.1). Returns its id."""
        path = ("rooms", room, "send", "m.room.message", txn)
        try:
            reply = await self.call("PUT", path, body=content)
        except ConnectionLost:
            # A kept connection that the server had just closed; the txn makes a second time harmless.
            reply = await self.call("PUT", path, body=content)
        if event := id_of(reply.get("event_id")):
            return event
        raise TemporaryFailure("the homeserver took the message but did not name it")

    async def resolve(self, alias: str) -> tuple[str, tuple[str, ...]]:
        """The room that an alias names, and servers to join it by (8.1)."""
        reply = await self._logged_in(lambda: _fine(self._session.room_resolve_alias(alias)))
        servers = tuple(name for name in reply.servers if isinstance(name, str))[:5]
        return _room(reply.room_id), servers

    async def join(self, room: str, via: Sequence[str] = ()) -> str:
        """Join by id or alias (8.4.2). Returns the room's id."""
        if not via:
            return _room((await self._logged_in(lambda: _fine(self._session.join(room)))).room_id)
        # nio's join takes no servers. `server_name` is what servers before 1.12 know `via` as.
        query = [(key, name) for name in via for key in ("via", "server_name")]
        limit = aiohttp.ClientTimeout(total=_JOIN, sock_connect=CONNECT)
        return _room((await self.call("POST", ("join", room), query, body={}, limit=limit)).get("room_id"))

    async def leave(self, room: str) -> None:
        await self._logged_in(lambda: _fine(self._session.room_leave(room)))

    async def joined(self) -> frozenset[str]:
        """The rooms we are in."""
        return frozenset((await self._logged_in(lambda: _fine(self._session.joined_rooms()))).rooms)

    async def hierarchy(self, room: str) -> dict[str, Any]:
        """What may be seen of a room from outside (11.34.2); nio asks it of v1 as well."""
        return await self.call(
            "GET", ("rooms", room, "hierarchy"), {"limit": "1", "max_depth": "0"}, version="v1"
        )

    async def state(self, room: str, kind: str, key: str = "") -> Mapping[str, Any] | None:
        """A piece of the room's state (6.5.2), None when it is not set."""
        try:
            return await self.call("GET", ("rooms", room, "state", kind, *([key] if key else [])))
        except NotThere:
            return None

    async def call(
        self,
        method: str,
        path: Sequence[str],
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        *,
        body: Mapping[str, Any] | None = None,
        limit: aiohttp.ClientTimeout | None = None,
        version: str = "v3",
    ) -> dict[str, Any]:
        """One request. A soft logout is answered by logging in again (5.6.3). Raises AdapterErrors."""
        target = f"/_matrix/client/{version}/" + "/".join([quote(part, safe="") for part in path])
        if query:
            target += "?" + urlencode(query)
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None

        async def request() -> dict[str, Any]:
            headers = {**_PLAIN, "Authorization": f"Bearer {self._token}"}
            reply = await self._session.send(method, target, data, headers, None, limit)
            return answer(await reply.read())

        reply: dict[str, Any] = await self._logged_in(request)
        return reply

    async def _logged_in(self, request: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """The request's answer, after logging in anew where the session has softly ended (5.6.3)."""
        token = self._token
        try:
            return await request()
        except LoggedOut as error:
            await self._logged_out(error, token, again=True)
        token = self._token
        try:
            return await request()
        except LoggedOut as error:
            await self._logged_out(error, token, again=False)

    async def _logged_out(self, error: LoggedOut, token: str | None, *, again: bool) -> None:
        """Log in anew where that can help, else raise."""
        if self._config.password is None:
            raise AuthenticationFailed(
                f"the homeserver no longer takes the token of {self._config.user}: put a new one into token"
            ) from None
        if error.soft and again:
            log.info("the session of %s has ended; logging in again", self._config.user)
            await self.log_in(expired=token)
            return
        if self._token == token:
            self._token = None
        raise AuthenticationFailed(
            f"the session of {self._config.user} was ended from elsewhere: does another Hubbub use the account?"
        ) from None

    async def _check_token(self, token: str) -> None:
        """See that the token is good and is this user's (5.7)."""
        self._session.access_token = token
        try:
            reply = await _fine(self._session.whoami())
        except LoggedOut as error:
            if self._config.password is None or not error.soft:
                await self._logged_out(error, token, again=False)
            await self.log_in(expired=token)
            return
        if reply.user_id != self._config.user:
            raise AuthenticationFailed(
                f"the token is that of {text_of(reply.user_id, 255)}: check user and token"
            )
        if self._config.token is not None:
            await self._take_name()

    async def _see_server(self) -> None:
        """See that a homeserver is there (2.1), and where the server's owner says it is when it is not."""
        try:
            reply = await self._session.send("GET", "/_matrix/client/versions", None, dict(_PLAIN))
            found = isinstance(answer(await reply.read()).get("versions"), list)
        except TemporaryFailure:
            raise
        except ConnectionLost as error:
            if "check homeserver" not in str(error):
                raise
            found = False
        except AdapterError:
            found = False
        if not found:
            hint = await self._well_known()
            raise ConnectionLost(
                f"there is no Matrix homeserver at {self._config.homeserver}: check homeserver{hint}"
            )

    async def _well_known(self) -> str:
        """What the server's domain says of itself (4.1, "Well-known URI")."""
        try:
            reply = await self._session.send("GET", "/.well-known/matrix/client", None, dict(_PLAIN))
            told = mapping(answer(await reply.read()).get("m.homeserver")).get("base_url")
        except AdapterError:
            return ""
        return f" (its domain says that it is {text_of(told, 200)})" if text_of(told) else ""

    async def _take_name(self) -> None:
        """Bear the configured display name (11.2.2)."""
        wanted = self._config.display_name
        if wanted is None or not self._rename:
            return
        try:
            name = await self._session.get_displayname(self._config.user)
            if getattr(name, "displayname", None) != wanted:
                await self._session.set_displayname(wanted)
        except (RoomUnavailable, Rejected, RateLimited) as error:
            log.warning("the display name of %s could not be set: %s", self._config.user, error)

    @property
    def _session(self) -> HttpSession:
        if self._nio is None:
            raise ConnectionLost("not connected")
        return self._nio


async def _fine(calling: Coroutine[Any, Any, Any]) -> Any:
    """Nio's answer; what it returns instead of raising is an answer that is not as the specification has it."""
    try:
        reply = await calling
    except (UnicodeDecodeError, RecursionError):
        reply = None
    if reply is None or isinstance(reply, nio.ErrorResponse):
        raise ConnectionLost("the homeserver answers as no Matrix server does: check homeserver")
    return reply


def _room(value: object) -> str:
    if (room := id_of(value)).startswith("!"):
        return room
    raise ConnectionLost("the homeserver named no room: check homeserver")


def _device(network: str, user: str) -> str:
    """A device id that a restart does not change, so that no devices pile up."""
    return "HUBBUB" + hashlib.sha256(f"{network}\n{user}".encode()).hexdigest()[:12].upper()
