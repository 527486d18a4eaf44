"""A bot, as somebody in the group: what it hears is read as NoneBot was told it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import bridge.testing
from bridge import (
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

__all__ = ["Person"]

_FILES = {kind: FileKind(kind) for kind in ("image", "video", "file")} | {"record": FileKind.AUDIO}


class Person(bridge.testing.Person):
    """Says nothing of its own accord."""

    prompt = "!price"

    def __init__(self, name: str, room: str, told: asyncio.StreamReader) -> None:
        """`told` has an event of OneBot a line."""
        super().__init__(name)
        self._room = RoomId(room)
        self._names: dict[int, str] = {}
        self._reading = asyncio.create_task(self._read(told))

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        raise self._unable("speak without being asked")

    async def _read(self, told: asyncio.StreamReader) -> None:
        while line := await told.readline():
            frame = json.loads(line)
            if frame.get("post_type") == "message":
                self._saw(self._message(frame))
            elif frame.get("notice_type") == "group_recall":
                who, target = self._sender(frame["operator_id"]), MessageId(str(frame["message_id"]))
                self._saw(Removed(id=MessageId(f"-{target}"), room=self._room, sender=who, target=target))

    def _sender(self, number: int) -> Sender:
        return Sender(UserId(str(number)), self._names.get(number, str(number)))

    def _message(self, frame: Mapping[str, Any]) -> MessageCreated:
        self._names[frame["user_id"]] = frame["sender"]["card"]
        spans, files, answered = [], [], None
        for segment in frame["message"]:
            match segment["type"], segment["data"]:
                case "text", data:
                    spans.append(Span(data["text"]))
                case "at", data:
                    spans.append(Span(f"@{data['name']}", mention=UserId(data["qq"])))
                case "reply", data:
                    answered = MessageId(data["id"])
                case kind, data:
                    files.append(Attachment(data["url"], data["file"], _FILES[kind]))
        kind = Kind.TEXT
        if spans and spans[0].text.startswith("/me "):
            spans[0], kind = Span(spans[0].text.removeprefix("/me ")), Kind.EMOTE
        return MessageCreated(
            id=MessageId(str(frame["message_id"])),
            room=self._room,
            sender=self._sender(frame["user_id"]),
            content=Content(tuple(spans), tuple(files)),
            kind=kind,
            reply_to=answered,
            at=float(frame["time"]),
        )
