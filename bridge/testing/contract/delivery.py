"""Commands, their order and their confirmations."""

import asyncio

from bridge.errors import AdapterError
from bridge.model import plain

from .place import PATIENCE, Place

__all__ = ["DeliveryContract"]


class DeliveryContract:
    """What is sent is confirmed, and in order."""

    async def test_what_is_sent_is_confirmed_and_heard_and_not_emitted(self, place: Place) -> None:
        async with place.running():
            receipt = await place.deliver(plain("<alice> hello"))
            assert receipt.part is None or receipt.part.id
            heard = await place.heard()
            await place.person.say(plain("after"))
            event = await place.said()
        assert heard.content == plain("<alice> hello")
        assert event.content == plain("after"), "the adapter's own words are no event"

    async def test_order_is_kept(self, place: Place) -> None:
        async with place.running():
            for n in range(20):
                await place.deliver(plain(f"<alice> {n}"))
            heard = [(await place.heard()).content.text for _ in range(20)]
        assert heard == [f"<alice> {n}" for n in range(20)]

    async def test_nothing_is_sent_without_a_connection(self, place: Place) -> None:
        await place.adapter.serve({})
        try:
            future = await place.send(plain("<alice> hello"))
            await asyncio.wait_for(future, PATIENCE)
        except AdapterError:
            return
        raise AssertionError("a command without a connection must fail")
