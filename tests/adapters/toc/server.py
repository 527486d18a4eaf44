"""A TOC2 server by the specification (TOC 1.0 "PROTOCOL", and what is told of TOC2), and people on it.

It shares no code with the adapter.
"""

import asyncio
import contextlib
import itertools
import re
from html.parser import HTMLParser

from bridge.model import Content, Kind, Mark, MessageCreated, MessageId, RoomId, Sender, Span, UserId, normal
from bridge.testing import Person

__all__ = ["Somebody", "TocServer"]

TAGS = {"b": Mark.BOLD, "i": Mark.ITALIC, "u": Mark.UNDERLINE}


class TocServer:
    """Accounts, rooms and those who are in them."""

    def __init__(self):
        self.passwords = {"hubbub": "a Secret9"}
        self.logins = []
        """What each login said, word by word."""
        self.commands = []
        self.people = []
        self.errors = []
        """What the next messages get in place of being shown, one each."""
        self.closed_rooms = set()
        self.encoded = True
        """Whether chat comes as TOC2 with UTF-8 has it."""
        self._connections = {}
        """By screen name: its writer, and its rooms by their numbers."""
        self._numbers = itertools.count(1000)
        self._frames = itertools.count()
        self.reflects = True

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self._server.close()
        for writer, _ in list(self._connections.values()):
            writer.close()
        self._connections.clear()

    def say(self, room, name, text, whisper="F"):
        """Show to everybody in a room what somebody says there, in HTML."""
        for writer, rooms in self._connections.values():
            for number, known in rooms.items():
                if known.lower() == room.lower():
                    between = "A:en:" if self.encoded else ""
                    head = "CHAT_IN_ENC" if self.encoded else "CHAT_IN"
                    self._send(writer, f"{head}:{number}:{name}:{whisper}:{between}{text}")
        for person in self.people:
            if person.room.lower() == room.lower() and person.name != name:
                person.hear(name, text)

    def tell(self, *lines):
        """Send lines to everybody who is connected; {} in them is the number of a room."""
        for writer, rooms in self._connections.values():
            for line in lines:
                self._send(writer, line.replace("{}", next(iter(rooms), "")))

    def _send(self, writer, line, kind=2):
        data = line if isinstance(line, bytes) else line.encode()
        header = b"*" + bytes([kind]) + next(self._frames).to_bytes(2, "big") + len(data).to_bytes(2, "big")
        writer.write(header + data)

    async def _serve(self, reader, writer):
        name = ""
        try:
            assert await reader.readexactly(10) == b"FLAPON\r\n\r\n"
            self._send(writer, b"\0\0\0\1", kind=1)
            kind, data = await self._frame(reader)
            assert (kind, data[:6]) == (1, b"\0\0\0\1\0\1")
            assert int.from_bytes(data[6:8], "big") == len(data[8:])
            name = await self._login(reader, writer, data[8:].decode())
            while name:
                kind, data = await self._frame(reader)
                if kind == 2:
                    assert len(data) <= 2048, "a command is longer than a server reads"
                    assert data.endswith(b"\0")
                    self._obey(name, writer, words(data[:-1].decode()))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            if name and self._connections.get(name, (None,))[0] is writer:
                del self._connections[name]
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _frame(self, reader):
        header = await reader.readexactly(6)
        assert header[:1] == b"*"
        return header[1], await reader.readexactly(int.from_bytes(header[4:], "big"))

    async def _login(self, reader, writer, signed):
        _, data = await self._frame(reader)
        said = words(data[:-1].decode())
        self.logins.append(said)
        assert said[0] == "toc2_login"
        assert said[3] == signed
        assert "-utf8" in said
        password = bytes(
            b ^ k for b, k in zip(bytes.fromhex(said[4][2:]), itertools.cycle(b"Tic/Toc"), strict=False)
        )
        if self.passwords.get(said[3]) != password.decode():
            self._send(writer, "ERROR:980")
            return ""
        if said[3] in self._connections:
            self._connections[said[3]][0].close()
        self._connections[said[3]] = (writer, {})
        self._send(writer, "SIGN_ON:TOC2.0")
        self._send(writer, "NICK:Hubbub")
        self._send(writer, "CONFIG2:done:\n")
        return said[3]

    def _obey(self, name, writer, said):
        self.commands.append(said)
        rooms = self._connections[name][1]
        match said:
            case ["toc_chat_join", "4", room] if room in self.closed_rooms:
                self._send(writer, f"ERROR:950:{room}")
            case ["toc_chat_join", "4", room]:
                number = str(next(self._numbers))
                rooms[number] = room
                self._send(writer, f"CHAT_JOIN:{number}:{room.title()}")
                self._send(writer, f"CHAT_UPDATE_BUDDY:{number}:T:hubbub:ann")
            case ["toc_chat_send", number, text]:
                if self.errors:
                    self._send(writer, self.errors.pop(0))
                elif self.reflects:
                    self.say(rooms[number], "Hub Bub", text)
            case ["toc_chat_leave", number]:
                del rooms[number]
                self._send(writer, f"CHAT_LEFT:{number}")


_WORD = re.compile(r'"((?:\\.|[^"\\])*)"|(\S+)', re.DOTALL)


def words(command):
    """The words of a command, without quotes and backslashes."""
    return [re.sub(r"\\(.)", r"\1", found[1] if found[1] is not None else found[2], flags=re.DOTALL)
            for found in _WORD.finditer(command)]  # fmt: skip


class Shown(HTMLParser):
    """What a client shows of HTML."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.spans, self._open = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "br":
            self.spans.append(Span("\n"))
        else:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data):
        self.spans.append(Span(data, frozenset(TAGS[tag] for tag in self._open if tag in TAGS)))


class Somebody(Person):
    """A person in a room of the server."""

    def __init__(self, server, name, room):
        super().__init__(name)
        self.room = room
        self._server = server
        server.people.append(self)

    async def say(self, content, kind=Kind.TEXT, *, answers=None, thread=None):
        text = content.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        text = text.replace("\n", "<br>")
        text = f"/me {text}" if kind is Kind.EMOTE else text
        self._server.say(
            self.room, self.name, f'<HTML><BODY BGCOLOR="#ffffff"><FONT SIZE=2>{text}</FONT></BODY></HTML>'
        )

    async def leave(self):
        self._server.people.remove(self)

    def hear(self, name, text):
        self._saw(
            MessageCreated(
                id=MessageId(f"{next(self._server._numbers)}"),
                room=RoomId(self.room),
                sender=Sender(UserId(name), name),
                content=Content(normal(Shown(text).spans)),
            )
        )
