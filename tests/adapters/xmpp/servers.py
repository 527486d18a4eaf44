"""Real servers beside the demo's: Prosody with an archive, and ejabberd."""

import asyncio
import itertools
import re
from pathlib import Path

from adapters.xmpp.testing import Demo, Person
from bridge.testing import Server, free_port

_EJABBERD = """\
hosts: [{domain}]
loglevel: warning
auth_method: [internal]
auth_password_format: plain
certfiles: []
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, shaper: none, access: c2s, starttls: false}}
  - {{port: {components}, ip: "127.0.0.1", module: ejabberd_service,
    hosts: {{"{component}": {{password: "{component}"}}}}}}
  - {{port: {http}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {{/upload: mod_http_upload}}}}
access_rules: {{c2s: {{allow: all}}, local: {{allow: local}}, register: {{allow: all}}}}
registration_timeout: infinity
modules:
  mod_disco: {{}}
  mod_http_upload: {{hosts: ["files.{domain}"], put_url: "http://127.0.0.1:{http}/upload", access: all,
    max_size: 67108864, docroot: "{folder}/upload"}}
  mod_ping: {{}}
  mod_roster: {{}}
  mod_register: {{ip_access: all, access: register}}
  mod_mam: {{assume_mam_usage: true, default: always}}
  mod_muc: {{hosts: ["{rooms}"], access: [allow], access_create: [allow], access_persistent: [allow],
    min_message_interval: 0, min_presence_interval: 0, default_room_options: {{mam: true, anonymous: true}}}}
  mod_stream_mgmt: {{resume_timeout: 60}}
"""
_PATIENCE = 60.0
_LIBRARIES = next(Path("/usr/lib").glob("*-linux-gnu"))


def _ebin() -> Path:
    """Where ejabberd is."""
    return next(path.parent for path in _LIBRARIES.glob("ejabberd-*/ebin/ejabberd.app"))


class Plain(Demo):
    """Prosody that keeps only the last twenty messages of a room, in memory, and names none."""

    more = ""
    domain = "demo.hubbub.test"
    rooms = f"rooms.{domain}"

    async def register(self, user: str, password: str) -> None:
        self.account(user, password)


class Archive(Plain):
    """Prosody whose rooms keep what is said (XEP-0313), name it (XEP-0359) and have moderators (XEP-0425).

    The last comes with the Debian package prosody-modules.
    """

    more = '  modules_enabled = { "muc_mam", "muc_moderation" }\n  muc_log_by_default = true\n'


class Ejabberd:
    """ejabberd on a free port, its data in one folder."""

    title = "ejabberd"
    domain = "ejabberd.hubbub.test"
    rooms = f"rooms.{domain}"
    component = f"hubbub.{domain}"
    """A component's address, and its secret."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.components = 0
        self._server = Server(folder, "ejabberd")
        self._people = []
        self._count = itertools.count()

    @staticmethod
    def version() -> tuple[int, ...]:
        """The ejabberd that is installed: 23.01 in Debian 12, 24.12 in Debian 13."""
        (told,) = re.findall(r'vsn,\s*"([\d.]+)', (_ebin() / "ejabberd.app").read_text())
        return tuple(map(int, told.split(".")))

    async def start(self) -> None:
        self.port = await self._server.start(self._command, patience=_PATIENCE)

    def _command(self, port):
        settings = self.folder / "ejabberd.yml"
        self.components = free_port()
        settings.write_text(
            _EJABBERD.format(
                domain=self.domain,
                rooms=self.rooms,
                port=port,
                http=free_port(),
                folder=self.folder,
                component=self.component,
                components=self.components,
            )
        )
        variables = {
            "EJABBERD_CONFIG_PATH": settings,
            "EJABBERD_LOG_PATH": self.folder / "ejabberd.log",
            "HOME": self.folder,
            "ERL_LIBS": _LIBRARIES,
        }
        return [
            "env", *(f"{name}={value}" for name, value in variables.items()),
            "erl", "-noinput", "-noshell", "-pa", str(_ebin()), "-mnesia", "dir", f'"{self.folder}/spool"',
            "+sbwt", "none", "+S", "1", "-s", "ejabberd",
        ]  # fmt: skip

    async def stop(self) -> None:
        for person in self._people:
            await person.leave()
        await self._server.stop(patience=0)

    async def register(self, user: str, password: str) -> None:
        """An account, made in band (XEP-0077)."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"<?xml version='1.0'?><stream:stream to='{self.domain}' version='1.0' xmlns='jabber:client'"
            " xmlns:stream='http://etherx.jabber.org/streams'><iq type='set' id='r'>"
            f"<query xmlns='jabber:iq:register'><username>{user}</username><password>{password}</password>"
            "</query></iq>".encode()
        )
        async with asyncio.timeout(_PATIENCE):
            answer = await _until(reader, (b"id='r'", b'id="r"'))
        assert b"result" in answer, answer
        writer.close()
        await writer.wait_closed()

    async def person(self, name: str, room: str) -> Person:
        user = f"person{next(self._count)}"
        await self.register(user, "secret")
        person = Person(name, room, user, self.domain, "secret")
        self._people.append(person)
        await person.join(self.port)
        return person


async def _until(reader, signs):
    data = b""
    while not any(sign in data for sign in signs):
        more = await reader.read(65536)
        assert more, data
        data += more
    return data
