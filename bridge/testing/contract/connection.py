"""How a connection begins and ends."""

import asyncio

from bridge.adapter import Adapter
from bridge.errors import ConnectionLost
from bridge.model import plain

from .place import PATIENCE, Place

__all__ = ["ConnectionContract"]


class ConnectionContract:
    """A run begins and ends as the core needs it."""

    async def test_a_cancelled_run_ends_soon_and_can_be_followed_by_another(self, place: Place) -> None:
        for _ in range(2):
            async with place.running() as run:
                run.cancel()
                done, _ = await asyncio.wait({run}, timeout=2)
                assert done, "still running two seconds after it was cancelled"
        async with place.running():
            await place.deliver(plain("<alice> still here"))

    async def test_the_end_of_the_server_ends_the_run(self, doomed: Place) -> None:
        async with doomed.running() as run:
            await doomed.demo.stop()
            done, _ = await asyncio.wait({run}, timeout=PATIENCE)
            assert done, "the run goes on without a server"
            error = run.exception()
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        assert isinstance(error, ConnectionLost), repr(error)

    async def test_looking_disturbs_nobody(self, place: Place) -> None:
        async with place.running():
            found = await place.adapter.look(place.adapter.rooms)
            assert found == {place.room: None}
            await place.deliver(plain("<alice> undisturbed"))

    async def test_what_cannot_be_a_room_is_refused_with_a_sentence(self, place: Place) -> None:
        for text in ("", " ", "a b c", "x" * 5000):
            assert _refusal(place.adapter, text), f"{text[:20]!r} is no room"


def _refusal(adapter: Adapter, text: str) -> str:
    try:
        adapter.room_id(text)
    except ValueError as error:
        return str(error)
    return ""
