"""What becomes of the calls of an adapter."""

import asyncio
import gc

from bridge.boundary import Guarded
from bridge.errors import ConnectionLost
from bridge.model import RoomId
from bridge.testing import ScriptedAdapter, ScriptedNetwork


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
