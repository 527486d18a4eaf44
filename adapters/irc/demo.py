"""A private ngIRCd and scripted people, for the demo and the end-to-end tests."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import bridge
from bridge import Content, Heard, Kind, Server, cut

from . import decode, encode
from .session import Session
from .wire import decode_text, line, nick_of, parse

__all__ = ["Demo", "Person"]

_ROOM = "#lobby"
_TEXT_BYTES = 380
_PATIENCE = 15.0
_SETTINGS = """\
[Global]
 Name = irc.demo
 Info = Hubbub demo
 AdminInfo1 = Hubbub
 AdminEMail = hubbub@irc.demo
 Listen = 127.0.0.1
 Ports = {port}
 MotdPhrase = The demo of Hubbub
 PidFile = {folder}/ngircd.pid
 ServerUID = {user}
 ServerGID = {group}
[Limits]
 MaxConnections = 0
 MaxConnectionsIP = 0
 MaxJoins = 0
 MaxNickLength = 30
 MaxPenaltyTime = 0
 PingTimeout = 120
[Options]
 DNS = no
 Ident = no
 PAM = no
 SyslogFacility = local0
"""


class Demo(bridge.Demo):
    """ngIRCd on a free port of the loopback."""

    title = "ngIRCd"
    debian = ("ngircd",)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = 0
        self._server = Server(folder, "ngircd")
        self._people: list[Person] = []

    @classmethod
    def missing(cls) -> str | None:
        return None if _binary() else "ngircd"

    async def start(self) -> Mapping[str, str]:
        binary = _binary()
        if binary is None:
            raise OSError("ngircd is not installed: install the Debian package ngircd")
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "ngircd.conf"

        def command(port: int) -> list[str]:
            text = _SETTINGS.format(port=port, folder=self.folder, user=os.getuid(), group=os.getgid())
            settings.write_text(text)
            return [binary, "-n", "-f", str(settings)]

        self.port = await self._server.start(command)
        return {"DEMO_IRC_PORT": str(self.port)}

    async def stop(self) -> None:
        for person in self._people:
            await person.leave()
        self._people.clear()
        await self._server.stop()

    async def person(self, name: str, room: str | None = None) -> "Person":
        person = Person(name, room or _ROOM)
        self._people.append(person)
        await person.join(self.port)
        return person

    def invitation(self) -> str:
        return f"IRC: server 127.0.0.1, port {self.port} (no TLS), join {_ROOM}"


class Person(bridge.Person):
    """Somebody with an ordinary client."""

    farewell = b"QUIT :bye\r\n"

    def __init__(self, name: str, room: str) -> None:
        super().__init__(name)
        self.room = room
        self._session = Session(name)
        self._joined = asyncio.Event()

    async def join(self, port: int, host: str = "127.0.0.1") -> None:
        """Connect and join; done when the room's names are here. Raises OSError or TimeoutError."""
        reader, self._writer = await asyncio.open_connection(host, port)
        self._session.serve([bridge.RoomId(self.room.lower())])
        self._reading = asyncio.create_task(self._read(reader))
        self._send(line("NICK", self.name), line("USER", "person", "0", "*", trailing=self.name))
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._joined.wait()
        except TimeoutError:
            await self.leave()
            raise TimeoutError(f"{self.name} did not get into {self.room}") from None

    async def say(self, content: Content, kind: Kind = Kind.TEXT) -> None:
        for part in _parts(content):
            self._send(encode.message(self.room, part, kind))
        assert self._writer is not None
        await self._writer.drain()

    def _send(self, *lines: bytes) -> None:
        assert self._writer is not None
        self._writer.write(b"".join(data + b"\r\n" for data in lines))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while raw := await reader.readline():
            got = parse(decode_text(raw.rstrip(b"\r\n"), "utf-8"))
            match got.command:
                case "PING":
                    self._send(line("PONG", trailing=got.params[-1]))
                case "001":
                    self._send(line("JOIN", self.room))
                case "005":
                    self._session.support(got.params[1:-1])
                case "366":
                    self._joined.set()
                case "PRIVMSG" | "NOTICE":
                    event = decode.message(got, self._session)
                    if event:
                        self.heard.put_nowait(Heard(nick_of(got.source), event.content, event.kind))


def _binary() -> str | None:
    return shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin:/usr/local/sbin")


def _parts(content: Content) -> list[Content]:
    """The content in pieces that fit into a line each: its lines, cut between characters."""
    parts: list[Content] = []
    text = content.text
    start = size = 0
    for at, letter in enumerate(text):
        width = len(letter.encode("utf-8", "replace"))
        if letter == "\n" or size + width > _TEXT_BYTES:
            parts.append(Content(cut(content.spans, start, at)))
            start, size = (at + 1, 0) if letter == "\n" else (at, width)
        else:
            size += width
    parts.append(Content(cut(content.spans, start)))
    return [part for part in parts if part.text.strip()]
