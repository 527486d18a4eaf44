"""A private Prosody and scripted people, for the demo and the end-to-end tests."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Mapping
from pathlib import Path

import bridge

from .person import Person

__all__ = ["Demo"]

_DOMAIN = "demo.hubbub.test"
_ROOMS = f"rooms.{_DOMAIN}"
_ROOM = f"lobby@{_ROOMS}"
_PATIENCE = 10.0
_SETTINGS = """\
run_as_root = {root}
daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
log = {{ warn = "{folder}/prosody.log" }}
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "smacks" }}
modules_disabled = {{ "s2s", "tls", "offline" }}
network_backend = "epoll"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ }}
http_ports = {{ }}
https_ports = {{ }}
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
{more}
"""


class Demo(bridge.Demo):
    """Prosody on a free port of the loopback."""

    title = "Prosody"
    debian = ("prosody",)
    more = ""
    """Further lines of its configuration, for tests."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None
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
        for _ in range(3):
            self.port = _free_port()
            settings = self.folder / "prosody.cfg.lua"
            settings.write_text(
                _SETTINGS.format(
                    root="true" if os.geteuid() == 0 else "false",
                    folder=self.folder.resolve(),
                    port=self.port,
                    domain=_DOMAIN,
                    rooms=_ROOMS,
                    more=self.more,
                )
            )
            try:
                if await self._up(binary, settings):
                    return {"DEMO_XMPP_PORT": str(self.port)}
            except BaseException:
                await self.stop()
                raise
        raise OSError(f"prosody does not start: see {self.folder}/prosody.out")

    async def stop(self) -> None:
        people, self._people = self._people, []
        for person in people:
            await person.leave()
        if self._process:
            process, self._process = self._process, None
            await _terminate(process)

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
            f"XMPP: account guest@{_DOMAIN}, password guest, server 127.0.0.1, port {self.port} (no TLS),"
            f" join {_ROOM}"
        )

    def account(self, user: str, password: str) -> None:
        """Add an account: Prosody looks for its file when somebody logs in."""
        accounts = self.folder / "data" / _DOMAIN.replace(".", "%2e") / "accounts"
        accounts.mkdir(parents=True, exist_ok=True)
        (accounts / f"{user}.dat").write_text(f'return {{ ["password"] = "{password}" }};\n')

    async def _up(self, binary: str, settings: Path) -> bool:
        """Start Prosody and wait until it answers; False when it ended instead."""
        command = [binary, "--config", str(settings), "-F"]
        guard = shutil.which("setpriv")
        if guard:  # so that it dies with us, however we die
            command = [guard, "--pdeathsig", "KILL", *command]
        with (self.folder / "prosody.out").open("ab") as out:
            process = self._process = await asyncio.create_subprocess_exec(
                *command,
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        async with asyncio.timeout(_PATIENCE):
            while process.returncode is None:
                if await self._answers():
                    return True
                await asyncio.sleep(0.02)
        return False

    async def _answers(self) -> bool:
        """Whether our own Prosody listens on the port."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(
                f"<?xml version='1.0'?><stream:stream to='{_DOMAIN}' version='1.0' xmlns='jabber:client'"
                " xmlns:stream='http://etherx.jabber.org/streams'>".encode()
            )
            async with asyncio.timeout(2):
                return b"features" in await reader.readuntil(b"features>")
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return False
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def _terminate(process: asyncio.subprocess.Process) -> None:
    for sign, patience in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await process.wait()
                return


def _binary() -> str | None:
    return shutil.which("prosody") or shutil.which("prosody", path="/usr/bin:/usr/local/bin")
