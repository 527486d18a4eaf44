"""People from elsewhere come and go one after the other."""

import asyncio

from bridge import Authorship, Comings, RateLimited, Rejected, RoomId, SetPresent, Speaker


def command(who, present=True, room="one"):
    speaker = Speaker(Authorship.PUPPET, who, f"irc/{who}")
    return SetPresent(room=RoomId(room), speaker=speaker, present=present)


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_in_order_and_the_last_word_counts():
    done, gate = [], asyncio.Event()

    async def move(one):
        await gate.wait()
        done.append((one.speaker.name, one.present))

    comings = Comings(move)
    for who, present in (("ann", True), ("bob", True), ("carl", True), ("bob", False)):
        comings.give(command(who, present))
        await settled()
    gate.set()
    await settled()
    assert done == [("ann", True), ("carl", True), ("bob", False)]
    comings.give(command("ann", present=False))
    await settled()
    assert done[-1] == ("ann", False)


async def test_who_is_refused_keeps_nobody_and_limits_are_kept():
    tried = []

    async def move(one):
        tried.append(one.speaker.name)
        if one.speaker.name == "eve":
            raise Rejected("banned")
        if tried == ["eve", "ann"]:
            raise RateLimited("slowly", 0.01)

    comings = Comings(move)
    for who in ("eve", "ann", "bob"):
        comings.give(command(who))
    await asyncio.sleep(0.1)
    assert tried == ["eve", "ann", "bob", "ann"]


async def test_the_end_leaves_what_is_not_done():
    done = []

    async def move(one):
        await asyncio.sleep(0.01)
        done.append(one)

    comings = Comings(move)
    for who in ("ann", "bob"):
        comings.give(command(who))
    await settled()
    comings.close()
    await asyncio.sleep(0.05)
    assert not done
