"""What a page is told of a desk's hours, and what becomes of a message that is left when it is closed."""

from datetime import UTC, datetime

import aiohttp
import pytest

from adapters.livechat.testing import Person
from bridge.model import plain
from bridge.testing import HandClock

from .places import ROOM, DeskPlace, address, new_adapter

SUNDAY = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0
HOURS = {"time_zone": "UTC", "open": {"mon-fri": "9:00-18:00"}}


@pytest.fixture
async def place(tmp_path):
    adapter = await new_adapter(tmp_path, rules={"hours": HOURS})
    adapter.clock = HandClock(SUNDAY)
    return DeskPlace(adapter, ROOM, None, Person("ann", address(adapter), ROOM))


async def test_a_page_is_told_and_a_message_is_left(place):
    url = f"{address(place.adapter)}/desk/{ROOM}"
    async with place.running(), aiohttp.ClientSession() as session:
        async with session.get(f"{url}?lang=de") as answer:
            told = await answer.json()
        assert (told["open"], told["until"], told["next"]) == (False, None, SUNDAY + 21 * HOUR)
        assert told["hours"] == "Gerade ist geschlossen. Morgen um 9:00 sind wir wieder da."
        assert told["away_form"] is True
        left = {"text": "Is it warm?", "name": "小红"}
        async with session.post(f"{url}/message", json=left) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "form")
        left["mail"] = "xh@example.org"
        async with session.post(f"{url}/message", json=left) as answer:
            assert answer.status == 201
        said = await place.within(place.events.get(), "nothing in the lobby")
        assert said.sender.id == "desk"
        assert said.content == plain("小红 left a message (xh@example.org): Is it warm?")
        place.adapter.clock.move(22 * HOUR)
        async with session.get(url) as answer:
            told = await answer.json()
        assert (told["open"], told["next"]) == (True, None)
        assert told["until"] == SUNDAY + 30 * HOUR
