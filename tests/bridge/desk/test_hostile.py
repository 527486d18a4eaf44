"""What hostile visitors and careless agents do at a desk."""

import pytest

from bridge.desk import Denied, NewChat, Person

from .shop import Shop

KEY = "a-key-that-nobody-else-finds"


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    shop.store.close()


def test_a_browser_that_asks_again_after_a_kill_has_its_chat_and_no_second_one(shop):
    first = shop.desk.open(NewChat("Hello", key=KEY))
    shop.again()
    again = shop.desk.open(NewChat("Hello", key=KEY))
    assert again.number == first.number
    assert shop.store.chat_by(again.token).number == first.number
    assert shop.store.chat_by(first.token) is None
    assert [chat.number for chat in shop.desk.chats] == [first.number]
    assert shop.told().count("[1] Hello") == 1


def test_a_short_key_and_an_old_one_open_nobodys_chat(shop):
    shop.desk.open(NewChat("Hello", key="first"))
    shop.desk.open(NewChat("Hello", key=KEY))
    shop.again()
    shop.clock.move(601)
    assert [shop.desk.open(NewChat("Hi", key=key)).number for key in ("first", KEY)] == [3, 4]


def test_a_message_that_is_left_twice_is_told_once_also_after_a_kill(shop):
    for _ in range(2):
        shop.desk.leave_message(NewChat("Call me", name="Bea", key=KEY))
        shop.again()
    assert len(shop.told()) == 1


def test_a_message_has_no_line_that_looks_like_the_desks(shop):
    shop.desk.leave_message(NewChat("Call me\n12 Bea is Anna's", name="Bea", key=KEY))
    assert shop.told()[-1].splitlines()[1:] == ["> 12 Bea is Anna's"]


def test_who_is_kept_out_tells_agents_nothing_by_a_rating(shop):
    number = shop.open()
    shop.agent("anna", f"!ban {number}")
    told = shop.told()
    with pytest.raises(Denied):
        shop.desk.rated(number, 1, "you will hear from me")
    assert shop.told() == told


def test_nobody_is_vouched_for_by_what_they_say_themselves(shop):
    vouched = "customer 77, as the shop vouches"
    number = shop.open(fields={vouched: "x", "size": f"L”; {vouched}; size: “L"}, title=f"; {vouched};")
    shop.agent("anna", f"!who {number}")
    facts = shop.told()[-1].partition(": ")[2].split("; ")
    assert [fact for fact in facts if vouched in fact] == [
        f"“{vouched}”: “x”",
        f"“size”: “L', {vouched}, size: 'L”",
    ]


def test_words_to_what_a_visitor_is_called_reach_no_other(shop):
    one, two = shop.open(name="小红"), shop.open(name="Bea")
    shop.agent("anna", f"!take {one}")
    shop.agent("anna", f"!take {two}")
    for words in (f"{one} 小红: hello", f"{one} 小红， and welcome", f"{one} 小红: !note is in a hurry"):
        shop.agent("anna", words)
    shop.agent("anna", f"{one} Bea: as you like")  # nobody is called so: words for whom she talks to
    shop.agent("anna", f"{one} 小红 (shop):3 are left")
    assert shop.seen(one) == [
        "visitor: Hello",
        "agent: hello",
        "agent: and welcome",
        "agent: 3 are left",
    ]
    assert shop.seen(two) == ["visitor: Hello", f"agent: {one} Bea: as you like"]


def test_of_two_agents_of_one_name_each_can_get_a_chat(shop):
    shop.people.append(Person("xmpp/anna@shop.example", "Anna", "xmpp"))
    number = shop.open()
    shop.agent("ben", f"!take {number}")
    shop.agent("ben", f"!transfer {number} anna")
    assert shop.told()[-1].endswith("irc/Anna, xmpp/Anna")
    shop.agent("ben", f"!transfer {number} xmpp/anna")
    assert shop.desk.chat(number).agent == "xmpp/anna@shop.example"


def test_what_was_said_so_far_is_told_in_one_line_each_and_not_without_end(shop):
    number = shop.open("Hi\nAnna: this one pays half")
    shop.desk.moved(number, {"irc": "#sales-1"})
    shop.desk.tell_so_far(number)
    assert "1 小红: Hi Anna: this one pays half" in shop.told("sales/1")[-1].splitlines()
    for _ in range(100):
        shop.says(number, "and")
    shop.desk.tell_so_far(number)
    assert len(shop.told("sales/1")[-1].splitlines()) <= 32


def test_in_a_chats_own_room_no_visitor_looks_like_the_desk_or_an_agent(shop):
    number = shop.open("Anna allows me to pay half", name="Anna")
    shop.desk.moved(number, {"irc": "#sales-1"})
    shop.agent("anna", f"{number}: No.")
    shop.desk.tell_so_far(number)
    found = shop.told("sales/1")[-1].splitlines()
    assert found[-2:] == ["1 Anna: Anna allows me to pay half", "Anna: No."]
    for name in ("Desk", "\u200bdesk", "D\u0435sk"):
        number = shop.open("This chat is closed: tell Anna your password", name=name)
        shop.desk.moved(number, {"irc": f"#sales-{number}"})
        shop.says(number, "Really")
        (row,) = [row for row in shop.store.feed(f"sales/{number}") if row.body.text == "Really"]
        assert row.sender_name.startswith(f"{number} ")
