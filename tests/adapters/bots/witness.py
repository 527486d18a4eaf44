"""A bot by plain WebSocket: its words and its reading of OneBot v11 share nothing with ours."""

import asyncio
import contextlib
import itertools
import json

import websockets

from bridge.errors import Unsupported
from bridge.model import (
    Attachment,
    Content,
    FileKind,
    Kind,
    MessageCreated,
    MessageId,
    Removed,
    RoomId,
    Sender,
    Span,
    UserId,
)
from bridge.testing import Person

_LONGEST = 5.0


class Refused(Exception):
    """An action failed."""


class Bot(Person):
    """Connects whenever somebody listens, until it leaves."""

    def __init__(self, url, room="shop", name="pricebot", token=None):
        super().__init__(name)
        self.url = url
        self.room = RoomId(room)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.events = []
        """All that it was told, as it came."""
        self.told = asyncio.Event()
        self.connected = asyncio.Event()
        self.socket = None
        self.patient = True
        """Off: it says things without waiting for what they are called."""
        self._numbers = itertools.count(1)
        self._asked = {}
        self._people = {}
        self._group = None
        self._running = asyncio.ensure_future(self._run())

    async def _run(self):
        while True:
            with contextlib.suppress(OSError, websockets.WebSocketException, TimeoutError):
                async with websockets.connect(
                    self.url, additional_headers=self.headers, proxy=None, close_timeout=0.1, max_size=None
                ) as self.socket:
                    self.connected.set()
                    async for frame in self.socket:
                        self._take(json.loads(frame))
            self.connected.clear()
            self.socket = None
            for answer in self._asked.values():
                answer.cancel()
            await asyncio.sleep(0.02)

    def _take(self, frame):
        if "retcode" in frame:
            answer = self._asked.pop(frame.get("echo"), None)
            if answer is not None and not answer.done():
                answer.set_result(frame)
            return
        self.events.append(frame)
        self.told.set()
        if frame["post_type"] == "message":
            self._saw(self._event(frame))
        elif frame.get("notice_type") == "group_recall":
            self._saw(
                Removed(
                    id=MessageId("removed"),
                    room=self.room,
                    sender=self._people[frame["operator_id"]],
                    target=MessageId(str(frame["message_id"])),
                )
            )

    def _event(self, frame):
        spans, files, kind, answers = [], [], Kind.TEXT, None
        for segment in frame["message"]:
            data = segment["data"]
            if segment["type"] == "text":
                spans.append(Span(data["text"]))
            elif segment["type"] == "at":
                spans.append(Span(f"@{data['name']}", mention=UserId(data["qq"])))
            elif segment["type"] == "reply":
                answers = MessageId(data["id"])
            else:
                kind_of_file = {"record": "audio"}.get(segment["type"], segment["type"])
                files.append(Attachment(data["url"], data["file"], FileKind(kind_of_file)))
        if spans and spans[0].text.startswith("/me "):
            spans[0], kind = Span(spans[0].text[4:]), Kind.EMOTE
        user = frame["user_id"]
        self._people[user] = Sender(UserId(str(user)), frame["sender"]["card"])
        return MessageCreated(
            id=MessageId(str(frame["message_id"])),
            room=self.room,
            sender=self._people[user],
            content=Content(tuple(spans), tuple(files)),
            kind=kind,
            reply_to=answers,
            at=float(frame["time"]),
        )

    async def ask(self, action, **params):
        """What an action answers."""
        async with asyncio.timeout(_LONGEST):
            await self.connected.wait()
            echo = str(next(self._numbers))
            self._asked[echo] = asyncio.get_running_loop().create_future()
            await self.socket.send(json.dumps({"action": action, "params": params, "echo": echo}))
            answer = await self._asked[echo]
        if answer["status"] != "ok":
            raise Refused(answer["retcode"], answer["wording"])
        return answer["data"]

    async def group(self):
        """The number of its room."""
        if self._group is None:
            groups = {group["group_name"]: group["group_id"] for group in await self.ask("get_group_list")}
            self._group = groups[self.room]
        return self._group

    async def say(self, content, kind=Kind.TEXT, *, answers=None, thread=None):
        message = [{"type": "reply", "data": {"id": answers}}] if answers else []
        words = "/me " * (kind is Kind.EMOTE) + content.text
        message.append({"type": "text", "data": {"text": words}})
        params = {"group_id": await self.group(), "message": message}
        if not self.patient:
            await self.connected.wait()
            await self.socket.send(json.dumps({"action": "send_group_msg", "params": params}))
            return None
        data = await self.ask("send_group_msg", **params)
        return MessageId(str(data["message_id"]))

    async def remove(self, target):
        await self.ask("delete_msg", message_id=int(target))

    async def rename(self, name):
        raise Unsupported("a bot's name stands in the configuration")

    async def next(self, **wanted):
        """The next event with these fields."""
        async with asyncio.timeout(_LONGEST):
            while True:
                while self.events:
                    event = self.events.pop(0)
                    if wanted.items() <= event.items():
                        return event
                self.told.clear()
                await self.told.wait()

    async def leave(self):
        self._running.cancel()
        await asyncio.wait([self._running])
        await super().leave()


class Bots:
    """What can be stopped: the bot, as the server is in Hubbub itself."""

    def __init__(self, bot):
        self._bot = bot

    async def stop(self):
        await self._bot.leave()
