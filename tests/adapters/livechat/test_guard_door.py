"""The guard at the door that browsers come to."""

import aiohttp
import pytest

from adapters.livechat.testing import Person
from bridge.model import SendMessage, plain

from .places import ALICE, ROOM, DeskPlace, address, new_adapter

ANN, NEIGHBOUR, BOB = "2001:db8:0:1::5", "2001:db8:0:1::6", "203.0.113.9"


@pytest.fixture
async def place(tmp_path):
    adapter = await new_adapter(tmp_path, guard={"links": 1, "limits": {"said": "2/m"}})
    return DeskPlace(adapter, ROOM, None, Person("ann", address(adapter), ROOM))


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


async def opened(session, place, who, text="hello"):
    """Begin a chat from an address, as the web server before us tells."""
    url = f"{address(place.adapter)}/desk/{ROOM}/chats"
    headers = {"X-Forwarded-For": f"192.0.2.1, {who}", "Accept-Language": "de-AT,de;q=0.9"}
    async with session.post(url, json={"text": text}, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_who_is_banned_stays_out_with_all_that_their_provider_gave_them(place, session):
    """Also after a restart."""
    async with place.running():
        _, told = await opened(session, place, ANN)
        ban = SendMessage(
            room=ROOM, speaker=ALICE, txn=place.next_txn(), content=plain(f"!ban {told['chat']} 2h")
        )
        await place.confirmed(ban)
        assert (await opened(session, place, NEIGHBOUR))[1]["code"] == "banned"
    async with place.running():
        assert (await opened(session, place, ANN))[0] == 403
        assert (await opened(session, place, BOB))[0] == 201
    names = [path for path in place.adapter.keepsake.path.parent.rglob("*") if path.is_file()]
    assert len(names) > 1
    for path in names:
        assert ANN.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


async def test_a_stranger_sees_their_links_as_they_wrote_them(place, session):
    """Also after a reload, and after a restart; whoever else gets the words has the links taken apart."""
    first, second = "is this you? https://shop.example/x", "or www.shop.example?"
    async with place.running():
        _, told = await opened(session, place, BOB, first)
        headers = {"X-Forwarded-For": BOB, "Authorization": f"Bearer {told['token']}"}
        url = f"{address(place.adapter)}/chat"
        async with session.post(f"{url}/say", json={"key": "k", "text": second}, headers=headers) as answer:
            assert answer.status == 200
        lines = place.adapter._session.desks.store.lines(told["chat"])
        assert [line.body.text for line in lines if line.kind == "said"] == [
            "⚠ is this you? https[:]//shop[.]example/x",
            "⚠ or www[.]shop[.]example?",
        ]
    async with place.running():
        async with session.get(f"{url}/events", headers=headers) as answer:
            found = (await answer.json())["events"]
        assert [event["text"] for event in found if event["kind"] == "said"] == [first, second]
        async with session.get(f"{url}/transcript", headers=headers) as answer:
            assert first in await answer.text()
        assert [event["text"] for event in told["events"] if event["kind"] == "said"] == [first]


async def test_agents_see_no_link_of_a_stranger_and_strangers_are_told_what_is_wrong(place, session):
    async with place.running():
        _, told = await opened(session, place, BOB, "is this you? https://evil.example/x")
        while (said := await place.within(place.events.get(), "no line")).sender.id == "desk":
            pass
        assert said.content == plain("⚠ is this you? https[:]//evil[.]example/x")
        status, told = await opened(session, place, BOB, "https://evil.example and https://evil.example")
        assert (status, told["code"]) == (400, "links")
        assert told["error"] == "Das enthält zu viele Links: höchstens 1."


async def test_who_says_too_much_waits(place, session):
    async with place.running():
        _, told = await opened(session, place, BOB)
        headers = {"X-Forwarded-For": BOB, "Authorization": f"Bearer {told['token']}"}
        answers = []
        for number in range(3):
            said = {"key": f"{number}", "text": "again"}
            async with session.post(
                f"{address(place.adapter)}/chat/say", json=said, headers=headers
            ) as answer:
                answers.append((answer.status, answer.headers.get("Retry-After")))
        assert answers == [(200, None), (200, None), (429, "30")]


async def test_a_disk_that_is_nearly_full_is_left_to_the_rest(place, session, monkeypatch):
    monkeypatch.setattr("adapters.livechat.files._ROOM", 10**18)
    async with place.running():
        _, told = await opened(session, place, BOB)
        headers = {"X-Forwarded-For": BOB, "Authorization": f"Bearer {told['token']}"}
        url = f"{address(place.adapter)}/chat/file?key=a&name=a.txt"
        async with session.post(url, data=b"a sweater", headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, "room")
