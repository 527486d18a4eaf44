"""The account: its login, device and token, over nio's session."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from ssl import SSLContext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from adapters.matrix.config import MatrixNetwork
from adapters.matrix.untrusted import mapping, text_of
from bridge import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    Endpoint,
    Keepsake,
    RateLimited,
    Rejected,
    RoomUnavailable,
    TemporaryFailure,
    endpoint,
    trust,
)

from .errors import LoggedOut, NotMatrix, answer
from .saved_session import SavedSession

if TYPE_CHECKING:
    from .http import HttpSession

__all__ = ["Account", "fine"]

log = logging.getLogger(__name__)

_PLAIN = {"Content-Type": "application/json", "User-Agent": "Hubbub"}


class Account:
    """One account on one homeserver. The token and the device stay from connection to connection."""

    def __init__(self, network: str, config: MatrixNetwork) -> None:
        self.config = config
        self.user = config.user
        """Our own id, as the homeserver writes it."""
        self.keepsake: Keepsake | None = None
        device = config.device_id or _device(network, config.user)
        self._saved = SavedSession(config.homeserver, config.user, device)
        self.tls: SSLContext | None = None
        """The context that verifies the homeserver, once there was a connection."""
        self._nio: HttpSession | None = None
        self._token = config.token.get_secret_value() if config.token is not None else None
        self._rename = True
        self._logging_in = asyncio.Lock()
        self._not_before = 0.0
        """When the homeserver takes the next login, by the loop's clock."""

    async def open(self, *, rename: bool = True) -> None:
        """Open the session and see to it that we are logged in.

        Raises ConnectionLost, AuthenticationFailed or RateLimited.
        """
        await self.close()
        self._rename = rename
        if self.config.device_id is None:
            self._saved = self._saved.kept(self.keepsake)
        open_session, tls = await asyncio.to_thread(_ready, self.config.ca_file)
        device = self._saved.device_id
        self.tls, self._nio = (
            tls,
            open_session(self.config.homeserver, self.config.user, device, tls, self.config),
        )
        try:
            await self._see_server()
            if self._token is None and self.config.password is not None:
                self._token = self._saved.token(self.keepsake)
            await self.log_in() if self._token is None else await self._check_token(self._token)
        except (TemporaryFailure, RoomUnavailable, Rejected) as error:
            raise ConnectionLost(str(error)) from None

    async def close(self) -> None:
        """Close the connections. The device and its token stay."""
        session, self._nio = self._nio, None
        if session is not None:
            await session.close()

    async def log_in(self, expired: str | None = None) -> None:
        """Log in with the password; the device is the same each time ("Login", "Soft logout").

        With `expired`, only when that token is still the one in use: several requests, and several
        processes, may find it ended. Raises AuthenticationFailed, RateLimited and what passes.
        """
        if self.config.password is None:
            raise self._token_ended()
        async with self._logging_in:
            if expired is not None:
                if self._token != expired:
                    return
                if (newer := self._newer(expired)) is not None:
                    self._token = self.session.access_token = newer
                    return
            await self._ask_for_token(self.config.password.get_secret_value())
            await self._take_name()

    async def _ask_for_token(self, password: str) -> None:
        clock = asyncio.get_running_loop().time
        if (wait := self._not_before - clock()) > 0:
            raise _later(wait)
        session = self.session
        session.access_token = ""
        session.device_id = self._saved.device_id
        try:
            reply = await fine(session.login(password, device_name="Hubbub"))
        except RateLimited as error:
            self._not_before = clock() + error.retry_after
            raise _later(error.retry_after) from None
        except (RoomUnavailable, AuthenticationFailed, Rejected) as error:
            raise AuthenticationFailed(
                f"the homeserver does not let {self.config.user} in: check user and password ({error})"
            ) from None
        self._token, self.user = reply.access_token, reply.user_id
        self._saved.keep(self.keepsake, reply.access_token)

    def _newer(self, expired: str | None) -> str | None:
        """Return the token of a login that another process made meanwhile, such as `hubbub login`."""
        kept = self._saved.token(self.keepsake)
        return kept if kept != expired else None

    async def log_out(self) -> None:
        """End the session for good. Only `look` does; a service keeps its device."""
        if self._token is not None:
            await fine(self.session.logout())
            self._token = None

    async def ask(self, request: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Return the request's answer, after logging in anew where the session has ended ("Soft logout")."""
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
        if self.config.password is None:
            raise self._token_ended() from None
        if again and (error.soft or self._newer(token) is not None):
            log.info("the session of %s has ended; logging in again", self.config.user)
            await self.log_in(expired=token)
            return
        if self._token == token:
            self._token = None
        raise AuthenticationFailed(
            f"the session of {self.user} was ended from elsewhere: does another Hubbub use the account?"
        ) from None

    def _token_ended(self) -> AuthenticationFailed:
        return AuthenticationFailed(
            f"the homeserver does not take the token of {self.user}, or no longer: put a new one into token"
        )

    async def _check_token(self, token: str) -> None:
        """See that the token is good and is this user's (GET /account/whoami)."""
        self.session.access_token = token
        try:
            reply = await fine(self.session.whoami())
        except LoggedOut:
            await self.log_in(expired=token)
            return
        if self.config.token is not None and reply.user_id != self.config.user:
            raise AuthenticationFailed(
                f"the token is that of {text_of(reply.user_id, 255)}: check user and token"
            )
        self.user = reply.user_id
        await self._take_name()

    async def _see_server(self) -> None:
        """See that a homeserver is there, and where the server's owner says it is when it is not."""
        try:
            reply = await self.session.send("GET", "/_matrix/client/versions", None, dict(_PLAIN))
            found, said = isinstance(answer(await reply.read()).get("versions"), list), ""
        except NotMatrix as error:
            found, said = False, f" (it answers {error.status})" if error.status else ""
        except (RoomUnavailable, Rejected) as error:
            found, said = False, f" ({error})"
        except RateLimited as error:
            raise RateLimited(
                f"{self.config.homeserver} asks to wait {error.retry_after:.0f} s", error.retry_after
            ) from None
        if not found:
            hint = await self._well_known()
            raise ConnectionLost(
                f"there is no Matrix homeserver at {self.config.homeserver}{said}: check homeserver{hint}"
            )

    async def _well_known(self) -> str:
        """Return the base address that the server's domain names ("Well-known URI")."""
        try:
            reply = await self.session.send("GET", "/.well-known/matrix/client", None, dict(_PLAIN))
            told = mapping(answer(await reply.read()).get("m.homeserver")).get("base_url")
        except AdapterError:
            return ""
        return f" (its domain says that it is {text_of(told, 200)})" if text_of(told) else ""

    async def follow(self, config: MatrixNetwork) -> None:
        """Take over another display name, if the owner wants one."""
        changed = config.display_name != self.config.display_name
        self.config = config
        if changed:
            try:
                await self._take_name()
            except AdapterError as error:
                log.warning("the display name of %s could not be set: %s", config.user, error)

    async def _take_name(self) -> None:
        """Set the configured display name ("Profiles")."""
        wanted = self.config.display_name
        if wanted is None or not self._rename:
            return
        try:
            name = await self.session.get_displayname(self.config.user)
            if getattr(name, "displayname", None) != wanted:
                await self.session.set_displayname(wanted)
        except (RoomUnavailable, Rejected, RateLimited) as error:
            log.warning("the display name of %s could not be set: %s", self.config.user, error)

    def peer(self) -> Endpoint | None:
        """Return who is at the other end; None: there is no session."""
        if self._nio is None:
            return None
        address = urlsplit(self.config.homeserver)
        port = address.port or (443 if address.scheme == "https" else 80)
        return endpoint(address.hostname or "", port, self._nio.link)

    @property
    def token(self) -> str:
        return self._token or ""

    @property
    def session(self) -> "HttpSession":
        if self._nio is None:
            raise ConnectionLost("not connected")
        return self._nio


def _ready(ca_file: Path | None) -> "tuple[Callable[..., HttpSession], SSLContext]":
    """Return what makes a session, and the context that verifies the homeserver.

    Slow: to be run in a thread.
    """
    from .http import open_session  # loads nio, which takes half a second

    return open_session, trust(ca_file)


async def fine(calling: Coroutine[Any, Any, Any]) -> Any:
    """Return nio's answer. Raises where it breaks the specification: nio itself only returns that."""
    from nio import ErrorResponse  # nio is loaded with the session

    try:
        reply = await calling
    except (UnicodeDecodeError, RecursionError):
        reply = None
    if reply is None or isinstance(reply, ErrorResponse):
        raise ConnectionLost("the homeserver answers as no Matrix server does: check homeserver")
    return reply


def _later(seconds: float) -> RateLimited:
    return RateLimited(f"the homeserver asks to wait {seconds:.0f} s before the next login", seconds)


def _device(network: str, user: str) -> str:
    """Return a device id that a restart does not change, so that no devices pile up."""
    return "HUBBUB" + hashlib.sha256(f"{network}\n{user}".encode()).hexdigest()[:12].upper()
