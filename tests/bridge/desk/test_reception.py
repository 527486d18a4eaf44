"""What whoever comes to a desk finds, and what agents say of its hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.desk import Denied, DeskRules, NewChat, Person
from bridge.testing import HandClock

from .shop import Shop

MONDAY = datetime(2026, 11, 30, 10, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
HOUR = 3600.0
RULES = DeskRules(
    hours={
        "time_zone": "Europe/Berlin",
        "open": {"mon-fri": "9:00-18:00"},
        "holidays": {"12-25": "Christmas"},
    }
)


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path, RULES)
    shop.clock = HandClock(MONDAY)
    shop.again()
    yield shop
    shop.store.close()


def told(shop, text: str) -> str:
    shop.agent("anna", text)
    return shop.told()[-1]


def test_a_visitor_finds_it_open_or_closed(shop):
    found = shop.desk.welcome("en")
    assert (found.is_open, found.hours) == (True, "We are here until 18:00 today.")
    assert found.until == pytest.approx(MONDAY + 8 * HOUR, abs=1)
    shop.clock.move(9 * HOUR)
    found = shop.desk.welcome("de-AT")
    assert (found.is_open, found.expect) == (False, "")
    assert found.hours == "Gerade ist geschlossen. Morgen um 9:00 sind wir wieder da."


def test_agents_say_otherwise_and_it_is_kept(shop):
    assert told(shop, "!hours") == "The desk is open until 18:00."
    assert told(shop, "!hours closed until 15:00") == (
        "The desk is closed until 15:00. Anna said so: !hours normal takes that back."
    )
    shop.again()
    assert shop.desk.welcome("en").hours == "We are closed now. We are back at 15:00."
    shop.clock.move(6 * HOUR)
    assert told(shop, "！hours") == "The desk is open until 18:00."
    shop.clock.move(4 * HOUR)
    assert told(shop, "!hours open").startswith("The desk is open. Anna said so")
    assert shop.desk.welcome("en").hours == ""
    assert told(shop, "!hours normal") == "The desk is closed until Tuesday, December 1, 9:00."
    for wrong in ("!hours closed until then", "!hours close", "!hours open until 2020-01-01"):
        assert told(shop, wrong).startswith("Say !hours closed, ")
    assert told(shop, "!hours") == "The desk is closed until Tuesday, December 1, 9:00."


def test_what_to_expect(shop):
    assert shop.desk.welcome("en").expect == ""
    for _ in range(8):
        number = shop.open()
        shop.clock.move(90)
        shop.agent("anna", f"{number}: Hello!")
        shop.agent("anna", f"!close {number}")
    shop.clock.move(601)
    shop.open()
    assert shop.desk.welcome("en").expect == "You are number 2 in line. We usually answer within 2 minutes."
    shop.agent("anna", "!off")
    shop.people[1] = Person("irc/ben", "Ben", "irc", away=True)
    assert shop.desk.welcome("zh").expect == "现在没有人在线。我们会尽快回复。"


def test_who_writes_when_it_is_closed_is_told_so(shop):
    number = shop.open()
    shop.desk.left(number)
    shop.clock.move(9 * HOUR)
    shop.says(number, "One more thing")
    assert shop.lines(number)[-1].body.text == "We are closed now. We are back tomorrow at 9:00."
    assert [one.number for one in shop.desk.chats] == [number]


def test_a_message_is_left_for_later(tmp_path):
    posted = []
    shop = Shop(tmp_path, RULES, left_message=posted.append)
    left = NewChat(
        "Is it\nwarm?", name="小红", mail="xh@example.org", page="https://shop.example/x", address="h"
    )
    shop.desk.leave_message(left)
    assert shop.told() == ["小红 left a message (xh@example.org, https://shop.example/x): Is it\n> warm?"]
    assert posted == [left]
    assert list(shop.desk.chats) == []
    shop.desk.leave_message(NewChat("Hello?"))
    assert shop.told()[-1] == "? left a message (-): Hello?"
    number = shop.open(address="h")
    shop.agent("anna", f"!ban {number}")
    with pytest.raises(Denied):
        shop.desk.leave_message(left)
    assert len(posted) == 2
    shop.store.close()
