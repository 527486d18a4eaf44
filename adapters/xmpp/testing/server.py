"""A private Prosody."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import bridge.testing
from bridge.testing import Server, free_port

from .person import Person

__all__ = ["Demo"]

_DOMAIN = "demo.hubbub.test"
_ROOMS = f"rooms.{_DOMAIN}"
_ROOM = f"lobby@{_ROOMS}"
_SETTINGS = """\
run_as_root = {root}
daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
log = {{ warn = "{folder}/prosody.log" }}
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "smacks" }}
modules_disabled = {{ "s2s", "tls", "offline" }}
network_backend = "epoll"
network_settings = {{ min_wait = 0.0001; read_retry_delay = 0 }} -- else it reads files at 3 MB/s
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ }}
http_ports = {{ {http} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ }}
component_ports = {{ {components} }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
storage = "internal"
VirtualHost "{domain}"
Component "{rooms}" "muc"
  muc_room_locking = false
  muc_room_default_public = true
  restrict_room_creation = false
  muc_room_cache_size = 2000
  muc_room_default_history_length = 20
  muc_room_default_change_subject = true
{more}
Component "{component}"
  component_secret = "{component}"
Component "files.{domain}" "http_file_share"
  http_host = "127.0.0.1"
  http_external_url = "http://127.0.0.1:{http}/"
  http_file_share_access = {{ "{domain}", "{component}" }}
  http_file_share_size_limit = {limit}
  http_file_share_daily_quota = {limit} * 20
"""


class Demo(bridge.testing.Demo):
    """Prosody on a free port of the loopback."""

    title = "Prosody"
    debian = ("prosody",)
    more = '  modules_enabled = { "muc_mam" }\n  muc_log_by_default = true\n'
    """Further lines of the configuration of its rooms. An archive gives messages names, which replies and
    reactions need."""
    rooms = _ROOMS
    component = f"hubbub.{_DOMAIN}"
    """A component's address, and its secret."""
    file_limit = 64 * 1024 * 1024
    """The largest file that it takes, in bytes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = 0
        self.components = 0
        """The port where components connect."""
        self._http = 0
        self._server = Server(folder, "prosody")
        self._people: list[Person] = []
        self._count = 0

    @classmethod
    def missing(cls) -> str | None:
        return None if _binary() else "prosody"

    async def start(self) -> Mapping[str, str]:
        binary = _binary()
        if binary is None:
            raise OSError("prosody is not installed: install the Debian package prosody")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.account("hubbub", "hubbub")
        self.account("guest", "guest")
        settings = self.folder / "prosody.cfg.lua"

        def command(port: int) -> list[str]:
            self.port, self._http, self.components = port, free_port(), free_port()
            settings.write_text(self.settings())
            return [binary, "--config", str(settings), "-F"]

        await self._server.start(command)
        return {"DEMO_XMPP_PORT": str(self.port), "DEMO_XMPP_COMPONENTS": str(self.components)}

    def settings(self) -> str:
        """Prosody's configuration."""
        return _SETTINGS.format(
            root="true" if os.geteuid() == 0 else "false",
            folder=self.folder.resolve(),
            port=self.port,
            http=self._http,
            limit=self.file_limit,
            domain=_DOMAIN,
            rooms=_ROOMS,
            component=self.component,
            components=self.components,
            more=self.more,
        )

    async def stop(self) -> None:
        people, self._people = self._people, []
        for person in people:
            await person.leave()
        await self._server.stop()

    async def person(self, name: str, room: str | None = None) -> Person:
        self._count += 1
        user = f"person{self._count}"
        self.account(user, user)
        person = Person(name, room or _ROOM, user, _DOMAIN, user)
        self._people.append(person)
        await person.join(self.port)
        return person

    def invitation(self) -> str:
        return (
            f"XMPP\nserver 127.0.0.1, port {self.port}, no TLS\naccount guest@{_DOMAIN}, password guest\n"
            f"room {_ROOM}"
        )

    def account(self, user: str, password: str) -> None:
        """Add an account: Prosody looks for its file when somebody logs in."""
        accounts = self.folder / "data" / _DOMAIN.replace(".", "%2e") / "accounts"
        accounts.mkdir(parents=True, exist_ok=True)
        (accounts / f"{user}.dat").write_text(f'return {{ ["password"] = "{password}" }};\n')


def _binary() -> str | None:
    return shutil.which("prosody") or shutil.which("prosody", path="/usr/bin:/usr/local/bin")
