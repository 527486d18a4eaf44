"""Commands of which nobody knows whether they arrived."""

import time

from bridge.model import Support, Txn, plain

from .core import only_adapter_errors
from .place import ALICE, Place
from .support import take_back

__all__ = ["DoubtContract"]


class DoubtContract:
    """The adapter finds what was sent, or says that nobody can tell."""

    async def test_what_was_sent_is_found_and_nothing_else(self, place: Place) -> None:
        """No adapter says None of what arrived, or gives a receipt of what was never sent."""
        before = time.time()
        async with place.running():
            receipt = await place.deliver(plain("<alice> hello"))
            sent, never = place.last_txn, Txn("fff.0.0.00000000c0ffee00")
        await place.restarted()
        async with place.running():
            with only_adapter_errors("find_sent"):
                found = await place.within(
                    place.adapter.find_sent(place.room, before, [sent, never]), "find_sent does not return"
                )
            full = place.record.doubt is Support.FULL
            if receipt.part is not None and place.record.delete:
                await take_back(place, receipt.part, ALICE)
        assert found.get(sent, True), (
            "find_sent says None of a message that arrived, so it would be sent twice: leave out what you"
            " cannot be sure of"
        )
        known = found.get(sent)
        assert known is None or known.part is None or receipt.part is not None, (
            "find_sent has a name for a message, and the receipt of send has none for it, so that no edit or"
            " answer finds it: wait for the network to confirm it, and return its name"
        )
        assert found.get(never) is None, (
            "find_sent has a receipt for what was never sent, so it would be lost: look for the txn"
        )
        assert not full or {sent, never} <= set(found), (
            "the record says FULL to doubt, and find_sent leaves open what became of a message: that is"
            " PARTIAL"
        )
