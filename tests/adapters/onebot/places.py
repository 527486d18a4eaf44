"""Places on a scripted QQ: an adapter that serves one group, and somebody there."""

import contextlib
import itertools

from adapters.onebot import Adapter
from bridge import RoomStateChanged
from bridge.testing import Place, free_port
from bridge.testing.contract.core import Core

from .implementation import TOKEN, Implementation
from .people import Somebody

_numbers = itertools.count(1)
FAST = {"burst": 1000, "per_second": 1000}


class Group(Place):
    """A place on QQ."""

    @property
    def emit(self):
        """The way into the core, for a run whose room may not be joined."""
        return self.core.gate([self.room])


class Noting(Core):
    """A core that remembers how the room stood last."""

    def __call__(self, events, *positions):
        self.states = [event for event in events if isinstance(event, RoomStateChanged)] or self.states
        return super().__call__(events, *positions)

    states = ()


class Demo:
    """What can be stopped."""

    def __init__(self, qq):
        self.stop = qq.stop


@contextlib.asynccontextmanager
async def on_qq(style="napcat", way="forward", *, roles=(), tls=None, **settings):
    """A group with numbers of more than 32 bits, and Ann in it; the implementation as `place.qq`."""
    qq = Implementation(style)
    url, port, number = await qq.listen(tls=tls), free_port(), 10_000_000_000 + next(_numbers)
    where = {"url": url} if way == "forward" else {"listen": str(port)}
    settings = {**where, "access_token": TOKEN, "pace": FAST, **settings}
    adapter = Adapter("qq", Adapter.NetworkConfig.model_validate(settings), "I am a bridge.")
    room = adapter.room_id(f"group:{number}")
    person = Somebody(qq, number, 3_000_000_000 + next(_numbers), "ann")
    await adapter.serve({room: Adapter.RoomConfig()})
    if way == "reverse":
        await qq.call(f"ws://127.0.0.1:{port}/onebot/v11/ws", *roles)
    place = Group(adapter, room, Demo(qq), person, not_rooms=("", "#tea", "a b c", "group:0", "x" * 5000))
    place.qq, place.number, place.port, place.core = qq, number, port, Noting("qq")
    try:
        yield place
    finally:
        await qq.stop()
