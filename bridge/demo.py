"""What an adapter provides for the demo and the end-to-end tests: a private server and people on it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from .model import Content, Kind

__all__ = ["Demo", "Heard", "Person"]


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as a person's client showed it."""

    sender: str
    content: Content
    kind: Kind


class Person(ABC):
    """A scripted person in one room, with a connection of its own that shares nothing with the adapter
    but its pure decode and encode.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()
        """Everything that others said in the room since joining, in the order it came."""

    @abstractmethod
    async def say(self, content: Content, kind: Kind = Kind.TEXT) -> None:
        """Say this as an ordinary client would; long text in as many messages as the network needs."""

    @abstractmethod
    async def leave(self) -> None:
        """Go, and free everything."""


class Demo(ABC):
    """A private server on free loopback ports, its data in one folder; nothing is left when it stops."""

    title: ClassVar[str]
    """The server's name, for people."""
    debian: ClassVar[tuple[str, ...]] = ()
    """The Debian packages that it needs."""
    pypi: ClassVar[tuple[str, ...]] = ()
    """The PyPI packages that it needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """None when the server is installed, else what is not there."""

    @abstractmethod
    async def start(self) -> Mapping[str, str]:
        """Start the server. Returns the environment that the demo's configuration names for this protocol.

        Raises OSError or TimeoutError, with a sentence, when it does not come up.
        """

    @abstractmethod
    async def stop(self) -> None:
        """Stop the server and everything it started."""

    @abstractmethod
    async def person(self, name: str, room: str | None = None) -> Person:
        """Somebody who has joined the room; None is the demo's own."""

    @abstractmethod
    def invitation(self) -> str:
        """How to join the room with an own client: server, port, room, account."""
