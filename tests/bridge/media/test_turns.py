"""Slow files hold up their own kind alone."""

import asyncio

import pytest
from aiohttp import web

from bridge.media import Missing
from bridge.media.intake import Job
from bridge.media.line import WaitingLine
from bridge.model import Attachment, File


def job(sender, host="a", network="net", number=0):
    return Job(network, number, 0, Attachment(f"https://{host}/{number}"), 0.0, sender)


async def taken(line, count):
    """So many turns, and that there is no further one."""
    jobs = [await line.next() for _ in range(count)]
    rest = asyncio.ensure_future(line.next())
    await asyncio.sleep(0)
    assert not rest.done()
    rest.cancel()
    return jobs


@pytest.mark.parametrize(
    ("jobs", "count"),
    [
        ([job("eve", f"{n}", number=n) for n in range(50)], 2),
        ([job(f"eve{n}", "slow", number=n) for n in range(50)], 4),
        ([job(f"eve{n}", f"{n}", number=n) for n in range(50)], 6),
    ],
    ids=["a person", "a host", "a network"],
)
async def test_nobody_takes_all_places(jobs, count):
    line = WaitingLine()
    for one in jobs:
        line.add(one)
    assert len(await taken(line, count)) == count
    good = job("ada", "good", "net" if count < 6 else "other")
    line.add(good)
    assert await line.next() is good


async def test_people_take_turns_however_much_they_send():
    line = WaitingLine()
    crowd = [job(f"eve{e}", f"{e}.{n}") for e in range(5) for n in range(100)]
    for one in crowd:
        line.add(one)
    busy = await taken(line, 6)
    good = job("ada", "good")
    line.add(good)
    turns = 0
    while good not in busy:
        line.leave(busy.pop(0))
        busy.append(await line.next())
        turns += 1
    assert turns <= 6


async def test_one_that_was_not_done_is_the_first_of_its_sender_again():
    line = WaitingLine()
    first, second = job("ada"), job("ada", number=1)
    line.add(first)
    line.add(second)
    assert await line.next() is first
    line.leave_undone(first)
    assert await line.next() is first


async def test_what_waits_is_visible():
    line = WaitingLine()
    for one in [*(job("eve", "slow") for _ in range(5)), job("ada", "good")]:
        line.add(one)
    await taken(line, 3)
    found = {one.host: (one.network, one.at_work, one.waiting) for one in line.standing(9e9)}
    assert found == {"slow": ("net", 2, 3), "good": ("net", 1, 0)}
    assert all(one.seconds > 0 for one in line.standing(9e9))


async def test_slow_files_of_many_people_hold_up_no_other(server, serve):
    """A dozen people send what never ends, of one host; somebody's picture of another comes meanwhile."""

    async def trickle(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    server.paths["slow"] = trickle
    service = await serve(hosts=("127.0.0.1:*", "localhost:*"))
    slow = [asyncio.ensure_future(service.got(seq, server.address("slow"))) for seq in range(12)]
    while len(server.asked) < 4:
        await asyncio.sleep(0.01)
    server.put("good", b"words")
    assert isinstance(await service.got(99, server.address("good", "localhost")), File)
    assert not any(one.done() for one in slow)
    for one in slow:
        one.cancel()


async def test_what_comes_too_slowly_ends_and_is_not_tried_again(server, serve, monkeypatch, caplog):
    monkeypatch.setattr("bridge.media.fetch._WITHIN", 0.2)

    async def trickle(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 100)
            await asyncio.sleep(0.01)

    server.paths["a"] = trickle
    service = await serve()
    assert isinstance(await service.got(1, server.address("a")), Missing)
    assert "it comes too slowly" in caplog.text
    assert len(server.asked) == 1


async def test_what_comes_steadily_may_take_longer(server, serve, monkeypatch):
    monkeypatch.setattr("bridge.media.fetch._WITHIN", 0.5)
    monkeypatch.setattr("bridge.media.fetch._LEAST", 1000)

    async def steady(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(20):
            await response.write(b"x" * 1000)
            await asyncio.sleep(0.05)
        return response

    server.paths["a"] = steady
    service = await serve()
    assert isinstance(await service.got(1, server.address("a")), File)
