"""The people of a room."""

from functools import partial

from bridge.model import plain

from .place import Place, able

__all__ = ["PeopleContract"]


class PeopleContract:
    """An adapter knows who is there, as far as it has been told."""

    async def test_who_goes_by_another_name_is_not_present_by_the_old_one(self, place: Place) -> None:
        """An adapter claims nothing that the network has not told, and the bridge's own account is nobody."""
        is_present, old = partial(place.adapter.is_present, place.room), place.person.name
        async with place.running():
            await place.deliver(plain("<alice> hello"))
            assert not is_present("somebody who was never there"), "somebody is present who was never there"
            told = [name for name in (old, old.upper()) if is_present(name)]
            assert told in ([], [old, old.upper()]), (
                f"of two names that look the same, {old!r} and {old.upper()!r}, one is present: keep a"
                " Present"
            )
            assert told or not place.adapter.names_are_unique, (
                "names_are_unique says that is_present knows everybody, and it does not know who is there"
            )
            with able():
                await place.person.rename(f"{old}x")
            await place.person.say(plain("it is me"))
            while (sender := (await place.said()).sender).name == old:  # a new name may take a moment
                await place.person.say(plain("it is me"))
            ids = [one.id for one in place.adapter.people(place.room) if one.name == sender.name]
            assert ids in ([], [sender.id]), f"{ids} are in the room, and {sender.id} speaks"
            assert not is_present(old), "who goes by another name is still present by the old one"
            assert not told or is_present(f"{old}x"), "who goes by another name is not present by it"
