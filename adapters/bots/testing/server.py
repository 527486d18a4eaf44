"""A bot in a process of its own: Hubbub is the server to which it connects."""

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import bridge.testing
from bridge.testing import free_port

from .person import Person

__all__ = ["Demo"]

_ROOM = "lobby"
_NEEDED = ("nonebot2", "nonebot-adapter-onebot", "websockets")
_PATIENCE = 15.0
_LONGEST = 2**20


class Demo(bridge.testing.Demo):
    """A bot of NoneBot's that names a price."""

    title = "NoneBot"
    resident = "pricebot"  # as the demo's map has it

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = 0
        self._bot: asyncio.subprocess.Process | None = None
        self._person: Person | None = None

    @classmethod
    def missing(cls) -> str | None:
        try:
            for package in _NEEDED:
                version(package)
        except PackageNotFoundError:
            return f"NoneBot is not installed (pip install {' '.join(_NEEDED)})"
        return None

    async def start(self) -> Mapping[str, str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        log = self.folder / "nonebot.log"
        pipe = asyncio.subprocess.PIPE
        with log.open("ab") as output:
            self._bot = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "adapters.bots.testing.bot", str(self.port),
                stdin=pipe, stdout=pipe, stderr=output, limit=_LONGEST, start_new_session=True,
            )  # fmt: skip
        async with asyncio.timeout(_PATIENCE):
            if not await self._told.readline():
                raise OSError(f"it ended at once: see {log}")
        return {"DEMO_BOTS_PORT": str(self.port)}

    async def stop(self) -> None:
        if self._person is not None:
            await self._person.leave()
        if self._bot is not None:
            with contextlib.suppress(ProcessLookupError):
                self._bot.kill()
            await self._bot.wait()
            self._bot = None

    async def person(self, name: str, room: str | None = None) -> Person:
        """Return the bot, which has a name already."""
        self._person = Person(self.resident, room or _ROOM, self._told)
        return self._person

    def invitation(self) -> str:
        return f"a bot, by OneBot v11 (one is here already: say {Person.prompt})\nws://127.0.0.1:{self.port}/"

    @property
    def _told(self) -> asyncio.StreamReader:
        assert self._bot is not None
        assert self._bot.stdout is not None
        return self._bot.stdout
