"""The desks in the console, over HTTP and as metrics: what was, how they stand, what they ask for."""

import contextlib
import json
import re
import time
from html.parser import HTMLParser

import pytest

from bridge.desk.located import desks
from bridge.desk.store import DeskStore
from bridge.desk.week import WEEK
from bridge.looks import Present
from bridge.model import RoomId, UserId
from tests.bridge.console.house import House
from tests.bridge.desk.pilot import Shop, play, write
from tests.bridge.desk.place import DESKS
from tests.bridge.relay.test_directory import until

CONVERSATIONS = {"sales": {"shop": "sales", "irc": "#sales"}}
ROBOT = ('shop: "sales"', "shop: {room: sales, bots: [irc/robot]}")


@contextlib.asynccontextmanager
async def opened(tmp_path, protocol=DESKS):
    house = House(tmp_path, CONVERSATIONS, ["shop", "irc"])
    written = re.sub('(?<=shop: {protocol: )"[^"]+"', f'"{protocol}"', house.file.read_text())
    house.file.write_text(written.replace(*ROBOT) if protocol == DESKS else written)
    there = house.networks["irc"].present[RoomId("#sales")] = Present()
    for name in ("ann", "bob", "robot"):
        there.add(name, name)
    async with house.open(), house.client() as client:
        yield house, client


@pytest.fixture
async def place(tmp_path):
    async with opened(tmp_path) as place:
        yield place


@pytest.fixture
def store(place):
    store = DeskStore(desks(place[0].bridge.config)[0].file)
    yield store
    store.close()


class Words(HTMLParser):
    """What stands on a page, cell by cell."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_data(self, data):
        if data.strip():
            self.found.append(" ".join(data.split()))


def pilot(store, per_day=40):
    """Four weeks that end now."""
    since = time.time() - 4 * WEEK
    chats = [one for one in play(Shop(per_day=per_day), 4, 3, since) if (one.closed_at or 0) < time.time()]
    write(store, "sales", chats)
    return chats


async def test_a_desk_is_shown(place, store):
    _, client = place
    chats = pilot(store)
    answer = await client.get("desk", params={"times": "10"})
    text = await answer.text()
    words = Words(text).found
    assert answer.status == 200
    assert f"{len(chats):,}" in words
    assert {"Ann", "Bob", "14 s", "7 min"} & set(words) >= {"Ann", "Bob"}
    assert re.search(r"nine in ten within \d+ s", text)
    assert re.search(r"\d+ hours of agents a week", text)
    assert "Desk" in words, "it stands among the pages"
    assert "style=" not in text, "which the page's policy forbids"


async def test_more_visitors_ask_for_more_agents(place, store):
    _, client = place
    pilot(store)

    async def hours(**query):
        text = await (await client.get("desk", params=query)).text()
        return int(re.search(r"(\d+) hours? of agents a week", text)[1])

    assert await hours(times="30") > await hours(times="10") > await hours()
    assert await hours(times="10", within="600", share="50") < await hours(times="10")
    assert await hours(times="nan", within="-1", share="<b>") == await hours()


async def test_hours_that_were_not_counted_yet_are_not_shown_as_closed(place, store):
    _, client = place
    now = time.time()
    write(
        store,
        "sales",
        [
            one
            for one in play(Shop(per_day=40), 1, 3, now - WEEK)
            if one.opened_at > now - WEEK / 3 and (one.closed_at or 0) < now
        ],
    )
    text = await (await client.get("desk", params={"times": "10"})).text()
    words = Words(text).found
    plan = json.loads(await (await client.get("api/desk/plan", params={"times": "10"})).text())["plan"]
    missing = len(plan["not_counted"])
    assert words.count("?") == missing > 72
    assert f"{missing} of the 168 hours of a week in which the desk is open were not counted yet" in text
    assert re.search(r"\d+ chats are expected, \d+ to \d+ in nine of ten cases", text)
    words = Words(await (await client.get("desk", params={"lang": "zh"})).text()).found
    assert any("还没有统计" in word for word in words)


async def test_in_chinese(place, store):
    _, client = place
    pilot(store)
    words = Words(await (await client.get("desk", params={"lang": "zh"})).text()).found
    assert {"客服台", "首次回复", "访客何时来", "周一"} <= set(words)


async def test_before_the_first_visitor_it_says_so(place):
    _, client = place
    answer = await client.get("desk")
    assert (answer.status, "no desk has been open yet" in await answer.text()) == (200, True)
    answer = await client.get("desk", params={"desk": "shop nowhere"})
    assert answer.status == 404


async def test_a_map_without_a_desk_has_no_such_page(tmp_path):
    async with opened(tmp_path, "bridge.testing:ScriptedAdapter") as (_, client):
        answer = await client.get("desk")
        assert answer.status == 404
        assert "Desk" not in Words(await answer.text()).found
        assert json.loads(await (await client.get("api/desk/figures")).text()) == {"desks": []}
        assert (await client.get("api/desk/plan")).status == 409
        metrics = await (await client.get("metrics")).text()
        assert not re.search(r"^hubbub_desk_", metrics, re.MULTILINE)


async def test_the_same_is_asked_over_http(place, store):
    _, client = place
    chats = pilot(store)
    (shown,) = json.loads(await (await client.get("api/desk/figures")).text())["desks"]
    assert (shown["network"], shown["name"], shown["problem"]) == ("shop", "sales", "")
    assert shown["figures"]["chats"] == len(chats)
    assert shown["figures"]["zone"] == "UTC"
    query = {"desk": "sales", "times": "10", "time_zone": "Europe/Berlin", "share": "0.9"}
    plan = json.loads(await (await client.get("api/desk/plan", params=query)).text())["plan"]
    assert (plan["counted"], plan["factor"], plan["share"]) == (len(chats), 10, 0.9)
    assert sum(hour["agents"] for hour in plan["hours"]) == plan["agent_hours"] > 0
    for wrong, status in (({"desk": "sale"}, 409), ({"share": "1"}, 400), ({"time_zone": "Mars"}, 409)):
        answer = await client.get("api/desk/plan", params=wrong)
        assert (answer.status, bool((await answer.json())["error"])) == (status, True)


async def test_metrics_of_a_desk(place, store):
    house, client = place
    with store.transaction():
        store.add_happening(time.time() + 1, "sales", 1, "opened", "")
    await client.get("metrics")
    write(store, "sales", [play(Shop(), 1, 1, time.time())[0]])
    house.networks["irc"].premises.away[UserId("bob")] = True
    await until(lambda: all(room.joined for room in house.bridge.rooms()))
    metrics = await (await client.get("metrics")).text()
    labels = 'desk="sales",network="shop"'
    assert f"hubbub_desk_chats_opened_total{{{labels}}} 2.0" in metrics
    assert f"hubbub_desk_first_response_seconds_count{{{labels}}} 1.0" in metrics
    assert f'hubbub_desk_chats{{{labels},state="waiting"}} 0.0' in metrics
    assert f"hubbub_desk_agents{{{labels}}} 1.0" in metrics
