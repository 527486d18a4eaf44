"""Those who speak by themselves."""

import asyncio
import time

from bridge.model import DeleteMessage, EditMessage, Kind, MessageEdited, Removed, plain

from .place import PATIENCE, Place

__all__ = ["SpeakersContract"]


class SpeakersContract:
    """Who has an account or a name of their own speaks by it."""

    async def test_who_speaks_by_themselves_has_their_name_and_no_event_is_made_of_it(
        self, place: Place
    ) -> None:
        async with place.running():
            if (found := place.speaker()) is None:
                return
            speaker, _ = found
            receipt = await place.deliver(plain("hello"), speaker=speaker)
            heard = await place.heard()
            assert heard.sender.startswith(speaker.name)
            assert heard.content == plain("hello")
            assert receipt.part is None or receipt.part.speaker == speaker.account
            await place.deliver(plain("waves"), Kind.EMOTE, speaker)
            assert (await place.heard()).kind is Kind.EMOTE
            await place.deliver(plain("<alice> hello"))
            assert not (await place.heard()).sender.startswith(speaker.name), "the bridge is nobody else"
            await place.person.say(plain("after"))
            assert (await place.said()).content == plain("after"), "what a speaker says is no event"
            assert not place.adapter.is_present(place.room, speaker.name), "nor is a speaker somebody there"

    async def test_who_said_what_was_sent_is_found_too(self, place: Place) -> None:
        before = time.time()
        async with place.running():
            if (found := place.speaker()) is None:
                return
            await place.deliver(plain("hello"), speaker=found[0])
        async with place.running():
            txn = place.last_txn
            sent = (await place.adapter.find_sent(place.room, before, [txn])).get(txn)
        assert sent is None or sent.part is None or sent.part.speaker == found[0].account

    async def test_who_speaks_by_themselves_changes_what_they_said(self, place: Place) -> None:
        async with place.running():
            if (found := place.speaker()) is None:
                return
            speaker, record = found
            receipt = await place.deliver(plain("helo"), speaker=speaker)
            if record.edit and receipt.part is not None:
                edit = EditMessage(
                    room=place.room,
                    speaker=speaker,
                    txn=place.next_txn(),
                    target=receipt.part,
                    content=plain("hello"),
                )
                await asyncio.wait_for(await place.adapter.send(edit), PATIENCE)
                edited = await place.did(MessageEdited)
                assert edited.sender.name.startswith(speaker.name)
                assert edited.content == plain("hello")
            if record.delete and receipt.part is not None:
                delete = DeleteMessage(
                    room=place.room, speaker=speaker, txn=place.next_txn(), target=receipt.part
                )
                await asyncio.wait_for(await place.adapter.send(delete), PATIENCE)
                assert (await place.did(Removed)).sender.name.startswith(speaker.name)
