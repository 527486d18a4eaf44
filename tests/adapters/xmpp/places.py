"""Rooms on real servers: with a bridge that is run again and again, and people who see every stanza."""

import asyncio
import contextlib

from adapters.xmpp import Adapter
from adapters.xmpp.testing import Person
from bridge import CatchUp, plain
from tests.adapters.xmpp.harness import running
from tests.adapters.xmpp.servers import Archive, Plain


class Prosody(Archive):
    """Prosody with an archive."""

    def __init__(self, folder):
        folder.chmod(0o755)  # it gives up root's rights, and still has to get there
        super().__init__(folder)


class Nameless(Plain):
    """Without an archive, and so without names for messages."""

    def __init__(self, folder):
        folder.chmod(0o755)
        super().__init__(folder)


class Bridge:
    """An adapter in one room, run again and again, and what the core remembers of it."""

    def __init__(self, server, name):
        self.room = f"{name}@{server.rooms}"
        self.positions = {}
        self.server = server
        self.user = "hubbub"

    @contextlib.asynccontextmanager
    async def running(self, positions=None, *, port=None, **rules):
        config = Adapter.NetworkConfig(
            jid=f"{self.user}@{self.server.domain}", password=self.user, server="127.0.0.1",
            port=port or self.server.port, tls="none",
        )  # fmt: skip
        self.adapter = Adapter("home", config, "I am a bridge.")
        self.adapter.catch_up = CatchUp(**rules)
        rooms = {self.room: Adapter.RoomConfig(create=True)}
        known = self.positions if positions is None else dict(positions)
        async with running(self.adapter, rooms, joined=False, positions=known) as ears:
            yield ears

    async def begin(self):
        """The room, with alice in it; one message was heard live."""
        async with self.running() as ears:
            assert await ears.until_joined(self.room) == ([], False)
            assert self.room in self.positions, "a room begins at now"
            start = dict(self.positions)
            self.alice = await self.server.person("alice", self.room)
            await self.alice.say(plain("live"))
            live = await ears.said()
        return start, live


class Witness(Person):
    """Somebody who sees what is on the wire, and says anything."""

    def __init__(self, server, name, room, user):
        super().__init__(name, room, user, server.domain, user)
        self.stanzas = asyncio.Queue()
        self.gone = False
        """Whether the room has let them go."""

    def _message(self, element):
        super()._message(element)
        self.stanzas.put_nowait(element)

    def _moved(self, seen):
        super()._moved(seen)
        self.gone = self.gone or (seen.type == "unavailable" and seen.nick == self._place.nick)

    def show(self, how):
        """Say how they are there (RFC 6121 section 4.7.2.1)."""
        self._send(f"<presence to='{self._place.occupant}'><show>{how}</show></presence>")

    async def sees(self, path):
        """The next message that has such a child."""
        async with asyncio.timeout(25):
            while True:
                element = await self.stanzas.get()
                if element.find(path) is not None:
                    return element

    def tell(self, name, inside):
        """A message of any kind to the room."""
        self._send(f"<message to='{self._place.room}' type='groupchat' id='{name}'>{inside}</message>")

    def ask(self, payload):
        """A request to the room."""
        self._send(f"<iq to='{self._place.room}' type='set' id='ask'>{payload}</iq>")


@contextlib.asynccontextmanager
async def witness(server, name, room, user=None):
    """A witness in a room."""
    await server.register(user or name, user or name)
    person = Witness(server, name, room, user or name)
    await person.join(server.port)
    try:
        yield person
    finally:
        await person.leave()
