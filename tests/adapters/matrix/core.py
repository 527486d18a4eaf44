"""What stands in for the core, and what it says."""

import asyncio
import hashlib

from adapters.matrix import Adapter
from bridge import (
    Answered,
    Authorship,
    DeleteMessage,
    EditMessage,
    File,
    FileKind,
    Kind,
    MessageCreated,
    MessageId,
    Part,
    Position,
    RoomState,
    RoomStateChanged,
    SendMessage,
    SetReactions,
    SetTopic,
    Speaker,
    Txn,
    plain,
)

USER = "@hubbub:s"
WIRE = "!lobby:s"
ALIAS = "#lobby:s"


class Core:
    """Stands in for the core: keeps what an adapter emits."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.events = asyncio.Queue()
        self.positions = {}
        self.run = None

    def __call__(self, events, *positions):
        for event in events:
            self.events.put_nowait(event)
        self.positions.update({position.scope: position.token for position in positions})
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def position(self, scope=""):
        return self.positions.get(scope)

    async def __aenter__(self):
        self.run = asyncio.create_task(self.adapter.run(self))
        return self

    async def __aexit__(self, *_):
        self.run.cancel()
        await asyncio.wait({self.run}, timeout=2)
        assert self.run.done(), "a cancelled run ends within a second"
        if not self.run.cancelled():
            self.run.exception()

    async def next(self, kind):
        """The next event of a kind; raises what ended the run instead."""
        while True:
            get = asyncio.ensure_future(self.events.get())
            await asyncio.wait({get, self.run}, timeout=25, return_when=asyncio.FIRST_COMPLETED)
            if not get.done():
                get.cancel()
                if self.run.done():
                    self.run.result()
                raise TimeoutError(f"no {kind.__name__}")
            if isinstance(get.result(), kind):
                return get.result()

    async def joined(self, room=ALIAS):
        while True:
            event = await self.next(RoomStateChanged)
            if (event.room, event.state) == (room, RoomState.JOINED):
                return event

    async def refused(self):
        while True:
            event = await self.next(RoomStateChanged)
            if event.state is RoomState.REFUSED:
                return event

    async def said(self):
        return await self.next(MessageCreated)

    async def do(self, command):
        """The name that the network gave to what a command did."""
        part = (await (await self.adapter.send(command))).part
        return part and part.id

    async def end(self):
        """What ends the run."""
        await asyncio.wait({self.run}, timeout=15)
        return self.run.exception()


def again(core, adapter=None):
    """Another core with the positions of this one, and the adapter of a new process."""
    other = Core(adapter or adapter_for(core.adapter.config.homeserver, *core.adapter.rooms))
    other.positions = dict(core.positions)
    return other


def adapter_for(url, *rooms, room_config=None, **settings):
    if "token" not in settings and "password" not in settings:
        settings["token"] = "token"
    config = Adapter.NetworkConfig(homeserver=url, user=USER, **settings)
    adapter = Adapter("matrix", config, "I relay, and bob owns me")
    adapter.rooms = {
        Adapter.room_id(room): Adapter.RoomConfig(**(room_config or {})) for room in rooms or (ALIAS,)
    }
    return adapter


_ALICE = Speaker(Authorship.PREFIX, "a")


def message(text, txn="1.ab", room=ALIAS, kind=Kind.TEXT, answered=None, **more):
    if answered is not None:
        answered = Answered(Part(MessageId(answered)), "a", "words")
    return SendMessage(
        room=room, speaker=_ALICE, txn=Txn(txn), content=plain(text), kind=kind, answered=answered, **more
    )


def file_at(path, name="cat.png", kind=FileKind.IMAGE, type_="image/png", **more):
    size = path.stat().st_size
    return File(path, name, kind, type_, size, hashlib.sha256(str(path).encode()).hexdigest(), **more)


def topic(text, txn="5.ab", room=ALIAS):
    return SetTopic(room=room, speaker=_ALICE, txn=Txn(txn), topic=text)


def edit(target, text, txn="2.ab", room=ALIAS):
    part = Part(MessageId(target))
    return EditMessage(room=room, speaker=_ALICE, txn=Txn(txn), target=part, content=plain(text))


def removal(target, txn="3.ab", room=ALIAS, reason=""):
    part = Part(MessageId(target))
    return DeleteMessage(room=room, speaker=_ALICE, txn=Txn(txn), target=part, reason=reason)


def reactions(target, *emojis, txn="4.ab", room=ALIAS):
    part = Part(MessageId(target))
    return SetReactions(room=room, speaker=_ALICE, txn=Txn(txn), target=part, emojis=emojis)


__all__ = [
    "ALIAS",
    "USER",
    "WIRE",
    "Core",
    "Position",
    "adapter_for",
    "again",
    "edit",
    "file_at",
    "message",
    "reactions",
    "removal",
    "topic",
]
