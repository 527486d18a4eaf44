"""A scripted person with an ordinary client: plain XMPP over TCP, sharing only decode and encode."""

import asyncio
import io
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

import bridge.testing
from adapters.xmpp import chat_states, decode, encode
from adapters.xmpp.decode import members
from adapters.xmpp.decode import muc_info as told
from adapters.xmpp.files import elements as files
from adapters.xmpp.session import Place, Session
from bridge import (
    Answered,
    Authorship,
    Content,
    DeleteMessage,
    EditMessage,
    Kind,
    MessageCreated,
    MessageId,
    Part,
    RoomId,
    SendMessage,
    SetReactions,
    SetTyping,
    Speaker,
    TalkEvent,
    Txn,
    TypingChanged,
    UserId,
    by_author,
    cut,
    plain,
)

from .stream import PlainStream

__all__ = ["Person"]

_PATIENCE = 15.0
_PART = encode.TEXT_LIMIT
_PAGE = 50
_CREATED = "201"
_RENAMED = "303"
_DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
_OWNER = "http://jabber.org/protocol/muc#owner"
_ADMIN = "http://jabber.org/protocol/muc#admin"
_UPLOAD = "urn:xmpp:http:upload:0"
_MODERATE = (  # in the version that Prosody in Debian knows
    "<apply-to xmlns='urn:xmpp:fasten:0' id='{}'><moderate xmlns='urn:xmpp:message-moderate:0'>"
    "<retract xmlns='urn:xmpp:message-retract:0'/></moderate></apply-to>"
)
_DISPLAYED = "{urn:xmpp:chat-markers:0}displayed"


@dataclass(frozen=True, slots=True)
class _Said:
    """A message in the room, as far as it matters for replies."""

    name: str
    text: str
    part: Part


class Person(bridge.testing.Person):
    """Somebody with an account of their own."""

    farewell = b"</stream:stream>"

    def __init__(self, name: str, room: str, user: str, domain: str, password: str) -> None:
        super().__init__(name)
        self._place = Place(RoomId(room), name)
        self._session = Session()
        self._session.places[room] = self._place
        self._stream = PlainStream(user, domain, password)
        self._domain = domain
        self._speaker = Speaker(Authorship.PREFIX, name)
        self._joined: asyncio.Future[None] | None = None
        self._echoes: dict[str, asyncio.Future[MessageId]] = {}
        self._known: dict[MessageId, _Said] = {}
        self._page: list[decode.PastMessage] = []
        """The page of the archive that was asked for last."""
        self._count = 0

    async def join(self, port: int, host: str = "127.0.0.1") -> None:
        """Connect, log in and join. Raises OSError or TimeoutError."""
        try:
            async with asyncio.timeout(_PATIENCE):
                self._writer = await self._stream.log_in(host, port)
                self._joined = asyncio.get_running_loop().create_future()
                self._reading = asyncio.create_task(self._read())
                self._send(f"<presence/>{encode.join(self._place.occupant, 'join', None)}")
                await self._joined
                await self._look_around()
        except BaseException:
            await self.leave()
            raise

    async def _look_around(self) -> None:
        """Find out what the room can do."""
        place = self._place
        features = told.info(await self._stream.ask("get", place.room, _DISCO)).features
        place.stanza_ids = "urn:xmpp:sid:0" in features
        place.occupant_ids = "urn:xmpp:occupant-id:0" in features
        place.stable_ids = "http://jabber.org/protocol/muc#stable_id" in features
        place.joined = True

    async def catch_up(self) -> None:
        """Hear what others said after the last message that one knows, as the room's archive has it.

        For somebody who came back before the others: who speaks meanwhile is heard too early.
        Raises OSError where there is no archive, and TimeoutError.
        """
        missed: list[MessageCreated] = []
        before, met = "", False
        while not met:
            self._page.clear()
            query = encode.archive("past", 0.0, before, _PAGE)
            answer = await self._stream.ask("set", self._place.room, query)
            for past in reversed(self._page):
                met = past.id in self._known
                if met:
                    break
                if isinstance(past.event, MessageCreated) and past.occupant != self._place.occupant:
                    missed.append(past.event)
            page = told.page(answer)
            before, met = page.first, met or page.complete or page.first == before
        for said in reversed(missed):
            self._heard(said)

    # -- what one does

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        room, place = self._place.room, self._place
        more = encode.thread(Part(thread)) if thread is not None else ""
        first: MessageId | None = None
        for part in _parts(content):
            txn = self._txn()
            known = self._known.get(answers) if answers is not None and first is None else None
            if known is not None:
                command = SendMessage(room=room, speaker=self._speaker, txn=txn, content=part, kind=kind)
                answered = Answered(known.part, known.name, known.text)
                stanza = encode.reply(command, answered, more, named=place.stanza_ids)
            else:
                stanza = encode.message(room, part, kind, txn, more)
            name = await self._tell(txn, stanza)
            self._know(name, self.name, part.text, (by_author(UserId(place.occupant), txn),))
            first = first or name
        return first

    async def edit(self, target: MessageId, content: Content) -> None:
        txn, part = self._txn(), self._part(target)
        command = EditMessage(
            room=self._place.room, speaker=self._speaker, txn=txn, target=part, content=content
        )
        await self._tell(txn, encode.edit(command, ""))

    async def remove(self, target: MessageId) -> None:
        known = self._known.get(target)
        if known is not None and known.name != self.name:
            await self._stream.ask("set", self._place.room, _MODERATE.format(encode.quote(target)))
            return
        txn = self._txn()
        command = DeleteMessage(
            room=self._place.room, speaker=self._speaker, txn=txn, target=self._part(target)
        )
        await self._tell(txn, encode.delete(command, ""))

    async def react(self, target: MessageId, *emojis: str) -> None:
        if not self._place.stanza_ids:
            raise self._unable("react")
        txn = self._txn()
        command = SetReactions(
            room=self._place.room, speaker=self._speaker, txn=txn, target=Part(target), emojis=emojis
        )
        await self._tell(txn, encode.react(command, ""))

    async def send(self, path: Path, caption: str = "") -> MessageId | None:
        file = await asyncio.to_thread(bridge.testing.picked, path)
        slot = await self._stream.ask(
            "get",
            f"files.{self._domain}",
            f"<request xmlns='{_UPLOAD}' filename='{encode.quote(file.name)}' size='{file.size}'"
            f" content-type='{file.type}'/>",
        )
        put, get = (slot.find(f"{{{_UPLOAD}}}slot/{{{_UPLOAD}}}{way}") for way in ("put", "get"))
        if put is None or get is None:
            raise self._unable("send a file")
        headers = {one.get("name") or "": one.text or "" for one in put}
        await _put(put.get("url") or "", path, {**headers, "Content-Type": file.type})
        shared = files.tell(file, get.get("url") or "", None)
        if caption:  # words that are no fallback are the file's description (XEP-0447)
            shared = encode.body(plain(caption)) + shared[shared.index("<file-sharing") :]
        txn = self._txn()
        stanza = f"<message to='{self._place.room}' type='groupchat' id='{txn}'>{shared}</message>"
        name = await self._tell(txn, stanza)
        self._know(name, self.name, caption or file.name, (by_author(UserId(self._place.occupant), txn),))
        return name

    async def set_topic(self, text: str) -> None:
        self._send(
            f"<message to='{self._place.room}' type='groupchat' id='{self._txn()}'>"
            f"<subject>{encode.quote(text)}</subject></message>"
        )

    async def type(self) -> None:
        self._send(chat_states.writes(SetTyping(room=self._place.room, typing=True)))

    async def rename(self, name: str) -> None:
        self._send(encode.rename(f"{self._place.room}/{name}", "rename"))

    async def kick(self, name: str, reason: str = "") -> None:
        item = f"<item nick='{encode.quote(name)}' role='none'><reason>{encode.quote(reason)}</reason></item>"
        await self._stream.ask("set", self._place.room, f"<query xmlns='{_ADMIN}'>{item}</query>")

    def _txn(self) -> Txn:
        self._count += 1
        return Txn(f"p{self._count}")

    def _part(self, target: MessageId) -> Part:
        known = self._known.get(target)
        return known.part if known is not None else Part(target)

    def _know(self, name: MessageId, who: str, text: str, aliases: tuple[MessageId, ...]) -> None:
        self._known[name] = _Said(who, " ".join(text.split())[:100], Part(name, aliases))

    async def _tell(self, txn: Txn, stanza: str) -> MessageId:
        """Send a message. Returns the room's id of it."""
        echo: asyncio.Future[MessageId] = asyncio.get_running_loop().create_future()
        self._echoes[txn] = echo
        self._send(stanza)
        assert self._writer is not None
        await self._writer.drain()
        try:
            async with asyncio.timeout(_PATIENCE):
                return await echo
        finally:
            del self._echoes[txn]

    def _send(self, text: str) -> None:
        self._stream.send(text)

    # -- what comes in

    async def _read(self) -> None:
        async for element in self._stream.stanzas:
            if element.tag.endswith("}message"):
                self._message(element)
            elif element.tag.endswith("}presence"):
                self._present(told.presence(element))
            else:
                self._stream.answered(element)

    def _heard(self, said: MessageCreated) -> None:
        self._know(said.id, said.sender.name, said.content.text, said.aliases)
        self._saw(said)

    def _archived(self, element: ET.Element) -> None:
        found = told.result(element)
        if found is None or element.get("from") != self._place.room:
            return
        _, name, stamp, said = found
        past = decode.past(said, self._place, name, stamp)
        if past is not None:
            self._page.append(past)

    def _message(self, element: ET.Element) -> None:
        if element.get("type") != "groupchat":
            self._archived(element)
        read = element.find(_DISPLAYED)
        if read is not None and not (element.get("from") or "").endswith(f"/{self._place.nick}"):
            self._was_read(read.get("id") or "")
        if element.get("type") == "chat":
            self._was_told(element.findtext("{jabber:client}body") or "")
        said = decode.message(element, self._session)
        if isinstance(said, MessageCreated):
            self._heard(said)
        elif isinstance(said, TalkEvent | TypingChanged):
            self._saw(said)
        elif isinstance(said, decode.Reflection) and said.txn in self._echoes:
            self._echoes[said.txn].set_result(said.id)

    def _present(self, seen: told.Presence) -> None:
        assert self._joined is not None
        if seen.room != self._place.room:
            return
        if self._joined.done():
            self._moved(seen)
        elif seen.type == "error":
            self._joined.set_exception(OSError(f"{self.name} is not let into {seen.room}: {seen.condition}"))
        elif "110" in seen.statuses:
            self._place.nick = seen.nick
            self._joined.set_result(None)
            if _CREATED in seen.statuses:
                submit = f"<query xmlns='{_OWNER}'><x xmlns='jabber:x:data' type='submit'/></query>"
                self._send(encode.iq("set", "make", seen.room, submit))
        else:
            members.seen(self._place, seen)

    def _moved(self, seen: told.Presence) -> None:
        if "110" not in seen.statuses and seen.nick != self._place.nick:
            change = members.seen(self._place, seen)
            if change is not None:
                self._saw(change)
        elif _RENAMED in seen.statuses:
            self.name = self._place.nick = seen.new_nick


async def _put(url: str, path: Path, headers: Mapping[str, str]) -> None:
    data = io.BytesIO(await asyncio.to_thread(path.read_bytes))
    async with aiohttp.ClientSession() as http, http.put(url, data=data, headers=headers) as reply:
        reply.raise_for_status()


def _parts(content: Content) -> list[Content]:
    """Return the content in pieces that a stanza can hold."""
    if len(content.text.encode("utf-8", "replace")) <= _PART:
        return [content]
    step = _PART // 4
    return [Content(cut(content.spans, start, start + step)) for start in range(0, len(content.text), step)]
