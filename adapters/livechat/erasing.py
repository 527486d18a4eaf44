"""Deletes chats when their visitors want that: from the page, or later by a link that only they have."""

import hashlib
import hmac

from aiohttp import web

from bridge import (
    PAGE_HEADERS,
    Conversations,
    MessageId,
    RoomId,
    TemporaryFailure,
    UserId,
    plain_page,
)
from bridge.desk import DeskStore, Farewell

from .desks import Desks
from .door import language_of
from .uploads import ChatUploads

__all__ = ["Erasing"]


class Erasing:
    """Deletes chats, in the core too where there is one."""

    def __init__(
        self, desks: Desks, uploads: ChatUploads, conversations: Conversations | None, key: bytes
    ) -> None:
        """`key` is a secret that stays: by it links are known."""
        self._desks = desks
        self._uploads = uploads
        self._conversations = conversations
        self._key = key

    def told_first(self, desk: str, language: str) -> str:
        """Return what visitors of a desk are told before they say anything: that it is archived, and can be
        deleted. Empty: it is not archived.
        """
        told = self._conversations.archived(RoomId(desk), language) if self._conversations is not None else ""
        return told and Farewell(language).promise(told)

    async def erase(self, number: int) -> bool:
        """Delete a chat, in the archive too, which may have it longer than the desk. Returns whether
        something of it stays there, since it must not go now. Raises HubbubError when that cannot be done
        now: it may be asked again.
        """
        store: DeskStore = self._desks.store
        name = store.desk_of(number)
        desk = self._desks.find(name) if name is not None else None
        if name is not None and desk is None:
            raise TemporaryFailure(f"{number} cannot be deleted before its desk {name} is in the map again")
        names = desk.names(number) if desk is not None else []
        kept = False
        if self._conversations is not None:
            kept = await self._conversations.forget(UserId(f"{number}"), names)
        if desk is not None:
            desk.erase(number)
            await self._uploads.forget(number)
            await self._desks.kept()
        return kept

    async def forget(self, who: str) -> int:
        """Delete all chats of somebody, by a number or what they are known by (`DeskQuestions.of_person`),
        and what they left for later. Returns how many of these the desks knew. Raises HubbubError.
        """
        store: DeskStore = self._desks.store
        known = {chat.number for chat in store.of_person(who)}
        numbers = known | ({int(who)} if who.isascii() and who.isdecimal() else set())
        for number in sorted(numbers):
            await self.erase(number)
        left = store.left.of_person(who)
        if left and self._conversations is not None:
            names = [(RoomId(one.desk), MessageId(one.id)) for one in left]
            await self._conversations.forget(UserId(who), names)
        with store.transaction():
            store.forget_left(who, left)
        for chat in self._desks.chats():  # as it stands in the file now
            if f"mail:{chat.mail_to.lower()}" == who:
                chat.mail_to = ""
        return len(known) + len(left)

    def path(self, number: int) -> str:
        """Return the path of the link by which whoever has it deletes a chat."""
        return f"/delete/{number}.{self._sign(number)}"

    def _sign(self, number: int) -> str:
        return hmac.digest(self._key, f"delete {number}".encode(), hashlib.sha256).hex()[:32]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Answer who followed the link: only a press deletes, since programs follow links in mails too."""
        told, status, button = Farewell(language_of(request)), 200, ""
        number = self._named(request.match_info["link"])
        if number is None:
            text, status = told.unknown, 404
        elif request.method == "POST":
            text = told.done(kept=await self.erase(number))
        else:
            text, button = told.question, told.title
        page = plain_page(told.language, told.title, text, button=button, grave=True)
        return web.Response(text=page, status=status, content_type="text/html", headers=PAGE_HEADERS)

    def _named(self, link: str) -> int | None:
        """Return the chat that a link is for; None: it is none of ours."""
        text, _, signature = link.partition(".")
        if not (text.isascii() and text.isdecimal() and len(text) < 16):
            return None
        known = hmac.compare_digest(signature.encode(), self._sign(int(text)).encode())
        return int(text) if known and self._desks.store.desk_of(int(text)) is not None else None
