"""Bots to which Hubbub goes itself: by WebSocket (reverse), or by posting what happens."""

import asyncio
import hashlib
import hmac
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from bridge import ConnectionLost, reason

from .actions import Actions
from .audience import Hearer, Told
from .config import NetworkConfig
from .session import Session, written
from .sockets import LARGEST_FRAME, Sockets

__all__ = ["Outward", "shown"]

log = logging.getLogger(__name__)

_AGAIN = 3.0
"""Seconds between two tries, as the specification has it."""
_PATIENCE = 25.0
"""Seconds that a bot may take over one event that was posted."""
_AWAY = frozenset({401, 403, 404, 502, 503, 504})
"""Answers that are not the bot's, or not to us."""


class Outward:
    """Goes to bots, again and again."""

    def __init__(self, network: str, config: NetworkConfig, session: Session, actions: Actions) -> None:
        self._network = network
        self._config = config
        self.session = session
        self._actions = actions
        self._headers = {"X-Self-ID": str(session.number), "User-Agent": "OneBot"}

    async def connect(self, url: str, sockets: Sockets, http: aiohttp.ClientSession) -> None:
        """Keep a WebSocket to a bot, for ever."""
        headers = self._headers | {"X-Client-Role": "Universal"}
        if self._config.access:
            headers["Authorization"] = f"Bearer {self._config.access}"
        told = ""
        while True:
            try:
                async with http.ws_connect(
                    url,
                    headers=headers,
                    autoping=False,
                    heartbeat=self._config.heartbeat,
                    max_msg_size=LARGEST_FRAME,
                ) as socket:
                    told = self._tell(url, "is connected", told)
                    await sockets.converse(socket)
                    told = self._tell(url, "is gone", told)
            except aiohttp.WSServerHandshakeError as error:
                told = self._tell(url, f"does not let us in ({error.status}): check its access token", told)
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                told = self._tell(url, f"cannot be reached ({_why(error)})", told)
            await self.session.clock.sleep(_AGAIN)

    async def post(self, url: str, http: aiohttp.ClientSession) -> None:
        """Post what happens to a bot, for ever."""
        bot = _PostedBot(self, url, http)
        told = ""
        while True:
            try:
                await bot.post(
                    written(self.session.frames.lifecycle("enable", int(self.session.clock.now())))
                )
                told = self._tell(url, "is connected", told)
                await bot.hear()
            except (aiohttp.ClientError, OSError) as error:
                told = self._tell(url, f"cannot be reached ({_why(error)})", told)
            except ConnectionLost as error:
                told = self._tell(url, str(error), told)
            await self.session.clock.sleep(_AGAIN)

    def _tell(self, url: str, what: str, before: str) -> str:
        """Log how a bot stands, when that is news."""
        if what != before:
            log.info("%s: the bot at %s %s", self._network, shown(url), what)
        return what

    def request(self, body: str) -> tuple[bytes, dict[str, str]]:
        """Return what is posted, and its headers (OneBot v11, "communication/http-post")."""
        data = body.encode()
        headers = self._headers | {"Content-Type": "application/json"}
        if self._config.secret is not None:
            key = self._config.secret.get_secret_value().encode()
            headers["X-Signature"] = f"sha1={hmac.new(key, data, hashlib.sha1).hexdigest()}"
        return data, headers

    async def operate(self, context: str, answer: Any) -> None:
        """Do what a bot wants at once of what it was told."""
        if isinstance(answer, dict) and answer:
            params = {"context": msgspec.json.decode(context), "operation": answer}
            result = await self._actions.perform(".handle_quick_operation", params)
            if result["status"] == "failed":
                log.warning("%s: a quick operation failed: %s", self._network, result["message"])


class _PostedBot(Hearer):
    """A bot to which events are posted, one after the other."""

    def __init__(self, outward: Outward, url: str, http: aiohttp.ClientSession) -> None:
        self._outward = outward
        self._url = url
        self._http = http
        self._queue: deque[Told] = deque()
        self._ready = asyncio.Event()

    def tell(self, events: Sequence[Told]) -> None:
        self._queue += events
        self._ready.set()

    def beat(self, frame: str) -> None:
        if not self._queue:
            self.tell([Told(self.confirmed, frame)])

    async def hear(self) -> None:
        """Hear all that is said until a post fails."""
        audience = self._outward.session.audience
        self._queue.clear()
        audience.enter(self)
        try:
            while True:
                await self._ready.wait()
                self._ready.clear()
                while self._queue:
                    told = self._queue.popleft()
                    await self.post(told.frame)
                    audience.confirm(self, told.serial)
        finally:
            audience.leave(self)

    async def post(self, frame: str) -> None:
        """Post one event, and do what the answer wants. Raises ConnectionLost and the library's errors."""
        data, headers = self._outward.request(frame)
        timeout = aiohttp.ClientTimeout(total=_PATIENCE, connect=10)
        try:
            async with self._http.post(
                self._url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                if answer.status in _AWAY:
                    raise ConnectionLost(f"answers {answer.status}: check its address and secret")
                body = await answer.read() if answer.status == 200 else b""
        except aiohttp.ServerTimeoutError:
            raise
        except TimeoutError:
            return  # it has the event, and takes its time
        try:
            wanted = msgspec.json.decode(body) if body else None
        except (msgspec.DecodeError, RecursionError):
            return
        await self._outward.operate(frame, wanted)


def shown(url: str) -> str:
    """Return an address without its query, which may hold a token."""
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _why(error: Exception) -> str:
    found = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return reason(found) if isinstance(found, OSError) else type(found).__name__
