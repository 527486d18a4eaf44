"""Limits of the account, against a homeserver that is told what to do ("Rate limiting")."""

import asyncio

import pytest

from bridge import ConnectionLost, RateLimited

from .homeserver import ALIAS, Answer, Core, Homeserver, adapter_for, error, message


@pytest.fixture
async def server():
    async with Homeserver() as server:
        yield server


def limited(seconds):
    return error(429, "M_LIMIT_EXCEEDED", retry_after_ms=int(seconds * 1000))


async def rooms_joined(server, *names):
    """An adapter's core with these rooms joined."""
    for name in names:
        server.aliases[name] = "!" + name[1:]
        server.joined.add("!" + name[1:])
    core = Core(adapter_for(server.url, *names))
    await core.__aenter__()
    for _ in names:
        await core.next(object)
    return core


async def test_a_limit_is_told_and_the_next_message_waits_for_its_end(server, caplog):
    clock = asyncio.get_running_loop().time
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["send"] += [limited(0.2), limited(0.2)]
        begun = clock()
        with pytest.raises(RateLimited) as caught:
            await (await core.adapter.send(message("x", "1.a")))
        assert caught.value.retry_after == 0.2
        await (await core.adapter.send(message("x", "1.a")))
    assert clock() - begun > 0.4, "refused once more when its turn came, it kept its turn"
    assert server.count("send") == 3
    assert caplog.text.count("override_ratelimit") == 1


class _Bucket:
    """Synapse's way: so many messages, and one more each `every` seconds, for the whole account."""

    def __init__(self, server, every):
        self.server, self.every, self.free_at = server, every, 0.0
        server.always["send"] = self.answer
        self.taken = []

    async def answer(self):
        now = asyncio.get_running_loop().time()
        if now < self.free_at:
            return limited(self.free_at - now)
        self.free_at = now + self.every
        _, request = self.server.requests[-1]
        self.taken.append(request.path.split("/")[5])
        return Answer(body={"event_id": f"$b{len(self.taken)}"})


async def test_a_busy_room_does_not_starve_a_quiet_one(server):
    """As the core does it: one message of a room at a time, a refused one again after its pause."""
    names = ["#busy:s", "#busier:s", "#quiet:s"]
    core = await rooms_joined(server, *names)
    bucket = _Bucket(server, 0.05)

    async def speak(room, count):
        for number in range(count):
            while True:
                try:
                    await (await core.adapter.send(message("x", f"{number}.{room}", room)))
                    break
                except RateLimited as error:
                    await asyncio.sleep(error.retry_after)

    try:
        busy = [asyncio.create_task(speak(room, 30)) for room in names[:2]]
        while len(bucket.taken) < 4:
            await asyncio.sleep(0.01)
        before = len(bucket.taken)
        await speak("#quiet:s", 3)
        turns = bucket.taken[before:]
        assert len(turns) <= 12, "three messages of the quiet room take three rounds, and one to begin"
        assert turns.count("!quiet:s") == 3
        refused = server.count("send") - len(bucket.taken)
        assert refused <= len(bucket.taken), "nobody hammers"
        for task in busy:
            task.cancel()
        await asyncio.wait(busy)
    finally:
        await core.__aexit__()


async def test_who_waits_for_a_turn_is_told_when_the_connection_ends(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["send"].append(limited(30))
        with pytest.raises(RateLimited):
            await (await core.adapter.send(message("x")))
        waiting = asyncio.create_task(core.adapter.send(message("x")))
        server.always["sync"] = Answer(502, "<html>")
        server.say("wake")
        await core.end()
        future = await waiting
        with pytest.raises(ConnectionLost):
            future.result()
    assert server.count("send") == 1


async def test_what_is_withdrawn_while_it_waits_is_never_sent(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["send"].append(limited(0.1))
        with pytest.raises(RateLimited):
            await (await core.adapter.send(message("x", "1.a")))
        waiting = asyncio.create_task(core.adapter.send(message("x", "1.a")))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await (await core.adapter.send(message("y", "2.a", ALIAS)))
    assert [txn for _, txn, *_ in server.sent] == ["2.a"]
