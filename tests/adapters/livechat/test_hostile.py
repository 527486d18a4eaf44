"""What strangers send to the door besides what a widget does."""

import asyncio

import aiohttp
import pytest

from adapters.livechat.testing import Person as Visitor
from bridge.model import MessageCreated, plain

from .places import ALICE, ROOM, DeskPlace, address, new_adapter


@pytest.fixture
async def place(tmp_path):
    adapter = await new_adapter(tmp_path, guard={"limits": {"said": "20/h"}})
    place = DeskPlace(adapter, ROOM, None, Visitor("ann", address(adapter), ROOM))
    async with place.running():
        await place.person.join()
        yield place
        await place.person.leave()


@pytest.fixture
async def browser(place):
    token = {"Authorization": f"Bearer {place.person.token}"}
    async with aiohttp.ClientSession(address(place.adapter), headers=token) as session:
        yield session


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/chat/file/{'9' * 25}", {}),
        (f"/chat/file/{'9' * 5000}", {}),
        (f"/kept/{'9' * 5000}/x", {}),
        (f"/kept/1/{'a' * 300}", {}),
        ("/kept/1/..%2f..%2fhubbub.sqlite3", {}),
        ("/delete/1.%ff", {}),
        (f"/delete/{'9' * 5000}.a", {}),
        ("/try/sales", {"Host": "a:999999"}),
        ("/chat/events", {"Content-Encoding": "gzip"}),
    ],
)
async def test_what_no_browser_asks_for_is_refused_and_no_bug(browser, path, headers):
    async with browser.get(path, headers=headers) as answer:
        assert 400 <= answer.status < 500


@pytest.mark.parametrize("path", ["/chat/say", "/chat/file?key=a&name=b"])
async def test_what_is_packed_is_not_unpacked(browser, path):
    async with browser.post(path, data=b"no gzip", headers={"Content-Encoding": "gzip"}) as answer:
        assert answer.status == 415


async def test_ratings_come_to_agents_no_faster_than_lines(browser, place):
    found = []
    for number in range(30):
        async with browser.post("/chat/rate", json={"stars": 1, "words": f"{number}"}) as answer:
            found.append(answer.status)
    assert found == [200] * 20 + [429] * 10


async def test_half_of_nothing_is_said(browser, place):
    await place.said()
    for text, status in (("\0", 400), (" \n ", 400), ("a\0b", 200)):
        async with browser.post("/chat/say", json={"key": text, "text": text}) as answer:
            assert answer.status == status
    said = await asyncio.wait_for(place.said(), 5)
    assert isinstance(said, MessageCreated)
    assert said.content.text == "ab"


async def test_a_file_that_was_on_its_way_comes_along_to_another_desk(tmp_path):
    """A chat is passed on while its visitor's file comes slowly."""
    adapter = await new_adapter(tmp_path, "sales", "support")
    place = DeskPlace(adapter, ROOM, None, Visitor("ann", address(adapter), ROOM))
    async with place.running():
        await place.person.join()
        body, passed_on = asyncio.Event(), asyncio.Event()

        async def slowly():
            yield b"slow "
            body.set()
            await passed_on.wait()
            yield b"words"

        token = {"Authorization": f"Bearer {place.person.token}"}
        async with aiohttp.ClientSession(address(adapter), headers=token) as session:
            saying = asyncio.ensure_future(session.post("/chat/file?key=a&name=a.txt", data=slowly()))
            await body.wait()
            await asyncio.sleep(0.1)
            for words in (f"!take {place.person.chat}", f"!transfer {place.person.chat} support"):
                adapter.send_now(place.message(plain(words), speaker=ALICE), lambda _: None)
            passed_on.set()
            assert (await saying).status == 200
        assert adapter._session.desks.store.chat(place.person.chat).desk == "support"
        await place.person.leave()


async def test_a_file_that_may_not_be_said_is_not_kept(browser, place):
    ban = place.message(plain(f"!ban {place.person.chat}"), speaker=ALICE)
    place.adapter.send_now(ban, lambda _: None)
    async with browser.post("/chat/file?key=a&name=a.txt", data=b"words") as answer:
        assert answer.status == 403
    folder = place.adapter._session.files._folder / f"{place.person.chat}"
    assert list(folder.iterdir()) == []


async def test_what_cannot_be_kept_is_told_once_and_taken_afterwards(browser, place, caplog):
    """A disk that is full, as SQLite tells it."""
    database = place.adapter._session.desks.store._database
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    found = []
    for number in range(8):
        body = {"key": f"{number}", "text": "x" * 1900}
        async with browser.post("/chat/say", json=body) as answer:
            found.append(answer.status)
    database.execute("PRAGMA max_page_count = 1000000")
    assert found[-3:] == [503] * 3
    assert len([line for line in caplog.messages if "could not be done" in line]) == 1
    async with browser.post("/chat/say", json={"key": "7", "text": "x" * 1900}) as answer:
        assert answer.status == 200


async def test_no_chat_is_said_to_be_deleted_that_is_not(browser, place):
    """Its desk has left the map meanwhile, and nobody can find what is to go."""
    await place.adapter.serve({})
    async with browser.post("/chat/erase") as answer:
        assert answer.status == 503
    async with browser.get("/chat/transcript") as answer:
        assert "hello" in await answer.text()


async def test_what_is_said_while_a_desk_is_out_of_the_map_is_taken_when_it_is_back(browser, place):
    adapter = place.adapter
    rooms = dict(adapter.rooms)
    await adapter.serve({})
    async with browser.post("/chat/say", json={"key": "one", "text": "still there?"}) as answer:
        assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    await adapter.serve(rooms)
    async with browser.post("/chat/say", json={"key": "one", "text": "still there?"}) as answer:
        assert answer.status == 200
