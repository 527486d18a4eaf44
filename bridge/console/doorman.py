"""Who may use the console: whoever is on this machine or, with a token, whoever logged in with that."""

import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass

from aiohttp import web

from bridge.clock import Clock
from bridge.kit.pace import Paces, TokenBucket
from bridge.web import Site
from bridge.web.app import is_from_our_page

__all__ = ["Doorman", "Visitor"]

log = logging.getLogger(__name__)

_IDLE = 7 * 86_400.0
"""A session that nobody used for so long is over, in seconds."""
_MOST = 1000
_TRIES = 10
_TRIES_OF_ALL = 60
"""So many tokens are looked at in a minute from one address, and of all."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may use the console."""

    address: str
    form_token: str
    """What each form brings along, which no other site's page knows."""


class Doorman:
    """Lets visitors in, and knows them again by a cookie."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self._token = site.token
        self._site = site
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._sessions: dict[bytes, float] = {}
        """When each was used last, by the hash of what its cookie says; the one used last stands last."""
        self._tries = Paces(_MOST, burst=_TRIES, per_second=_TRIES / 60, clock=clock)
        self._tries_of_all = TokenBucket(_TRIES_OF_ALL, per_second=_TRIES_OF_ALL / 60, clock=clock)

    @property
    def asks_for_token(self) -> bool:
        """Whether one has to log in."""
        return bool(self._token)

    def visitor(self, request: web.Request) -> Visitor | None:
        """Return who asks; None: they have to log in, or may not come in at all."""
        cookie = request.cookies.get(_cookie(request), "")
        if not self._token:
            return self._known(request, cookie) if self._site.is_here(request) else None
        digest, now = _digest(cookie), self._clock.monotonic()
        used = self._sessions.pop(digest, None)
        if used is None or now - used > _IDLE:
            return None
        self._sessions[digest] = now
        return self._known(request, cookie)

    def greet(self, request: web.Request, response: web.StreamResponse) -> str:
        """Give somebody on this machine a cookie, where they have none. Returns their form token."""
        cookie = request.cookies.get(_cookie(request)) or secrets.token_urlsafe(32)
        if not self._token and _cookie(request) not in request.cookies:
            _give(request, response, cookie)
        return self._form_token(cookie)

    def is_meant(self, request: web.Request, visitor: Visitor, given: str) -> bool:
        """Whether a form was sent from a page of ours."""
        return is_from_our_page(request) and hmac.compare_digest(
            given.encode(errors="replace"), visitor.form_token.encode()
        )

    def may_try(self, request: web.Request) -> bool:
        """Whether a token is looked at now: not if there were too many, from this address or from all."""
        return self._tries.take_now(request.remote or "?") and self._tries_of_all.take_now()

    def log_in(self, request: web.Request, given: str, response: web.StreamResponse) -> bool:
        """Begin a session, if this is the token."""
        if not hmac.compare_digest(given.strip().encode(errors="replace"), self._token.encode()):
            wants = "somebody without the right token wants to log in to the console, from %s"
            log.warning(wants, request.remote)
            return False
        while len(self._sessions) >= _MOST:
            self._sessions.pop(next(iter(self._sessions)))
        cookie = secrets.token_urlsafe(32)
        self._sessions[_digest(cookie)] = self._clock.monotonic()
        _give(request, response, cookie)
        log.info("somebody logged in to the console, from %s", request.remote)
        return True

    def log_out(self, request: web.Request, response: web.StreamResponse) -> None:
        """End a session."""
        self._sessions.pop(_digest(request.cookies.get(_cookie(request), "")), None)
        response.del_cookie(_cookie(request), path="/")

    def _known(self, request: web.Request, cookie: str) -> Visitor:
        return Visitor(request.remote or "?", self._form_token(cookie))

    def _form_token(self, cookie: str) -> str:
        return hmac.new(self._key, cookie.encode(errors="replace"), hashlib.sha256).hexdigest()


def is_secure(request: web.Request) -> bool:
    """Whether the visitor's browser came by TLS, here or to a proxy before us."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def _cookie(request: web.Request) -> str:
    """Return the name of the cookie. Ports share cookies: two services on one machine have one each."""
    if is_secure(request):
        return "__Host-hubbub"
    port = request.host.rpartition(":")[2]
    return f"hubbub-{port}" if port.isdecimal() else "hubbub"


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode(errors="replace")).digest()


def _give(request: web.Request, response: web.StreamResponse, cookie: str) -> None:
    response.set_cookie(
        _cookie(request), cookie, path="/", httponly=True, samesite="Strict", secure=is_secure(request)
    )
