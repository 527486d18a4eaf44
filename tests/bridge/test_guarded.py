"""What becomes of the calls of an adapter."""

import asyncio
import gc
import math
from dataclasses import replace

import pytest

from bridge.adapter import Endpoint
from bridge.boundary import Guarded
from bridge.boundary.events import is_plain, sound
from bridge.errors import ConnectionLost
from bridge.model import RoomId, Sender, UserId
from bridge.testing import ScriptedAdapter, ScriptedNetwork

ONE, TWO = RoomId("one"), RoomId("two")


class Losing(ScriptedAdapter):
    """Loses its connection while it looks something up."""

    lost_now = asyncio.Event()

    async def find_sent(self, room, since, txns):
        await Losing.lost_now.wait()
        raise ConnectionLost("the connection ended")


async def test_who_no_longer_waits_for_an_answer_leaves_nothing_in_the_log(caplog):
    ScriptedNetwork("left")
    Losing.lost_now = asyncio.Event()
    adapter = Guarded(Losing, "left", Losing.NetworkConfig(server="left"), "")
    looking = asyncio.ensure_future(adapter.find_sent(RoomId("one"), 0.0, ["txn"]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    Losing.lost_now.set()
    await asyncio.sleep(0)
    looking.cancel()  # at the same moment, as where a connection ends
    await asyncio.wait([looking])
    assert looking.cancelled()
    del looking
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_a_network_says_who_it_is_and_how_it_keeps_what_is_said():
    network = ScriptedNetwork("left")
    network.nature.peer = Endpoint("irc.example.org:6697", "TLSv1.3", "ab" * 32)
    network.nature.retention[ONE], network.nature.open[ONE] = 60.0, True
    adapter = Guarded(ScriptedAdapter, "left", ScriptedAdapter.NetworkConfig(server="left"), "")
    assert adapter.peer() is None, "nobody is connected"
    assert (adapter.retention(ONE), adapter.history_is_open(ONE)) == (60.0, True)
    assert (adapter.retention(TWO), adapter.history_is_open(TWO)) == (None, None)
    await adapter.serve({ONE: ScriptedAdapter.RoomConfig()})
    task = asyncio.ensure_future(adapter.run(Emitted()))
    while not network.connected:
        await asyncio.sleep(0)
    assert adapter.peer() == network.nature.peer
    task.cancel()
    await asyncio.wait([task])


async def test_a_room_that_was_taken_down_is_not_entered_again():
    """While the core still names it, for something is owed to it: who has its name by then hears nothing."""
    network = ScriptedNetwork("left")
    adapter = Guarded(ScriptedAdapter, "left", ScriptedAdapter.NetworkConfig(server="left"), "")
    task = asyncio.ensure_future(adapter.run(Emitted()))
    while not network.connected:
        await asyncio.sleep(0)

    async def serve(*rooms):
        await adapter.serve(dict.fromkeys(rooms, ScriptedAdapter.RoomConfig()))
        return set(adapter._adapter.rooms)

    made = [await adapter.make_room(name, "", ()) for name in ("first", "second")]
    assert await serve(ONE, *made) == {ONE, *made}
    for room in made:
        await adapter.unmake(room)
    assert await serve(ONE, TWO, *made) == {ONE, TWO}
    assert await serve(ONE, made[0]) == {ONE}
    assert await serve(ONE, *made) == {ONE, made[1]}, "it was let go of, and is another one now"
    assert await adapter.make_room("first", "", ()) == made[0]
    assert await serve(ONE, made[0]) == {ONE, made[0]}
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("peer", KeyError("x")),
        ("peer", "irc.example.org"),
        ("peer", Endpoint("irc.example.org", 1.3)),
        ("retention", KeyError("x")),
        ("retention", "a year"),
        ("retention", math.nan),
        ("retention", 0),
        ("history_is_open", SystemExit()),
        ("history_is_open", "yes"),
    ],
)
def test_what_makes_no_sense_is_taken_for_no_answer(method, answer, caplog):
    class Wrong(ScriptedAdapter):
        def answer(self, *_):
            if isinstance(answer, BaseException):
                raise answer
            return answer

        peer = retention = history_is_open = answer

    ScriptedNetwork("left")
    guarded = Guarded(Wrong, "left", Wrong.NetworkConfig(server="left"), "")
    assert getattr(guarded, method)(*() if method == "peer" else (ONE,)) is None
    assert f"a bug in its adapter, in {method}" in caplog.text


@pytest.mark.parametrize("wrong", [{"unstored": "yes"}, {"sender": Sender(UserId("a"), "ann", proof=7)}])
def test_what_nobody_is_to_keep_and_what_is_vouched_for_are_looked_at(wrong):
    said = ScriptedNetwork("left").saying("one", "ann", "hello")
    assert is_plain(said)
    said = replace(said, **wrong)
    assert not is_plain(said)
    with pytest.raises((TypeError, ValueError)):
        sound(said)


def test_what_nobody_is_to_keep_is_taken():
    said = ScriptedNetwork("left").saying("one", "ann", "hello", unstored=True)
    assert sound(said) == (said, "")


class Emitted:
    """Takes what is emitted."""

    def __call__(self, events, *positions):
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def position(self, scope=""):
        return None
