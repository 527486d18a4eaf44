"""A chat in a room of its own, and one that its visitor wants forgotten."""

import pytest

from bridge.desk import Denied, NewChat
from bridge.desk.store.past import PastReader
from bridge.model import RoomId

from .shop import Shop


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    shop.store.close()


def test_in_its_own_room_a_chat_needs_no_number(shop):
    number = shop.open(page="https://shop.example/")
    shop.desk.moved(number, {"matrix": "!room", "shop": "sales/1"})
    assert shop.told("sales/1") == []
    shop.desk.tell_so_far(number)
    assert shop.told("sales/1") == ["1 小红\nhttps://shop.example/\n1 小红: Hello"]
    shop.says(number, "Anybody?")
    assert shop.told("sales/1")[-1] == "[小红] Anybody?"
    shop.agent("ben", "Just looking", room="sales/1")
    assert shop.told("sales/1")[-1] == "Nobody was told that: 1 小红 waits. !take 1 takes it"
    shop.agent("anna", "!take", room="sales/1")
    shop.agent("anna", "Yes!", room="sales/1")
    shop.agent("ben", "Me too!", room="sales/1")
    assert shop.seen(number)[2:] == ["agent: Yes!"]
    shop.again()
    shop.agent("anna", "Still here.", room="sales/1")
    shop.agent("anna", "!close", room="sales/1")
    assert shop.seen(number)[3:] == ["agent: Still here."]


def test_who_is_asked_for_an_answer_takes_a_chat_by_answering_in_its_room(shop):
    number = shop.open()
    shop.desk.moved(number, {"shop": "sales/1"})
    shop.agent("anna", "!take", room="sales/1")
    shop.agent("anna", "!transfer 1 ben", room="sales/1")
    shop.agent("anna", "Good luck", room="sales/1")
    shop.agent("ben", "I look.", room="sales/1")
    assert shop.told("sales/1")[-1] == "1 小红 is Ben's: what Ben says goes to them"
    assert shop.seen(number) == ["visitor: Hello", "agent: I look."]


def test_who_sees_that_an_agent_writes_is_who_would_hear_it(shop):
    one, two, three = (shop.open(text) for text in ("A?", "B?", "C?"))
    shop.desk.moved(one, {"shop": "sales/1"})
    shop.agent("anna", "!take", room="sales/1")
    shop.agent("anna", f"!take {two}")
    shop.agent("ben", f"!take {three}")
    shop.store.close()  # hints come with every key: nothing is read for them
    seen = {
        (who, room): shop.desk.writes_to(f"irc/{who}", RoomId(room))
        for who in ("anna", "ben", "cora")
        for room in ("sales", "sales/1", "sales/9")
    }
    assert {place: chat for place, chat in seen.items() if chat is not None} == {
        ("anna", "sales"): two,
        ("anna", "sales/1"): one,
        ("ben", "sales"): three,
    }


def test_what_an_agent_says_in_one_room_goes_to_no_other_visitor(shop):
    one, two = shop.open("A?"), shop.open("B?")
    for number in (one, two):
        shop.desk.moved(number, {"shop": f"sales/{number}"})
        shop.agent("anna", "!take", room=f"sales/{number}")
    shop.agent("anna", "to a", room="sales/1")
    shop.agent("anna", "to b", room="sales/2")
    shop.agent("ben", "to a as well", room="sales/1")
    shop.agent("anna", "2, please", room="sales/1")
    shop.agent("anna", "1: yes", room="sales/1")
    shop.agent("anna", "2: // odd", room="sales/1")
    assert (shop.seen(one), shop.seen(two)) == (
        ["visitor: A?", "agent: to a", "agent: 2, please", "agent: yes"],
        ["visitor: B?", "agent: to b"],
    )


def test_a_visitor_has_all_forgotten(shop):
    token = shop.desk.open(NewChat("Secret?", name="Zoe", mail="z@o.example"))
    number = token.number
    assert shop.store.chat_by(token.token).number == number
    shop.agent("anna", "!take 1")
    shop.agent("anna", "Secret!")
    shop.agent("anna", "!note 1 odd")
    shop.agent("anna", "!chats")
    names = shop.desk.names(number)
    assert {("sales", "1.1"), ("sales", "1.4"), ("sales", "1.f2")} <= set(names)
    shop.desk.erase(number)
    assert shop.store.chat_by(token.token) is None
    assert shop.store.is_forgotten(token.token)
    assert shop.lines(number) == []
    with pytest.raises(Denied):
        shop.says(number, "But")
    assert shop.desk.names(number) == []
    assert shop.told() == ["1 was deleted, as its visitor wanted."]
    shop.store.close()
    for word in (b"Secret", b"Zoe", b"z@o.example", b"odd"):
        assert word not in shop.file.read_bytes()
    shop.begin()
    with PastReader(shop.file) as reader:
        (chat,) = reader.past("sales", 0, 9e9)
    assert chat.agent_name == "Anna"


def test_what_is_over_for_long_is_forgotten_but_for_its_times(shop):
    old = shop.desk.open(NewChat("Secret?", name="Zoe", mail="z@o.example", page="https://o.example/odd"))
    told = [name for _, name in shop.desk.names(old.number) if ".f" in name]
    shop.agent("anna", "!take 1")
    shop.agent("anna", "Secret!")
    shop.desk.left(old.number)
    shop.clock.move(29 * 86_400.0)
    new = shop.desk.open(NewChat("Here"))
    shop.desk.tick()
    assert shop.store.chat(old.number).name == "Zoe"
    shop.clock.move(2 * 86_400.0)
    shop.desk.tick()
    assert shop.store.chat_by(old.token) is None
    assert (shop.store.is_forgotten(old.token), shop.store.is_forgotten(new.token)) == (True, False)
    assert shop.store.chat(new.number) is not None
    assert set(told) <= {name for _, name in shop.desk.names(old.number)}  # by which it is found elsewhere
    with PastReader(shop.file) as reader:
        first, _ = reader.past("sales", 0, 9e9)
    assert (first.agent_name, first.answered_at is not None) == ("Anna", True)
    for file in shop.file.parent.iterdir():
        for word in (b"Secret", b"Zoe", b"z@o.example", b"odd"):
            assert word not in file.read_bytes()
