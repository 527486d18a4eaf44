"""What became of a command when nobody knows."""

import time

from bridge.model import Txn, plain

from .place import Place

__all__ = ["DoubtContract"]


class DoubtContract:
    """What was sent is found again, or nobody can tell."""

    async def test_what_was_sent_is_found_and_nothing_else(self, place: Place) -> None:
        """No adapter says None of what arrived, or gives a receipt of what was never sent."""
        before = time.time()
        async with place.running():
            await place.deliver(plain("<alice> hello"))
            sent, never = place.last_txn, Txn("fff.0.0.00000000c0ffee00")
        async with place.running():
            found = await place.adapter.find_sent(place.room, before, [sent, never])
        assert found.get(sent, True)
        assert found.get(never) is None
