"""A private ngIRCd."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import bridge.testing
from bridge.testing import Server

from .person import Person

__all__ = ["Demo"]

_ROOM = "#lobby"
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


class Demo(bridge.testing.Demo):
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

    async def person(self, name: str, room: str | None = None) -> Person:
        person = Person(name, room or _ROOM)
        self._people.append(person)
        await person.join(self.port)
        return person

    def invitation(self) -> str:
        return f"IRC\nserver 127.0.0.1, port {self.port}, no TLS\nchannel {_ROOM}"


def _binary() -> str | None:
    return shutil.which("ngircd") or shutil.which("ngircd", path="/usr/sbin:/usr/local/sbin")
