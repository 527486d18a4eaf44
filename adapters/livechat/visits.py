"""Answers what visitors' browsers ask for in their chats."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bridge import N_, HubbubError, mail_address
from bridge.desk import Chat, Denied, Farewell, NewChat

from .asked import Mailing, NewVisit, PageEvent, PageSeen, Rating, Saying, Writes, read
from .callers import Caller
from .desks import Desks
from .door import Door, answered, language_of
from .encode import shown, written
from .erasing import Erasing
from .form import filled, need_address
from .guard.guard import Guard
from .mailing import MailingLists
from .refused import VisitRefused
from .showing import desk_shown
from .streams import ChatStreams
from .uploads import ChatUploads

__all__ = ["Visits"]

_ALL = 100_000
InChat = Callable[[web.Request, Chat], Awaitable[web.StreamResponse]]


class Visits:
    """Answers them."""

    def __init__(  # noqa: PLR0913, PLR0917 whom it asks
        self,
        desks: Desks,
        door: Door,
        guard: Guard,
        uploads: ChatUploads,
        streams: ChatStreams,
        erasing: Erasing,
        lists: MailingLists,
    ) -> None:
        self._desks = desks
        self._door = door
        self._guard = guard
        self._uploads = uploads
        self._streams = streams
        self._erasing = erasing
        self._lists = lists

    def add_to(self, door: Door) -> None:
        """Answer at this door."""
        door.add("GET", "/desk/{desk}", self._desk)
        door.add("POST", "/desk/{desk}/chats", self._open)
        door.add("POST", "/desk/{desk}/message", self._message)
        door.add("POST", "/desk/{desk}/subscribe", self._subscribe)
        for method, path, answer in (
            ("GET", "events", self._streams.events),
            ("POST", "say", self._say),
            ("POST", "typing", self._typing),
            ("POST", "page", self._page),
            ("POST", "event", self._event),
            ("POST", "close", self._close),
            ("POST", "rate", self._rate),
            ("POST", "mail", self._mail),
            ("POST", "erase", self._erase),
            ("GET", "transcript", self._transcript),
            ("GET", r"file/{n:\d{1,9}}", self._file),
        ):
            door.add(method, f"/chat/{path}", self._of_chat(answer))
        door.add("POST", "/chat/file", self._of_chat(self._bring), large=True)

    def _of_chat(self, answer: InChat) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return what answers whoever shows the token of a chat."""

        async def answered(request: web.Request) -> web.StreamResponse:
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            chat = self._desks.store.chat_by(token.strip()) if kind.lower() == "bearer" and token else None
            if chat is None and token and self._desks.store.is_forgotten(token.strip()):
                raise VisitRefused(410, "gone", Farewell(language_of(request)).unknown)
            if chat is None:
                raise VisitRefused(
                    401, "token", "this needs the token of a chat: Authorization: Bearer TOKEN"
                )
            return await answer(request, chat)

        return answered

    def _caller(self, request: web.Request, desk: str, chat: int | None = None) -> Caller:
        return Caller(self._door.address(request), desk, chat, language_of(request))

    async def _desk(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["desk"]
        language = request.query.get("lang", "en")[:35]
        found = self._desks.desk(name).welcome(language)
        rules, guard = self._desks.rules(name), self._guard
        more = {
            "proof": guard.proof(self._caller(request, name)),
            "archived": self._erasing.told_first(name, language),
            "length": guard.length,
            "mail": self._desks.post.works(),
            "subscribe": [{"list": one} for one in self._lists.of(rules)],
        }
        return answered(desk_shown(found, rules, language, **more))

    async def _open(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["desk"]
        desk = self._desks.desk(name)
        new = await self._new(request, name)
        opened = desk.open(new)
        await self._desks.kept()
        events = [shown(line) for line in self._desks.store.lines(opened.number)]
        return answered({"chat": opened.number, "token": opened.token, "events": events}, 201)

    async def _message(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["desk"]
        desk = self._desks.desk(name)
        new = await self._new(request, name)
        rules = self._desks.rules(name)
        need_address(rules.form if rules is not None else (), new.mail, new.language)
        desk.leave_message(new)
        await self._desks.kept()
        return answered({}, 201)

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["desk"]
        caller, rules = self._caller(request, name), self._desks.rules(name)
        return self._lists.subscribe(await request.read(), caller, rules)

    async def _new(self, request: web.Request, name: str) -> NewChat:
        """Return what a visitor begins with, if they may."""
        opening = read(await request.read(), NewVisit)
        admitted = await self._guard.opening(self._caller(request, name), opening)
        asked, rules = admitted.asked, self._desks.rules(name)
        return NewChat(
            text=asked.text,
            own=opening.text.replace("\0", ""),
            key=asked.key,
            name=asked.name,
            mail=asked.mail,
            customer=admitted.customer,
            fields=filled(rules.form, rules.consent, asked) if rules is not None else asked.fields,
            page=asked.page,
            title=asked.title,
            language=asked.language or "en",
            address=admitted.address,
        )

    async def _say(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        said = read(await request.read(), Saying)
        if (known := self._desks.store.line_of(chat.number, said.key)) is not None:
            return answered({"n": known})
        text = await self._guard.saying(self._caller(request, chat.desk, chat.number), said.text)
        n = self._desks.of(chat).said(chat.number, said.key, text, own=said.text.replace("\0", ""))
        await self._desks.kept()
        return answered({"n": n})

    async def _bring(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        key, name = request.query.get("key", "")[:64], request.query.get("name", "")
        if not key:
            raise VisitRefused(400, "unclear", "this needs a key: ?key=…&name=…")
        if (n := self._desks.store.line_of(chat.number, key)) is not None:
            return answered({"n": n})
        caller = self._caller(request, chat.desk, chat.number)
        file = await self._uploads.take(caller, name, request.content.iter_chunked(65536))
        try:
            n = self._desks.of(chat).said(chat.number, key, "", file)
        except (Denied, HubbubError, VisitRefused):
            await self._uploads.drop(chat.number, file)  # it would be sent, and kept, again and again
            raise
        await self._desks.kept()
        return answered({"n": n})

    async def _typing(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        self._desks.writes(chat, read(await request.read(), Writes).typing)
        return answered({})

    async def _page(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        page = read(await request.read(), PageSeen)
        self._desks.of(chat).visited(chat.number, self._guard.page(page.page), self._guard.beside(page.title))
        return answered({})

    async def _event(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        event = read(await request.read(), PageEvent)
        name, text = self._guard.happening(self._caller(request, chat.desk, chat.number), event)
        self._desks.of(chat).happened(chat.number, name, text)
        return answered({})

    async def _close(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        self._desks.of(chat).left(chat.number)
        await self._desks.kept()
        return answered({})

    async def _rate(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        rating = read(await request.read(), Rating)
        words = self._guard.rating(self._caller(request, chat.desk, chat.number), rating.words)
        self._desks.of(chat).rated(chat.number, rating.stars, words)
        await self._desks.kept()
        return answered({})

    async def _mail(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        to = mail_address(read(await request.read(), Mailing).to)
        if to is None:
            raise VisitRefused(400, "address", N_("That is no mail address."))
        if not self._desks.store.is_answered(chat.number):  # else programs have us write to strangers
            raise VisitRefused(409, "early", N_("This can be sent once somebody has answered."))
        self._guard.mailing(self._caller(request, chat.desk, chat.number))
        if not self._desks.of(chat).send_to(chat.number, to):
            raise VisitRefused(404, "nothing", N_("This desk sends no mail."))
        return answered({})

    async def _erase(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        kept = await self._erasing.erase(chat.number)
        return answered({"kept": kept, "told": Farewell(chat.language).done(kept=kept)})

    async def _transcript(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        lines = self._desks.store.lines(chat.number, 0, _ALL)
        name = f"chat-{chat.number}.txt"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        address = f"{self._door.address_of_ours()}{self._erasing.path(chat.number)}"
        text = f"{written(lines)}\n{Farewell(chat.language).link(address)}\n"
        return web.Response(text=text, headers=headers, content_type="text/plain", charset="utf-8")

    async def _file(self, request: web.Request, chat: Chat) -> web.StreamResponse:
        line = self._desks.store.line(chat.number, int(request.match_info["n"]))
        if line is None or line.body.file is None:
            raise VisitRefused(404, "nothing", N_("The file is here no more."))
        return self._uploads.handed(chat.number, line.body.file)
