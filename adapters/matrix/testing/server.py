"""A private Synapse."""

import asyncio
import base64
import hashlib
import hmac
import importlib.util
import io
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import aiohttp

import bridge.testing
from adapters.matrix.puppets.registration import new_registration
from bridge.testing import Server

from .person import Person

__all__ = ["Demo"]

SERVER = "demo.hubbub.test"
ROOM = f"#lobby:{SERVER}"
BOT, BOT_PASSWORD = "hubbub", "hubbub"
_GUEST, _GUEST_PASSWORD = "guest", "guest"
_PATIENCE = 30.0


class Demo(bridge.testing.Demo):
    """Synapse with SQLite, without federation and without rate limits."""

    title: ClassVar[str] = "Synapse"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.registrations: tuple[Path, ...] = ()
        """Files of application services that it knows; without, there is one for a network called matrix."""
        self._port = 0
        self._secret = secrets.token_hex(16)
        self._server = Server(folder, "synapse")
        self._http: aiohttp.ClientSession | None = None
        self._owner = ""
        self._rooms: dict[str, asyncio.Task[str]] = {}
        self._tokens: dict[str, str] = {}
        self._people: set[Person] = set()

    @classmethod
    def missing(cls) -> str | None:
        if os.environ.get("SYNAPSE_PYTHON"):
            return None
        try:
            found = importlib.util.find_spec("synapse.app.homeserver")
        except ImportError:
            found = None
        return None if found else "matrix-synapse is not installed (pip install matrix-synapse)"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> Mapping[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.registrations:
            made = new_registration("matrix", f"@{BOT}:{SERVER}", self.folder / "registration.yaml")
            made.file.write_text(made.text)
            self.registrations = (made.file,)
        self._http = aiohttp.ClientSession()
        try:
            async with asyncio.timeout(_PATIENCE):
                self._port = await self._server.start(self._command, patience=_PATIENCE)
                await asyncio.gather(
                    self.register(BOT, BOT_PASSWORD),
                    self.register(_GUEST, _GUEST_PASSWORD),
                    self._make_lobby(),
                )
        except BaseException:
            await self.stop()
            raise
        return {
            "DEMO_MATRIX_PORT": str(self._port),
            "DEMO_MATRIX_REGISTRATION": str(self.registrations[0]),
        }

    async def stop(self) -> None:
        for person in tuple(self._people):
            await person.leave()
        for task in self._rooms.values():
            task.cancel()
        await asyncio.gather(*self._rooms.values(), return_exceptions=True)
        self._rooms.clear()
        if self._http is not None:
            await self._http.close()
            self._http = None
        # an orderly end would take seconds, and the data are thrown away
        await self._server.stop(patience=0)

    async def person(self, name: str, room: str | None = None) -> Person:
        wire = await self.room(room or ROOM)
        user = _localpart(name)
        if user not in self._tokens:
            self._tokens[user] = await self.register(user, secrets.token_hex(8))
        person = Person(self.call, name, wire, f"@{user}:{SERVER}", self._tokens[user])
        await person.enter()
        self._people.add(person)
        return person

    def invitation(self) -> str:
        return (
            f"Matrix\nhomeserver {self.url} (Element: sign in, edit the homeserver)\n"
            f"user {_GUEST}, password {_GUEST_PASSWORD}\nroom {ROOM}"
        )

    async def room(self, alias: str) -> str:
        """Return the id of a public room, which is made when it does not exist."""
        if alias not in self._rooms:
            self._rooms[alias] = asyncio.create_task(self._make_room(alias))
        return await asyncio.shield(self._rooms[alias])

    async def register(self, name: str, password: str) -> str:
        """Make an account by Synapse's shared-secret registration. Returns its token."""
        path = "/_synapse/admin/v1/register"
        nonce = (await self.call("GET", path))["nonce"]
        admin = name == "owner"
        words = [nonce, name, password, "admin" if admin else "notadmin"]
        mac = hmac.new(self._secret.encode(), "\0".join(words).encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac}
        return str((await self.call("POST", path, body=body))["access_token"])

    async def call(
        self,
        method: str,
        path: str,
        token: str = "",
        body: object = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make one request, with an object or with bytes. Raises OSError when it is refused."""
        assert self._http is not None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._http.request(
            method,
            self.url + path,
            json=None if isinstance(body, bytes) else body,
            data=io.BytesIO(body) if isinstance(body, bytes) else None,
            headers=headers,
            params=query,
            timeout=aiohttp.ClientTimeout(60),
        ) as reply:
            answer: dict[str, Any] = await reply.json(content_type=None)
            if reply.status != 200:
                raise OSError(f"Synapse refused {method} {path}: {answer}")
            return answer

    async def _make_lobby(self) -> None:
        self._owner = await self.register("owner", secrets.token_hex(8))
        await self.room(ROOM)

    async def _make_room(self, alias: str) -> str:
        local = alias.removeprefix("#").partition(":")[0]
        body = {
            "preset": "public_chat",
            "room_alias_name": local,
            "name": local,
            "power_level_content_override": {"events": {"m.room.topic": 0}},
        }
        return str((await self.call("POST", "/_matrix/client/v3/createRoom", self._owner, body))["room_id"])

    def _command(self, port: int) -> list[str]:
        """Write Synapse's settings for this port. Returns the command that starts it."""
        settings = self.folder / "homeserver.yaml"
        services = {"app_service_config_files": [str(file) for file in self.registrations]}
        settings.write_text(json.dumps({**_settings(self.folder, port, self._secret), **services}))
        (self.folder / "log.yaml").write_text(json.dumps(_logging(self.folder)))
        (self.folder / "signing.key").write_text(f"ed25519 a_demo {_seed()}\n")
        python = os.environ.get("SYNAPSE_PYTHON") or sys.executable
        return [python, "-m", "synapse.app.homeserver", "-c", str(settings)]


def _settings(folder: Path, port: int, secret: str) -> dict[str, Any]:
    free = {"per_second": 100_000, "burst_count": 100_000}
    limits: dict[str, Any] = dict.fromkeys(
        (
            "rc_message", "rc_registration", "rc_room_creation", "rc_media_create", "rc_user_directory",
            "rc_admin_redaction", "rc_joins_per_room",
        ),
        free,
    )  # fmt: skip
    limits["rc_login"] = dict.fromkeys(("address", "account", "failed_attempts"), free)
    limits["rc_joins"] = dict.fromkeys(("local", "remote"), free)
    limits["rc_invites"] = dict.fromkeys(("per_room", "per_user", "per_issuer"), free)
    listener = {
        "port": port,
        "bind_addresses": ["127.0.0.1"],
        "type": "http",
        "resources": [{"names": ["client", "media"], "compress": False}],
    }
    return {
        "server_name": SERVER,
        "report_stats": False,
        "signing_key_path": str(folder / "signing.key"),
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "macaroon_secret_key": secret,
        "registration_shared_secret": secret,
        "bcrypt_rounds": 4,
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "max_upload_size": "60M",
        "pid_file": str(folder / "synapse.pid"),
        "log_config": str(folder / "log.yaml"),
        "listeners": [listener],
        "federation_domain_whitelist": [],
        "url_preview_enabled": False,
        "presence": {"enabled": False},
        "push": {"enabled": False},
        **limits,
    }


def _logging(folder: Path) -> dict[str, Any]:
    handler = {"class": "logging.FileHandler", "filename": str(folder / "synapse.log")}
    return {"version": 1, "handlers": {"file": handler}, "root": {"level": "WARNING", "handlers": ["file"]}}


def _localpart(name: str) -> str:
    """Return a name in the few characters that a user id may have (appendices, "User Identifiers")."""
    fine = "abcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join([sign if sign in fine else f"={ord(sign):02x}" for sign in name.lower()])


def _seed() -> str:
    """Return the seed of a signing key (ed25519): 32 bytes in base64 without padding."""
    return base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
