"""Followers of a chat: the browsers that wait for its next line right now."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterator

__all__ = ["ChatFollower", "ChatFollowers"]

_MOST = 8
"""So many follow one chat at once, such as pages of the shop in tabs: the oldest goes for the next."""


class ChatFollower:
    """One browser that waits. Lines are fetched from the store, so that who reads slowly keeps none of them
    in memory; whether somebody writes is told as it is by then.
    """

    __slots__ = ("_news", "over", "reached", "typing")

    def __init__(self, reached: int) -> None:
        self._news = asyncio.Event()
        self.reached = reached
        """The last line that its browser surely has."""
        self.typing: tuple[bool, str] | None = None
        """Whether somebody writes, and who, if that is news."""
        self.over = False
        """Whether there is nothing more to wait for."""

    def wake(self) -> None:
        """Let it look again."""
        self._news.set()

    def end(self) -> None:
        """Let it wait no more."""
        self.over = True
        self.wake()

    async def news(self, seconds: float) -> bool:
        """Wait until there is something new, or the time is over. Returns whether there is."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True


class ChatFollowers:
    """All who follow a chat of a network."""

    def __init__(self, here: Callable[[int, bool, int], None]) -> None:
        """`here` is called when the first one begins to follow a chat, and when the last one stops, with the
        last line that it has.
        """
        self._here = here
        self._by_chat: dict[int, list[ChatFollower]] = {}
        self.over = False
        """Whether nobody can follow any more."""
        self._gone = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._by_chat.values()))

    def __contains__(self, chat: int) -> bool:
        return chat in self._by_chat

    @contextlib.contextmanager
    def following(self, chat: int, after: int) -> Iterator[ChatFollower]:
        """Follow a chat while in this context, by a browser that has the lines up to `after`."""
        follower = ChatFollower(after)
        followers = self._by_chat.setdefault(chat, [])
        followers.append(follower)
        try:
            if len(followers) == 1:
                self._here(chat, True, after)
            elif len(followers) > _MOST:
                followers[0].end()
            yield follower
        finally:
            followers.remove(follower)
            if not followers:
                del self._by_chat[chat]
                if self.over and not self._by_chat:
                    self._gone.set()
                self._here(chat, False, follower.reached)

    def changed(self, chats: Collection[int]) -> None:
        """Note that these have new lines."""
        for chat in chats:
            for follower in self._by_chat.get(chat, ()):
                follower.wake()

    def typing(self, chat: int, typing: bool, name: str) -> None:
        """Show that an agent writes, or does no more."""
        for follower in self._by_chat.get(chat, ()):
            follower.typing = (typing, name)
            follower.wake()

    async def end(self) -> None:
        """Let nobody wait any more. Returns when they are gone."""
        self.over = True
        for followers in self._by_chat.values():
            for follower in followers:
                follower.end()
        if self._by_chat:
            await self._gone.wait()
