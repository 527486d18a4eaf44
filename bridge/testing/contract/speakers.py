"""Those who speak by themselves."""

import time
from unittest import SkipTest

from bridge.errors import Unsupported
from bridge.model import (
    Capabilities,
    DeleteMessage,
    EditMessage,
    Kind,
    MessageEdited,
    Removed,
    Speaker,
    plain,
)

from .core import only_adapter_errors
from .place import Place, same
from .support import take_back

__all__ = ["SpeakersContract"]

_WHO = "what a speaker says is not shown under their name"


class SpeakersContract:
    """Authors with an account or a name of their own speak by it."""

    async def test_who_speaks_by_themselves_has_their_name_and_no_event_is_made_of_it(
        self, place: Place
    ) -> None:
        async with place.running():
            speaker, _ = _speaker(place)
            receipt = await place.deliver(plain("hello"), speaker=speaker)
            heard = await place.heard()
            assert heard.sender.startswith(speaker.name), f"{_WHO}: {heard!r}"
            same(heard.content, plain("hello"), "what a speaker says arrives in other words")
            assert receipt.part is None or receipt.part.speaker == speaker.account, (
                f"a receipt says who said it (Part.speaker is Speaker.account): {receipt!r}"
            )
            if await _has_emotes(place):
                await place.deliver(plain("waves"), Kind.EMOTE, speaker)
                same((await place.heard()).kind, Kind.EMOTE, "an emote of a speaker arrives otherwise")
            await place.deliver(plain("<alice> hello"))
            assert not (await place.heard()).sender.startswith(speaker.name), (
                "the bridge's own words are shown under a speaker's name"
            )
            await place.person.say(plain("after"))
            same((await place.said()).content, plain("after"), "what a speaker says is no event")
            assert not place.adapter.is_present(place.room, speaker.name), "a speaker is nobody who is there"

    async def test_who_speaks_by_themselves_changes_what_they_said_and_is_found(self, place: Place) -> None:
        before = time.time()
        async with place.running():
            speaker, record = _speaker(place)
            part = (await place.deliver(plain("helo"), speaker=speaker)).part
            room, hello = place.room, plain("hello")
            if record.edit and part is not None:
                await place.confirmed(
                    EditMessage(room=room, speaker=speaker, txn=place.next_txn(), target=part, content=hello)
                )
                edited = await place.did(MessageEdited)
                assert edited.sender.name.startswith(speaker.name), f"{_WHO}: {edited!r}"
                same(edited.content, hello, "an edit of a speaker arrives in other words")
            if record.delete and part is not None:
                await place.confirmed(
                    DeleteMessage(room=room, speaker=speaker, txn=place.next_txn(), target=part)
                )
                assert (await place.did(Removed)).sender.name.startswith(speaker.name), _WHO
            last = (await place.deliver(plain("hello"), speaker=speaker)).part
            txn = place.last_txn
        await place.restarted()
        async with place.running():
            with only_adapter_errors("find_sent"):
                found = await place.adapter.find_sent(room, before, [txn])
            if record.delete and last is not None:
                await take_back(place, last, speaker)
        sent = found.get(txn)
        assert sent is None or sent.part is None or sent.part.speaker == speaker.account, (
            f"find_sent says who said it (Part.speaker is Speaker.account): {sent!r}"
        )


def _speaker(place: Place) -> tuple[Speaker, Capabilities]:
    if (found := place.speaker()) is None:
        raise SkipTest("nobody speaks by themselves here")
    return found


async def _has_emotes(place: Place) -> bool:
    try:
        await place.person.say(plain("waves"), Kind.EMOTE)
    except Unsupported:
        return False
    await place.said()
    return True
