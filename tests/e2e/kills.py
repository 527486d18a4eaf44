"""Kills, one after the other, and a last start that lives."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from tests.e2e.talk import Talk, taken
from tests.e2e.world import Hubbub, World

STEPS = (
    "take",
    "transaction",
    "commit",
    "write",
    "send",
    "confirm",
    "record",
    "recorded",
    "settle",
    "settled",
)
_ROOT = str(Path(__file__).parents[2])
_PATIENCE = 80.0
_NEVER = ("never", "irc", 0)

Kill = tuple[str, str, int]
"""The step, the network, and at which message."""


class Standby:
    """A bridge that is ready to start, and will be killed at a step."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._log = world.folder / f"hubbub{number}.log"
        self._killed = world.folder / f"killed{number}"
        self._killed.unlink(missing_ok=True)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, kill: Kill) -> None:
        """Let it import what it needs."""
        variables = {
            "HUBBUB_LOG": "text",
            "KILL": " ".join(map(str, kill)),
            "KILLED": str(self._killed),
            "PYTHONPATH": _ROOT,
        }
        with self._log.open("w") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.e2e.killer", "run", str(self._world.folder / "bridge.yaml")),
                stdin=subprocess.PIPE,
                stderr=output,
                env={**os.environ, **self._world.variables, **variables},
            )

    def go(self) -> Hubbub:
        """Now run."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        return Hubbub(self._process, self._log)

    def killed(self) -> float:
        """When it killed itself."""
        return float(self._killed.read_text())

    async def end(self) -> None:
        """Leave nothing."""
        process = self._process
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def _standbys(world: World, kills: Sequence[Kill]) -> AsyncIterator[AsyncIterator[Standby]]:
    """The bridges to be run one after the other; while one runs, the next one gets ready."""
    standbys = [Standby(world, number) for number in range(len(kills))]

    async def ready() -> AsyncIterator[Standby]:
        await standbys[0].start(kills[0])
        for number, standby in enumerate(standbys):
            if number + 1 < len(standbys):
                await standbys[number + 1].start(kills[number + 1])
            yield standby

    try:
        yield ready()
    finally:
        for standby in standbys:
            await standby.end()


async def survive(world: World, kills: Sequence[Kill], *, rate: float) -> Talk:
    """Talk on all networks while the bridge is killed so often; returns what was said and heard."""
    world.forget()
    talk = Talk(world)
    known = {network: set[int]() for network in world.people}
    talking = contextlib.AsyncExitStack()
    async with talk, talking, _standbys(world, [*kills, _NEVER]) as standbys:
        for kill in kills:
            standby = await anext(standbys)
            bridge = standby.go()
            watching = asyncio.create_task(talk.watch(bridge))
            if not talk.kills:
                await bridge.joined(*talk.networks)
                await talking.enter_async_context(talk.talking(rate))
            code = await asyncio.wait_for(bridge.process.wait(), _PATIENCE)
            assert code == -9, f"{kill}: {bridge.log.read_text()}"
            talk.killed(standby.killed())
            await watching
            known = {network: known[network] | lines for network, lines in taken(world.folder, world).items()}
        bridge = (await anext(standbys)).go()
        await talk.watch(bridge)
        await talking.aclose()
        final = await talk.end(bridge)
    assert all(known[network] <= final[network] for network in talk.networks)
    return talk
