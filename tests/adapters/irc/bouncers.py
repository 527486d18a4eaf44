"""soju, ZNC and bip, private ones, each in front of a private server."""

import asyncio
import os
import shutil
import tempfile
from hashlib import md5
from pathlib import Path
from typing import Any

from bridge.testing import Server

from .binaries import binary

__all__ = ["Bip", "Soju", "Znc"]

_SOJU = """
listen irc+insecure://127.0.0.1:{port}
listen unix+admin://{folder}/admin
hostname soju.test
db sqlite3 {folder}/soju.db
message-store {store}
"""
_ZNC = """
Version = 1.8.2
AnonIPLimit = 100
ConnectDelay = 0
ServerThrottle = 1
<Listener all>
 Port = {port}
 Host = 127.0.0.1
 IPv4 = true
 IPv6 = false
 SSL = false
 AllowIRC = true
 AllowWeb = false
</Listener>
<User hub>
 Pass = plain#secret
 Nick = hubbub
 AltNick = hubbub_
 Ident = hub
 RealName = hub
 Buffer = {lines}
 ChanBufferSize = {lines}
 AutoClearChanBuffer = {clear}
 AutoClearQueryBuffer = false
 JoinTries = 10
 MaxJoins = 0
 <Network test>
  IRCConnectEnabled = true
  FloodBurst = 1000
  FloodRate = 1000.00
  Server = 127.0.0.1 {upstream}
  {channels}
 </Network>
</User>
"""
_BIP = """
ip = "127.0.0.1";
port = {port};
pid_file = "{folder}/bip.pid";
log = false;
backlog = true;
backlog_lines = 50;
backlog_always = true;
network {{ name = "test"; server {{ host = "127.0.0.1"; port = {upstream}; }}; }};
user {{
    name = "hub"; password = "{password}"; ssl_check_mode = "none";
    default_nick = "hubbub"; default_user = "hub"; default_realname = "hub";
    connection {{ name = "test"; network = "test"; {channels} }};
}};
"""
_NOBODY = 65534


def _as_nobody(data: Path, *run: str) -> list[str]:
    """A command that refuses to run as root, or waits for half a minute before it does."""
    if os.geteuid():
        return [*run]
    for path in (data, *data.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY)
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *run]


class Soju:
    """A private soju with one user, `hub`, on one network, `test`, before the server on `upstream`."""

    def __init__(self, folder: Path, upstream: int, *, store: str = "db") -> None:
        self.port = 0
        self._folder = folder
        self._upstream = upstream
        self._store = store
        self._server = Server(folder, "soju")

    @property
    def settings(self) -> dict[str, Any]:
        """How the adapter logs in."""
        return {"sasl": {"user": "hub/test", "password": "secret"}}

    async def start(self) -> None:
        """Start it, on the port that it had; it is on the network when this returns."""
        self._folder.mkdir(parents=True, exist_ok=True)
        new = not (self._folder / "soju.db").exists()
        self.port = await self._server.start(self._command, port=self.port or None)
        if new:
            await self.control("user", "create", "-username", "hub", "-password", "secret")
            address = f"irc+insecure://127.0.0.1:{self._upstream}"
            await self.network("create", "-addr", address, "-name", "test", "-nick", "hubbub")
        async with asyncio.timeout(25):
            while "[connected]" not in await self.network("status"):
                await asyncio.sleep(0.05)

    def _command(self, port: int) -> list[str]:
        store = self._store if self._store != "fs" else f"fs {self._folder}/logs"
        config = _SOJU.format(port=port, folder=self._folder, store=store)
        (self._folder / "config").write_text(config)
        return [binary("soju"), "-config", f"{self._folder}/config", "-debug"]

    async def network(self, *words: str) -> str:
        """A command about the user's networks."""
        return await self.control("user", "run", "hub", "network", *words)

    async def control(self, *words: str) -> str:
        """A command of its administrator's. Returns the answer."""
        process = await asyncio.create_subprocess_exec(
            "sojuctl", "-config", f"{self._folder}/config", *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await process.communicate()
        assert process.returncode == 0, out.decode()
        return out.decode()

    async def stop(self) -> None:
        """Stop it."""
        await self._server.stop()


class Znc:
    """A private ZNC with one user, `hub`, on one network, `test`, before the server on `upstream`."""

    def __init__(self, folder: Path, upstream: int, *rooms: str, clear: bool = True, lines: int = 50) -> None:
        """`clear`: what was shown once is forgotten (AutoClearChanBuffer); of a room `lines` are kept."""
        self.port = 0
        self._data = ""
        self._server = Server(folder, "znc")
        self._folder = folder
        self._config = {
            "upstream": upstream,
            "clear": str(clear).lower(),
            "lines": lines,
            "channels": "\n".join(f"<Chan {room}>\n</Chan>" for room in rooms),
        }

    @property
    def settings(self) -> dict[str, Any]:
        """How the adapter logs in."""
        return {"password": "hub/test:secret"}

    async def start(self) -> None:
        """Start it, on the port that it had."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._data:
            # who it runs as cannot look into a folder of pytest's
            self._data = tempfile.mkdtemp(prefix="znc")
            (Path(self._data) / "configs").mkdir()
        self.port = await self._server.start(self._command, port=self.port or None)

    def _command(self, port: int) -> list[str]:
        data = Path(self._data)
        (data / "configs/znc.conf").write_text(_ZNC.format(port=port, **self._config))
        return _as_nobody(data, binary("znc"), "--foreground", f"--datadir={data}")

    async def stop(self) -> None:
        """Stop it. What it kept stays until `close`."""
        await self._server.stop()

    async def close(self) -> None:
        """Stop it for good."""
        await self.stop()
        shutil.rmtree(self._data, ignore_errors=True)


class Bip:
    """A private bip with one user, `hub`, on one network, `test`, before the server on `upstream`."""

    def __init__(self, folder: Path, upstream: int, *rooms: str) -> None:
        self.port = 0
        self._data = ""
        self._server = Server(folder, "bip")
        self._folder = folder
        self._upstream = upstream
        self._channels = " ".join(f'channel {{ name = "{room}"; }};' for room in rooms)

    @property
    def settings(self) -> dict[str, Any]:
        """How the adapter logs in."""
        return {"password": "hub:secret:test"}

    async def start(self) -> None:
        """Start it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._data = self._data or tempfile.mkdtemp(prefix="bip")
        self.port = await self._server.start(self._command, port=self.port or None)

    def _command(self, port: int) -> list[str]:
        data = Path(self._data)
        config = data / "bip.conf"
        # as bipmkpw makes it
        salt = bytes.fromhex("5e115a1f")
        password = salt.hex() + md5(salt + md5(salt + b"secret").digest()).hexdigest()
        config.write_text(
            _BIP.format(
                port=port,
                folder=data,
                upstream=self._upstream,
                password=password,
                channels=self._channels,
            )
        )
        config.chmod(0o600)
        return _as_nobody(data, binary("bip"), "-n", "-f", str(config), "-s", str(data))

    async def close(self) -> None:
        """Stop it for good."""
        await self._server.stop()
        shutil.rmtree(self._data, ignore_errors=True)
