"""A private mosquitto."""

import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

import bridge.testing
from bridge.testing import Server

from .person import Person

__all__ = ["Demo"]

_ROOM = "lobby"
_SETTINGS = """\
user {user}
listener {port} 127.0.0.1
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes true
{more}
"""


class Demo(bridge.testing.Demo):
    """mosquitto on a free port of the loopback."""

    title = "mosquitto"
    resident = "door"
    debian = ("mosquitto", "mosquitto-clients")
    more = "allow_anonymous true"
    """More lines for its settings."""
    text = False
    """Whether people speak in plain text."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = 0
        self._server = Server(folder, "mosquitto")
        self._people: list[Person] = []

    @classmethod
    def missing(cls) -> str | None:
        return None if _binary() and shutil.which("mosquitto_sub") else "mosquitto"

    async def start(self) -> Mapping[str, str]:
        binary = _binary()
        if binary is None:
            raise OSError("mosquitto is not installed: install the Debian package mosquitto")
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "mosquitto.conf"

        def command(port: int) -> list[str]:
            user = pwd.getpwuid(os.getuid()).pw_name  # else it gives up root's rights, and cannot write here
            text = _SETTINGS.format(user=user, port=port, folder=self.folder, more=self.more)
            settings.write_text(text)
            return [binary, "-c", str(settings)]

        self.port = await self._server.start(command, port=self.port or None)
        return {"DEMO_MQTT_PORT": str(self.port)}

    async def stop(self) -> None:
        for person in self._people:
            await person.leave()
        self._people.clear()
        await self._server.stop()

    async def person(self, name: str, room: str | None = None) -> Person:
        person = Person(name, room or _ROOM, text=self.text)
        self._people.append(person)
        await person.join(self.port)
        return person

    def invitation(self) -> str:
        where = f"-h 127.0.0.1 -p {self.port} -t {_ROOM}"
        said = """'{"name":"me","text":"hi"}'"""
        return f"MQTT\nmosquitto_sub {where}\nmosquitto_pub {where} -m {said}"


def _binary() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
