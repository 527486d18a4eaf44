"""What was said before."""

from bridge.model import plain

from .place import Place

__all__ = ["HistoryContract"]


class HistoryContract:
    """Nothing that was said meanwhile is lost in silence."""

    async def test_a_first_visit_starts_at_now(self, place: Place) -> None:
        async with place.running():  # so that there is a room, and the person is known to be in it
            await place.person.say(plain("early"))
            await place.said()
        place.positions.clear()
        async with place.running():
            assert not place.past
            await place.person.say(plain("hello"))
            event = await place.said()
        assert (event.content, event.replayed) == (plain("hello"), False)

    async def test_what_is_missed_is_read_or_said_to_be_missing(self, place: Place) -> None:
        async with place.running():
            await place.person.say(plain("before"))
            before = await place.said()
        for n in range(3):
            await place.person.say(plain(f"meanwhile {n}"))
        async with place.running():
            await place.person.say(plain("after"))
            after = await place.said()
        assert (after.content, after.replayed) == (plain("after"), False)
        missed = [event for event in place.past if event.id != before.id]
        assert all(event.replayed and event.at is not None for event in place.past)
        texts = [event.content.text for event in missed]
        assert texts == [f"meanwhile {n}" for n in range(3)] or (not place.caught_up and not texts)
