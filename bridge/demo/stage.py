"""The demo's servers, people and bridge, from start to stop."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridge import app
from bridge.compose.fit import degrade
from bridge.config import Config, load
from bridge.errors import HubbubError, Unsupported
from bridge.model import (
    Content,
    Event,
    MessageCreated,
    MessageEdited,
    ReactionsChanged,
    Removed,
    RoomState,
    RoomStateChanged,
)
from bridge.protocols import find
from bridge.testing import Demo, Person, free_port

from .act import Act
from .screen import Screen
from .script import FAREWELL, SCRIPT, Ear, ScriptLine

__all__ = ["Stage"]

_NAMES = ("ada", "grace", "alan", "edsger", "barbara")
_PATIENCE = 60.0


@dataclass
class Stage:
    """One performance."""

    file: Path
    folder: Path
    demos: Mapping[str, type[Demo]]
    screen: Screen
    _ears: dict[str, Ear] = field(default_factory=dict)
    _seen: dict[str, list[Event]] = field(default_factory=dict)
    _joined: set[str] = field(default_factory=set)
    _acting: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, *, once: bool) -> bool:
        """Start everything and let people talk. Returns whether every line arrived everywhere in order."""
        async with self._servers() as servers:
            if len(servers) < 2:
                self.screen.say("A conversation needs two networks: install the servers named above.")
                return False
            environment = {key: value for _, given in servers.values() for key, value in given.items()}
            self._check_map([given for _, given in servers.values()])
            without = self.demos.keys() - servers.keys()
            config = load(self.file, find, {**os.environ, **environment}, without)
            files: dict[str, object] = {"folder": self.folder / "files"}
            if config.media.public_url is None:
                port = free_port()
                files |= {"public_url": f"http://127.0.0.1:{port}", "listen": f"127.0.0.1:{port}"}
            media = config.media.model_copy(update=files)
            config = replace(config, journal=self.folder / "journal.sqlite3", media=media)
            demos = {name: one for name, (one, _) in servers.items()}
            self.screen.networks = tuple(demos)
            async with self._bridge(config), self._people(demos) as people:
                ok = await self._perform(people)
                if not once:
                    await self._stay(demos)
                return ok

    def _check_map(self, variables: Iterable[Mapping[str, str]]) -> None:
        """Refuse a map that is not the demo's, as it ignores a server: its bot would go to real networks."""
        text = self.file.read_text()
        if unused := [" or ".join(given) for given in variables if all(name not in text for name in given)]:
            raise HubbubError(
                f"{self.file} is not a map of the demo: it does not use {', '.join(unused)}; "
                "name the bridge.yaml that came with Hubbub"
            )

    @contextlib.asynccontextmanager
    async def _servers(self) -> AsyncIterator[dict[str, tuple[Demo, Mapping[str, str]]]]:
        """Start what can be had, all at once; the rest is left out and named."""
        made: dict[str, Demo] = {}
        for name, kind in self.demos.items():
            if missing := kind.missing():
                self.screen.say(f"{name} is left out: {missing}")
            else:
                (self.folder / name).mkdir()
                made[name] = kind(self.folder / name)
        try:
            results = await asyncio.gather(*(one.start() for one in made.values()), return_exceptions=True)
            running: dict[str, tuple[Demo, Mapping[str, str]]] = {}
            for (name, one), result in zip(made.items(), results, strict=True):
                if isinstance(result, OSError):
                    self.screen.say(f"{name} is left out: {one.title} did not start: {result}")
                elif isinstance(result, BaseException):
                    raise result
                else:
                    running[name] = (one, result)
            started = ", ".join(f"{one.title} ({name})" for name, (one, _) in running.items())
            self.screen.say(f"Started: {started}")
            yield running
        finally:
            await asyncio.gather(*(one.stop() for one in made.values()))

    @contextlib.asynccontextmanager
    async def _bridge(self, config: Config) -> AsyncIterator[None]:
        """Run the bridge, once it is in every room."""
        bridge = app.Bridge(config, watch=self._watch)
        relay = asyncio.ensure_future(bridge.run())
        relay.add_done_callback(lambda _: self._changed.set())
        try:
            try:
                await self._until(lambda: relay.done() or self._joined >= config.networks.keys())
            except TimeoutError:
                missing = ", ".join(config.networks.keys() - self._joined)
                raise HubbubError(f"the bridge did not get into the room on {missing}") from None
            if relay.done():
                relay.result()
            for conversation in config.conversations.values():
                for entry in conversation.rooms:
                    record = bridge.adapter(entry.network).capabilities(entry.room)
                    self._ears[entry.network] = Ear(record)
            yield
        finally:
            relay.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await relay

    def _watch(self, network: str, event: Event) -> None:
        if isinstance(event, MessageCreated | MessageEdited | Removed | ReactionsChanged):
            self.screen.talk(network, event)
        elif isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
            self._joined.add(network)
            self._changed.set()

    @contextlib.asynccontextmanager
    async def _people(self, demos: Mapping[str, Demo]) -> AsyncIterator[dict[str, Person]]:
        """Let one person join each network, and listen."""
        people: dict[str, Person] = {}
        try:
            self._seen = {network: [] for network in demos}
            async with asyncio.TaskGroup() as listening:
                names = iter(_NAMES)
                for network, demo in demos.items():
                    people[network] = await demo.person(demo.resident or next(names, network))
                tasks = [listening.create_task(self._listen(*one)) for one in people.items()]
                yield people
                for task in tasks:
                    task.cancel()
        finally:
            await asyncio.gather(*(person.leave() for person in people.values()))

    async def _listen(self, network: str, person: Person) -> None:
        while True:
            event = await person.seen.get()
            ear = self._ears[network]
            if isinstance(event, MessageCreated | MessageEdited | Removed | ReactionsChanged):
                self.screen.hear(network, event, named=ear.names_authors)
            self._seen[network].append(event)
            if isinstance(event, MessageCreated) and not self._acting:
                ear.hear(event)
            self._changed.set()

    async def _perform(self, people: Mapping[str, Person]) -> bool:
        """Speak the script; each line waits for the one before it to have arrived everywhere."""
        networks = list(people)
        talking = [network for network, person in people.items() if not person.prompt]
        self.screen.say("\nWhat somebody says, and below it (←) how others see it:\n")
        began = time.monotonic()
        for saying in SCRIPT:
            await self._say(people, talking[saying.speaker % len(talking)], saying)
        await self._heard_all()
        records = {network: ear.capabilities for network, ear in self._ears.items()}
        act = Act(people, records, self._seen, self._until, [])
        self._acting = True
        acted = await act.play(self.folder)
        self._acting = False
        await self._say(people, talking[FAREWELL.speaker % len(talking)], FAREWELL)
        took = time.monotonic() - began
        if broken := [name for name in networks if not self._ears[name].complete()]:
            self.screen.say(f"\nNot everything arrived, or not in order, on: {', '.join(broken)}")
            return False
        if act.missed:
            self.screen.say(f"\nNot everybody got to see: {', '.join(act.missed)}")
            return False
        count = (len(SCRIPT) + 1) * (len(networks) - 1)
        self.screen.say(f"\n{count} copies of {len(SCRIPT) + 1} messages arrived in order, in {took:.1f} s.")
        if acted:
            self.screen.say(f"So did {' and '.join(filter(None, (', '.join(acted[:-1]), acted[-1])))}.")
        return True

    async def _say(self, people: Mapping[str, Person], here: str, saying: ScriptLine) -> None:
        # A person types what their network can show: no more.
        content = Content(degrade(saying.content, self._ears[here].capabilities))
        for network, ear in self._ears.items():
            if network != here:
                ear.expect(people[here].name, content)
        try:
            await people[here].say(content, saying.kind)
        except Unsupported:  # not as an emote
            await people[here].say(content)
        if not saying.quick:
            await self._heard_all()

    async def _heard_all(self) -> None:
        """Wait until everybody has heard everything, or something went wrong."""
        ears = self._ears.values()
        with contextlib.suppress(TimeoutError):
            await self._until(lambda: all(e.complete() for e in ears) or any(e.broken() for e in ears))

    async def _stay(self, demos: Mapping[str, Demo]) -> None:
        self.screen.say("\nThe bridge stays up. Join with your own client, and talk:")
        for demo in demos.values():
            name, *facts = demo.invitation().splitlines()
            self.screen.say("\n    ".join([f"  {name}", *facts]))
        self.screen.say("Ctrl-C ends it, and removes everything.\n")
        await asyncio.Event().wait()

    async def _until(self, done: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                while not done():
                    self._changed.clear()
                    await self._changed.wait()
        finally:
            self.screen.flush()
