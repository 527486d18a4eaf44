"""People who talk in one room, and somebody who listens in each of the others."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from adapters.matrix.testing import SERVER
from bridge.model import Event, MemberChanged, MessageCreated, MessageId, plain
from bridge.testing import Person
from tests.e2e.garden import NAMES, PATIENCE, Garden
from tests.e2e.transcript import Transcript

__all__ = ["Listener", "Scene", "scene"]

T = TypeVar("T")


@dataclass(eq=False)
class Listener:
    """Somebody where what is said elsewhere is heard, and what they see."""

    person: Person
    usher: Person
    """Whom the bridge ignores: when an usher's words are seen, all that came before them has been."""
    transcript: Transcript = field(default_factory=Transcript)
    _ushered: asyncio.Event = field(default_factory=asyncio.Event)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Write down all that is seen, for ever."""
        while True:
            event = await self.person.seen.get()
            who = event.sender.name
            if who.startswith("usher"):
                self._ushered.set()
            elif not (isinstance(event, MemberChanged) and who.startswith("hubbub")):
                self.transcript.tell(event)
                self._stirred.set()

    async def settle(self) -> None:
        """Wait until everything so far has been seen."""
        self._ushered.clear()
        await self.usher.say(plain("please"))
        await asyncio.wait_for(self._ushered.wait(), PATIENCE)

    async def sees(self, line: str) -> None:
        """Wait until they see this."""
        async with asyncio.timeout(PATIENCE):
            while line not in self.transcript.lines:
                self._stirred.clear()
                await self._stirred.wait()


class Scene:
    """One conversation: Ada, who moderates the first room, and Bob talk there, others listen."""

    def __init__(self, garden: Garden, source: str) -> None:
        self.garden = garden
        self.source = source
        self.places = garden.places(source)
        self.listeners: dict[str, Listener] = {}
        self.greetings: dict[str, MessageId] = {}
        """What Ada's network calls what each listener said first."""
        self.ada: Any = None
        self.bob: Any = None

    async def gather(self) -> None:
        """Let everybody come in. Ada is the first, and so moderates where the first one does."""
        network, room = self.places[""]
        person = self.garden.person
        self.ada = await person("ada", network, room)
        if network == "matrix":
            levels = {"users": {f"@ada:{SERVER}": 50}, "events": {"m.room.topic": 0}}
            synapse = self.garden.synapse
            path = f"/_matrix/client/v3/rooms/{self.ada._room}/state/m.room.power_levels"
            await synapse.call("PUT", path, synapse._owner, levels)

        async def listener(to: str) -> tuple[str, Listener]:
            network, room = self.places[to]
            usher = person(f"usher-{to}-{self.source}", network, room)
            return to, Listener(*await asyncio.gather(person(NAMES[to], network, room), usher))

        others = asyncio.gather(*(listener(to) for to in self.places if to))
        self.bob, found = await asyncio.gather(person("bob", network, room), others)
        self.listeners = dict(found)

    async def begin(self) -> None:
        """Let the bridge come in."""
        await self.garden.begin(self.garden.plan(self.source), set(self.places.values()))

    async def greet(self) -> None:
        """Let every listener say something, so that they are known elsewhere; then begin to write."""
        for to, listener in self.listeners.items():
            name = NAMES[to]
            said = await self.act(
                listener.person.say(plain(f"I am {name}")), MessageCreated, at=self.places[to]
            )
            listener.transcript.know(said, f"<{name}> I am {name}")
            async with asyncio.timeout(PATIENCE):
                while not isinstance(seen := await self.ada.seen.get(), MessageCreated):
                    pass
            self.greetings[to] = seen.id

    def step(self, title: str) -> None:
        """What comes next."""
        for listener in self.listeners.values():
            listener.transcript.lines += ["", f"# {title}"]

    async def say(self, who: Any, text: str, **how: Any) -> MessageId | None:
        """Somebody says something plain."""
        return await self.act(who.say(plain(text), **how), MessageCreated)

    async def act(self, doing: Awaitable[T], *kinds: type[Event], at: tuple[str, str] | None = None) -> T:
        """Do this; done when everybody has seen what comes of it. The bridge has to notice such an event."""
        network, room = at or self.places[""]
        while not self.garden.events.empty():
            self.garden.events.get_nowait()
        done = await doing
        async with asyncio.timeout(PATIENCE):
            while True:
                heard, event = await self.garden.events.get()
                if heard == network and event.room == room and isinstance(event, kinds):
                    break
        await self.settle()
        return done

    async def settle(self) -> None:
        """Wait until all that is owed has been delivered and seen."""
        await self.garden.delivered()
        await asyncio.gather(*(listener.settle() for listener in self.listeners.values()))

    async def restart(self) -> None:
        """Another bridge takes the place of this one."""
        await self.garden.end()
        await self.begin()
        await self.settle()

    async def tell(self) -> None:
        """Let the bridge tell what it has folded."""
        await self.garden.bridge.patrol()
        await self.settle()


@contextlib.asynccontextmanager
async def scene(garden: Garden, source: str) -> AsyncIterator[Scene]:
    """Everybody in their rooms, the bridge too, and every listener listening."""
    made = Scene(garden, source)
    await made.gather()
    await made.begin()
    listening = [asyncio.create_task(one.listen()) for one in made.listeners.values()]
    try:
        await made.greet()
        for one in made.listeners.values():
            one.transcript.lines.clear()
        yield made
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await garden.end()
        people = [
            made.ada,
            made.bob,
            *(p for one in made.listeners.values() for p in (one.person, one.usher)),
        ]
        await asyncio.gather(*(person.leave() for person in people))
