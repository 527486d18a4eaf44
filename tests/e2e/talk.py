"""People on all networks who go on talking whatever happens, and who judges what they heard."""

import asyncio
import calendar
import contextlib
import re
import shutil
import sqlite3
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bridge.model import plain
from tests.e2e.five import FORGETFUL
from tests.e2e.world import PATIENCE, Hubbub, World

_LINE = re.compile(r"(\[again\?\] )?(?:\[[\d: -]+UTC\] )?(?:<([^>]+)> )?line (\d+)")
_GAP = re.compile(
    r"(?P<until>\S+ \S+) +WARNING from (?P<since>\S+ \S+) UTC on: "
    r"The bridge was away .*; .* on (?P<network>\w+) meanwhile"
)
_STUCK = 60.0
"""Seconds without a line, while some are missing, after which none is expected any more."""
_MOMENT = 0.1
"""What is said so long before a kill, in seconds, may not have reached the bridge when it comes."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was heard."""

    number: int
    again: bool
    at: float


@dataclass(slots=True)
class Talk:
    """One person on each network says line after line, numbered."""

    world: World
    deaf: frozenset[str] = frozenset()
    """Where the bridge says nothing."""
    said: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When each line was said, by network."""
    shown: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The lines that a network has shown to whoever said them, where it does that, else all."""
    heard: dict[tuple[str, str], list[Line]] = field(default_factory=lambda: defaultdict(list))
    """By the network that it was said on and the one that it was heard on."""
    told: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What the bridge itself said, by the network that it was heard on."""
    away: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    """When the bridge was not in the room of a network."""
    dead: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    """When the server of a network was not there to take what was said."""
    again: set[str] = field(default_factory=set)
    """Where the past is being shown to the person: lines that are known already do not count."""
    kills: int = 0
    """Kills of the bridge, of servers or of connections: each may leave something in doubt."""
    recoveries: list[float] = field(default_factory=list)
    """How long after joining again the first line was heard, in seconds."""
    _out: dict[str, float] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def networks(self) -> tuple[str, ...]:
        return tuple(self.world.people)

    async def __aenter__(self) -> Self:
        """Hear what is said."""
        self._tasks = [asyncio.create_task(self._listen(network)) for network in self.networks]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Talking

    @contextlib.asynccontextmanager
    async def talking(self, rate: float, networks: Iterable[str] | None = None) -> AsyncIterator[None]:
        """Talk: so many lines a second each."""
        tasks = [asyncio.create_task(self._go_on(network, rate)) for network in networks or self.networks]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(result, asyncio.CancelledError) for result in results), results

    async def say(self, network: str) -> None:
        """The next line of a network."""
        number = len(self.said[network])
        self.said[network].append(time.time())
        await self.world.people[network].say(plain(f"line {number}"))
        self.shown[network].add(number)

    async def _go_on(self, network: str, rate: float) -> None:
        while True:
            # a line that is being said when the talk ends is said whole
            await asyncio.shield(asyncio.ensure_future(self.say(network)))
            await asyncio.sleep(1 / rate)

    async def _listen(self, there: str) -> None:
        person = self.world.people[there]
        names = {person.name: network for network, person in self.world.people.items()}
        while True:
            one = await person.heard.get()
            text = one.content.text.replace("\u200b", "")
            if found := _LINE.fullmatch(text):
                line = Line(int(found[3]), found[1] is not None, time.time())
                heard = self.heard[names[re.split(r" \(|\[", found[2] or one.sender)[0]], there]
                if there in self.again and any(known.number == line.number for known in heard):
                    continue
                heard.append(line)
                self._last[there] = line.at
                self._changed.set()
            else:
                self.told[there].append(text)

    async def finish(self, bridge: Hubbub) -> None:
        """Say a last line each, and wait until everybody has heard it."""
        for network in self.networks:
            await self.say(network)
        await self.quiet(bridge)

    async def quiet(self, bridge: Hubbub) -> None:
        """Wait until everybody has heard the last line of everybody else."""
        while missing := self._missing():
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), _STUCK)
            except TimeoutError:
                waits = f"(from, to, last heard, said): {missing}"
                raise AssertionError(f"no more is heard {waits}\n{bridge.log.read_text()}") from None

    def _missing(self) -> list[tuple[str, str, int, int]]:
        found = []
        for here, said in self.said.items():
            for there in self.networks:
                last = max((line.number for line in self.heard[here, there]), default=-1)
                if there not in {here, *self.deaf} and last < len(said) - 1:
                    found.append((here, there, last, len(said) - 1))
        return found

    # The bridge comes and goes

    def killed(self, at: float) -> None:
        """The bridge was killed."""
        self.kills += 1
        self.left(at)

    def left(self, at: float) -> None:
        """The bridge left the rooms."""
        for network in self.networks:
            self._out.setdefault(network, at)

    async def watch(self, bridge: Hubbub) -> None:
        """Note when the bridge comes back into the rooms; ends when it is in all, or is dead."""
        started, joined, waiting = time.time(), dict[str, float](), set(self.networks)
        while waiting and bridge.process.returncode is None:
            for network in [network for network in waiting if bridge.is_in(network)]:
                waiting.remove(network)
                now = joined[network] = time.time()
                if (out := self._out.pop(network, None)) is not None:
                    self.away[network].append((out, now))
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        if self.kills:
            lines = [(there, line.at) for (_, there), heard in self.heard.items() for line in heard]
            for there, at in joined.items():
                if first := min(
                    [when for network, when in lines if network == there and when > started], default=0
                ):
                    self.recoveries.append(max(0.0, first - at))

    @contextlib.asynccontextmanager
    async def interrupted(
        self, bridge: Hubbub, *networks: str, patience: float = PATIENCE
    ) -> AsyncIterator[None]:
        """Let a fault happen inside; done when the bridge has come back into the rooms after it."""
        before, out = {network: bridge.joins(network) for network in networks}, time.time()
        self.kills += 1
        yield
        waiting = set(networks)
        async with asyncio.timeout(patience):
            while waiting:
                assert bridge.process.returncode is None, bridge.log.read_text()
                await asyncio.sleep(0.005)
                joined = {network for network in waiting if bridge.joins(network) > before[network]}
                for network in joined:
                    self.away[network].append((out, time.time()))
                waiting -= joined

    # The judgement

    async def end(self, bridge: Hubbub) -> dict[str, set[int]]:
        """Let all be heard, stop the bridge and judge; returns what was taken."""
        await self.finish(bridge)
        assert await bridge.stop() == 0
        log = bridge.log.read_text()
        assert "Traceback" not in log, log
        assert owed(self.world.folder) == [], log
        found = taken(self.world.folder, self.world)
        self.judge(found)
        return found

    def judge(self, taken: dict[str, set[int]], doubles: int = 1, window: int = 16) -> None:
        """Nothing lost, nothing twice, always in order, but for what is promised of forgetful networks."""
        faults = []
        for here in self.networks:
            for there in self.networks:
                if there not in {here, *self.deaf}:
                    faults += self._gaps(here, there, taken[here]) + self._order(here, there)
        for there, most in (("irc", doubles), ("jabber", window)):
            count = sum(self.doubles(here, there) for here in self.networks)
            if count > most * self.kills:
                faults.append(f"{there}: {count} lines came twice")
        assert not faults, "\n".join(faults)

    def doubles(self, here: str, there: str) -> int:
        """How many lines came twice."""
        heard = self.heard[here, there]
        return len(heard) - len({line.number for line in heard})

    def unheard(self) -> int:
        """How many lines nobody else heard."""
        heard = {(here, line.number) for (here, _), lines in self.heard.items() for line in lines}
        return sum(map(len, self.said.values())) - len(heard)

    def _gaps(self, here: str, there: str, taken: set[int]) -> list[str]:
        heard = {line.number for line in self.heard[here, there]}
        faults = []
        for number, at in enumerate(self.said[here]):
            if number in heard:
                continue
            what = f"{here} -> {there}: line {number}, said {at:.3f},"
            if number in taken:
                faults.append(f"{what} was taken, and lost")
            elif self.dead[here] and number not in self.shown[here]:
                continue  # the server died with it unread: what it shows stands in its archive before
            elif not self._was_away(here, at):
                faults.append(f"{what} was not heard; away {self.away[here]}")
            elif not _lies_in(self.dead[here], at) and not _lies_in(told := self._told_gaps(here), at):
                faults.append(f"{what} was missed, and nothing told; told {told}")
        return faults

    def _told_gaps(self, here: str) -> list[tuple[float, float]]:
        """From when to when a network was not heard, as the logs of all bridges tell it, to the second."""
        spans = []
        for log in self.world.folder.glob("hubbub*.log"):
            for found in _GAP.finditer(log.read_text()):
                until = time.mktime(time.strptime(found["until"], "%Y-%m-%d %H:%M:%S"))
                since = calendar.timegm(time.strptime(found["since"], "%Y-%m-%d %H:%M:%S"))
                if found["network"] == here:
                    spans.append((since, until + 1))
        return spans

    def _was_away(self, here: str, at: float) -> bool:
        return _lies_in(self.dead[here] + (self.away[here] if here in FORGETFUL else []), at)

    def _order(self, here: str, there: str) -> list[str]:
        faults, last, known = [], -1, set[int]()
        for line in self.heard[here, there]:
            double = line.number in known and line.again and there in FORGETFUL
            if line.number <= last and not double:
                faults.append(f"{here} -> {there}: {line} after line {last}")
            last = max(last, line.number)
            known.add(line.number)
        return faults


def _lies_in(spans: Iterable[tuple[float, float]], at: float) -> bool:
    return any(start - _MOMENT < at < end + _MOMENT for start, end in spans)


def taken(folder: Path, world: World) -> dict[str, set[int]]:
    """What the journal of a dead bridge has taken, by network; the journal itself is not touched."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for name in ("hubbub.sqlite3", "hubbub.sqlite3-wal"):
        if (folder / name).exists():
            shutil.copy(folder / name, copy)
    found: dict[str, set[int]] = {network: set() for network in world.people}
    query = "SELECT network, body FROM event JOIN room ON event.room = room.number"
    with contextlib.closing(sqlite3.connect(copy / "hubbub.sqlite3")) as database:
        for network, body in database.execute(query):
            found[network] |= {int(number) for number in re.findall(rb'"line (\d+)"', body or b"")}
    return found


def owed(folder: Path) -> list[tuple[object, ...]]:
    """What the journal owes or has given up of what people said."""
    query = """
        SELECT 'owed', network, body FROM delivery JOIN event USING (seq) JOIN room ON number = delivery.room
        UNION ALL
        SELECT reason, network, body FROM dead JOIN event USING (seq) JOIN room ON number = dead.room
    """
    with contextlib.closing(sqlite3.connect(folder / "hubbub.sqlite3")) as database:
        return [row for row in database.execute(query) if b'"line ' in (row[2] or b"")]
