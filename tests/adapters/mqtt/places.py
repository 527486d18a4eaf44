"""Places at a real broker."""

import contextlib
import itertools

from adapters.mqtt import Adapter
from adapters.mqtt.testing import Demo
from bridge.testing import Place
from tests.adapters.mqtt.old import OldBroker

NOT_ROOMS = ("", " ", "two\nlines", "home/ha+", "home/#/x", "$share/us/home", "x" * 5000)
_numbers = itertools.count(1)


@contextlib.asynccontextmanager
async def broker(folder, *, text=False, more=""):
    """A mosquitto."""
    demo = Demo(folder / "mosquitto")
    demo.text = text
    demo.more = more if "allow_anonymous" in more else f"allow_anonymous true\n{more}"
    try:
        await demo.start()
        yield demo
    finally:
        await demo.stop()


@contextlib.asynccontextmanager
async def old_broker(demo):
    """The same where MQTT 5 is not known."""
    old = OldBroker(demo.port)
    await old.start()
    try:
        yield old
    finally:
        await old.stop()


def adapter(port, client_id=None, **settings):
    """An adapter with a session of its own."""
    network = {
        "server": "127.0.0.1",
        "port": port,
        "tls": False,
        "client_id": client_id or f"hubbub{next(_numbers)}",
        **settings,
    }
    return Adapter("broker", Adapter.NetworkConfig.model_validate(network), "I am a bridge.")


@contextlib.asynccontextmanager
async def new_place(demo, port=None, **room):
    """An adapter, and somebody in its room."""
    number = next(_numbers)
    made, topic = adapter(port or demo.port), Adapter.room_id(f"home/room{number}")
    person = await demo.person(f"ann{number}", topic)
    try:
        await made.serve({topic: Adapter.RoomConfig.model_validate(room)})
        yield Place(made, topic, demo, person, NOT_ROOMS)
    finally:
        await person.leave()
