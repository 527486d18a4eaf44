"""Scripted people, for the demo and the end-to-end tests."""

import asyncio
import contextlib
import hashlib
import mimetypes
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

from bridge.errors import Unsupported
from bridge.model import Content, Event, File, FileKind, Kind, MessageCreated, MessageId

__all__ = ["Heard", "Person", "picked"]

T = TypeVar("T")

_MOST_SEEN = 10_000
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as a person's client showed it."""

    sender: str
    content: Content
    kind: Kind


class Person(ABC):
    """A scripted person in one room, with a connection of its own that shares nothing with the adapter
    but its pure decode and encode.

    What the network cannot do raises Unsupported.
    """

    farewell: ClassVar[bytes] = b""
    """What a polite client sends before it closes its connection."""
    prompt: ClassVar[str] = ""
    """What others say to have an answer of somebody who says nothing unasked; empty: they talk."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()
        """Everything that others said in the room since joining, in the order it came."""
        self.seen: asyncio.Queue[Event] = asyncio.Queue(_MOST_SEEN)
        """Everything that others did there, in order; the newest, if nobody takes it out."""
        self.read: asyncio.Queue[MessageId] = asyncio.Queue(_MOST_SEEN)
        """Up to which message others have read, each time that they say so."""
        self.alone: asyncio.Queue[str] = asyncio.Queue(_MOST_SEEN)
        """What others told them where nobody else sees it, line by line."""

    @abstractmethod
    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        """Say this as an ordinary client would; long text in as many messages as the network needs.

        Returns what others call the first of them; None where the network has no names for messages.
        """

    async def edit(self, target: MessageId, content: Content) -> None:
        """Put these words in place of earlier ones of one's own."""
        raise self._unable("edit a message")

    async def remove(self, target: MessageId) -> None:
        """Take an own message back, or as a moderator that of another."""
        raise self._unable("take a message back")

    async def react(self, target: MessageId, *emojis: str) -> None:
        """React with these, and no longer with others."""
        raise self._unable("react")

    async def send(self, path: Path, caption: str = "") -> MessageId | None:
        """Send a file."""
        raise self._unable("send a file")

    async def set_topic(self, text: str) -> None:
        """Give the room a topic."""
        raise self._unable("set a topic")

    async def type(self) -> None:
        """Begin to write."""
        raise self._unable("show that they write")

    async def rename(self, name: str) -> None:
        """Go by another name."""
        raise self._unable("take another name")

    async def kick(self, name: str, reason: str = "") -> None:
        """Send somebody out, as one who may."""
        raise self._unable("send somebody out")

    async def leave(self) -> None:
        """Go, and free everything."""
        if self._reading:
            self._reading.cancel()
            await asyncio.wait([self._reading])
            self._reading = None
        if self._writer:
            writer, self._writer = self._writer, None
            with contextlib.suppress(OSError):
                writer.write(self.farewell)
                writer.close()
                await writer.wait_closed()

    def _saw(self, event: Event) -> None:
        """Note that somebody else did this."""
        _put(self.seen, event)
        if isinstance(event, MessageCreated):
            self.heard.put_nowait(Heard(event.sender.name, event.content, event.kind))

    def _was_read(self, upto: str) -> None:
        _put(self.read, MessageId(upto))

    def _was_told(self, text: str) -> None:
        """Note that somebody told them this alone."""
        for line in text.splitlines():
            _put(self.alone, line)

    def _unable(self, what: str) -> Unsupported:
        return Unsupported(f"{self.name} cannot {what} on this network")


def _put(queue: "asyncio.Queue[T]", item: T) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(item)


def picked(path: Path) -> File:
    """Return a file on this machine, as a client tells of it."""
    data = path.read_bytes()
    type_ = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    major = type_.partition("/")[0]
    width = height = None
    if data.startswith(_PNG):
        width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    return File(
        path=path,
        name=path.name,
        kind=FileKind(major) if major in set(FileKind) else FileKind.FILE,
        type=type_,
        size=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        width=width,
        height=height,
    )
