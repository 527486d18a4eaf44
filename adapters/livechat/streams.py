"""The way of a chat's lines to its visitor's browser: as they happen (HTML Living Standard, section 9.2), or
by long polls where no stream gets through.
"""

import asyncio

from aiohttp import web

from bridge.desk import Chat, DeskStore

from .door import answered
from .encode import frame, passing, shown
from .followers import ChatFollower, ChatFollowers
from .refused import VisitRefused

__all__ = ["ChatStreams"]

_BEAT = 15.0
"""So often something is sent, in seconds, so that both sides notice when the other is gone."""
_STUCK = 30.0
"""How long a browser may read nothing at all, in seconds."""
_POLL = 25.0
"""How long a poll waits, in seconds."""
_MOST = 100
"""Lines at once: of one who reads slowly, no more than that is held in memory."""


class ChatStreams:
    """Tells browsers what is new in their chats."""

    def __init__(self, store: DeskStore, followers: ChatFollowers) -> None:
        self._store = store
        self._followers = followers

    async def events(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        """Answer with a stream, or to a poll."""
        after = _after(request)
        if self._followers.over:
            raise VisitRefused(503, "away", "Hubbub ends: try again", 2.0)
        if "text/event-stream" not in request.headers.get("Accept", ""):
            if request.query.get("wait") == "0":
                return self._news(chat.number, after)
            return await self._poll(chat.number, after)
        headers = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        response.force_close()  # nothing follows a stream
        try:
            await response.prepare(request)
            with self._followers.following(chat.number, after) as follower:
                await self._tell(response, follower, chat.number, after)
        except (ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _tell(
        self, response: web.StreamResponse, follower: ChatFollower, chat: int, after: int
    ) -> None:
        """Tell it all, until there is nothing more to wait for. Raises ConnectionError, and TimeoutError
        where nobody reads.
        """
        words = b": here\n\n"
        while not follower.over:
            if words:
                async with asyncio.timeout(_STUCK):
                    await response.write(words)
                follower.reached = after
            lines = self._store.lines(chat, after, _MOST)
            if lines:
                after = lines[-1].n
                words = b"".join(map(frame, lines))
            elif (typed := follower.typing) is not None:
                follower.typing = None
                words = passing(*typed)
            else:
                words = b"" if await follower.news(_BEAT) else b": here\n\n"

    async def _poll(self, chat: int, after: int) -> web.StreamResponse:
        """Answer a poll: that its browser has what it is told, the next one says."""
        with self._followers.following(chat, after) as follower:
            if not self._store.lines(chat, after, 1):
                await follower.news(_POLL)
            return self._news(chat, after, follower.typing)

    def _news(self, chat: int, after: int, typed: tuple[bool, str] | None = None) -> web.StreamResponse:
        lines = self._store.lines(chat, after, _MOST)
        events = [shown(line) for line in lines]
        if typed is not None:
            events.append({"kind": "typing", "typing": typed[0], "name": typed[1]})
        return answered({"events": events, "after": lines[-1].n if lines else after})


def _after(request: web.Request) -> int:
    """Return the number of the last line that a browser has."""
    given = request.query.get("after") or request.headers.get("Last-Event-ID") or "0"
    if not given.isdecimal() or len(given) > 9:
        raise VisitRefused(400, "unclear", "after is no number")
    return int(given)
