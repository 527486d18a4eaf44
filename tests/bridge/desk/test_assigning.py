"""Chats come to agents, and go back from those who are gone."""

import pytest

from bridge.desk import ChatState, DeskRules, NewChat, Person
from bridge.model import Authorship, Speaker

from .shop import Shop

RULES = DeskRules(assign="turns", capacity=1, answer_within="60s", back_within="2m", bots=["bots/*"])


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path, RULES)
    yield shop
    shop.store.close()


def whose(shop, number: int) -> tuple[str, str]:
    chat = shop.desk.chat(number)
    return chat.state, chat.agent_name


def later(shop, seconds: float) -> None:
    shop.clock.move(seconds)
    shop.desk.tick()


def test_a_visitor_is_offered_in_turns_and_at_last_to_all(shop):
    number = shop.open()
    assert whose(shop, number) == ("offered", "Anna")
    later(shop, 30)
    assert whose(shop, number) == ("offered", "Anna")
    later(shop, 31)
    assert whose(shop, number) == ("offered", "Ben")
    later(shop, 61)
    assert whose(shop, number) == ("waiting", "")
    assert [line for line in shop.told() if "waits" in line or "for you" in line] == [
        "1 小红 waits (1 in line): !take 1",
        "Anna: 1 小红 is for you (answer, or !take 1)",
        "Ben: 1 小红 is for you (answer, or !take 1)",
        "1 小红 waits for anybody, since nobody who was asked answers: !take 1",
    ]
    shop.agent("ben", f"{number}: Hello!")
    assert whose(shop, number) == ("talking", "Ben")


def test_nobody_is_given_more_than_they_can_take(shop):
    first, second, third = shop.open(), shop.open(), shop.open()
    assert [whose(shop, one)[1] for one in (first, second, third)] == ["Anna", "Ben", ""]
    shop.agent("anna", f"!take {first}")
    shop.agent("anna", f"!close {first}")
    later(shop, 1)
    assert whose(shop, third) == ("offered", "Anna")
    assert [line.body.position for line in shop.lines(third) if line.kind == "state"] == [3, 2]


def _comes(shop):
    shop.people.append(Person("irc/cora", "Cora", "irc"))


def _is_back(shop):
    shop.people[2] = Person("irc/dan", "Dan", "irc")


@pytest.mark.parametrize(
    ("changes", "who"),
    [
        (lambda shop: shop.agent("anna", "!close 1"), "Anna"),
        (lambda shop: shop.agent("anna", "!transfer 1 support"), "Anna"),
        (lambda shop: shop.desk.left(1), "Anna"),
        (_comes, "Cora"),
        (_is_back, "Dan"),
        (lambda shop: shop.agent("ed", "!on"), "Ed"),
        (lambda shop: shop.desk.follow(RULES.model_copy(update={"capacity": 2})), "Anna"),
    ],
    ids=["closed", "passed on", "left", "comes", "is back", "on", "capacity"],
)
def test_who_waits_is_offered_as_soon_as_somebody_is_free(shop, changes, who):
    shop.at("support")
    shop.people += [Person("irc/dan", "Dan", "irc", away=True), Person("irc/ed", "Ed", "irc")]
    shop.agent("ed", "!off")
    for agent in ("anna", "ben"):
        shop.agent(agent, f"!take {shop.open()}")
    third = shop.open()
    for _ in range(3):
        later(shop, 1)
    assert whose(shop, third) == ("waiting", "")
    changes(shop)
    later(shop, 1)
    assert whose(shop, third) == ("offered", who)


def test_who_waited_through_the_night_is_offered_in_the_morning(shop):
    shop.agent("anna", "!hours closed")
    number = shop.open()
    for _ in range(3):
        later(shop, 1)
    shop.agent("anna", "!hours open")
    later(shop, 1)
    assert whose(shop, number) == ("offered", "Anna")


def test_an_offer_to_a_program_that_is_not_there_does_not_stand_for_ever(shop):
    shop.people.append(Person("bots/10001", "pricebot", "bots"))
    number = shop.open()
    shop.agent("anna", f"!transfer {number} pricebot")
    shop.people.pop()
    later(shop, 1)
    later(shop, 16)
    assert whose(shop, number) == ("offered", "Ben")


def test_an_agent_who_is_gone_for_long_loses_a_chat_and_not_by_a_short_while(shop):
    number = shop.open()
    shop.agent("anna", f"!take {number}")
    anna = shop.people.pop(0)
    shop.desk.tick()
    later(shop, 100)
    shop.people.insert(0, anna)
    shop.desk.tick()
    shop.people.pop(0)
    shop.desk.tick()
    later(shop, 100)
    assert whose(shop, number) == ("talking", "Anna")
    later(shop, 21)
    assert whose(shop, number) == ("offered", "Ben")
    assert "1 小红 waits again, since Anna is gone: !take 1" in shop.told()
    assert [line.body.text for line in shop.lines(number)][-1] == "Anna had to go. Somebody else comes."


def test_who_is_away_and_talks_is_not_away(shop):
    number = shop.open()
    shop.agent("anna", f"!take {number}")
    shop.people[0] = Person("irc/anna", "Anna", "irc", away=True)
    shop.desk.tick()
    later(shop, 599)
    shop.agent("anna", "Still here.")
    later(shop, 599)
    assert whose(shop, number) == ("talking", "Anna")
    later(shop, 2)
    assert whose(shop, number) == ("offered", "Ben")
    assert "1 小红 waits again, since Anna is away: !take 1" in shop.told()


def test_who_talks_is_there_where_a_network_does_not_tell(shop):
    shop.people.clear()
    cora = Speaker(Authorship.PUPPET, "Cora", "qq/7")
    shop.agent("", "Good morning!", speaker=cora)
    first = shop.open()
    assert whose(shop, first) == ("offered", "Cora")
    shop.agent("", f"!take {first}", speaker=cora)
    later(shop, 599)
    assert shop.desk.welcome("en").expect == ""
    later(shop, 2)
    later(shop, 121)
    assert whose(shop, first) == ("waiting", "")


def test_off_gives_an_offer_back(shop):
    number = shop.open()
    shop.agent("anna", "!off")
    later(shop, 1)
    assert whose(shop, number) == ("offered", "Ben")


def test_who_comes_again_gets_the_agent_of_before(shop):
    number = shop.open(customer="c7")
    later(shop, 61)
    shop.agent("ben", f"{number}: Hello!")
    shop.agent("ben", f"!close {number}")
    assert whose(shop, shop.open(customer="c7"))[1] == "Ben"
    assert whose(shop, shop.open())[1] == "Anna"


def test_an_offer_takes_no_room_from_what_people_do(shop):
    offered = shop.open()
    other = shop.open()
    shop.agent("ben", f"!take {other}")
    assert whose(shop, offered) == ("offered", "Anna")
    shop.agent("ben", f"!transfer {other} anna")
    assert whose(shop, other) == ("offered", "Anna")
    shop.agent("anna", f"{other}: Hello!")
    assert whose(shop, other) == ("talking", "Anna")
    later(shop, 1)
    assert whose(shop, offered) == ("offered", "Ben"), "who has no room for them keeps nobody waiting"
    shop.agent("ben", "!off")
    later(shop, 1)
    assert "waits for anybody" in shop.told()[-1]
    shop.agent("anna", f"!close {other}")
    later(shop, 1)
    assert whose(shop, offered) == ("offered", "Anna"), "who had no room did not refuse them"


def test_a_visitor_who_has_left_the_page_takes_no_room_until_they_are_back(shop):
    shop.people.pop()
    one, two, three = shop.open(), shop.open(), shop.open()
    shop.agent("anna", f"!take {one}")
    shop.desk.here(one, connected=False)
    later(shop, 61)
    later(shop, 1)
    assert whose(shop, two) == ("offered", "Anna")
    shop.agent("anna", f"!take {two}")
    assert (whose(shop, one), whose(shop, two)) == (("talking", "Anna"), ("talking", "Anna"))
    shop.desk.here(one, connected=True)
    later(shop, 1)
    shop.agent("anna", f"!close {two}")
    later(shop, 1)
    assert whose(shop, three) == ("waiting", "")
    assert shop.agent("anna", f"!take {three}")
    assert "as many chats as one may have" in shop.told()[-1]


def test_a_chat_that_both_sides_close_at_once_makes_room_for_one(shop):
    shop.people.pop()
    one, two, three = shop.open(), shop.open(), shop.open()
    shop.agent("anna", f"!take {one}")
    shop.desk.left(one)
    shop.agent("anna", f"!close {one}")
    assert shop.told()[-1] == "1 is closed."
    later(shop, 1)
    assert [whose(shop, number)[0] for number in (two, three)] == ["offered", "waiting"]


def test_an_agent_who_was_away_for_a_while_has_no_more_room_than_before(shop):
    one, two, three = shop.open(), shop.open(), shop.open()
    for agent, number in (("anna", one), ("ben", two)):
        shop.agent(agent, f"!take {number}")
    shop.people[0] = Person("irc/anna", "Anna", "irc", away=True)
    later(shop, 1)
    later(shop, 119)
    shop.people[0] = Person("irc/anna", "Anna", "irc", away=False)
    later(shop, 1)
    assert whose(shop, one) == ("talking", "Anna")
    assert whose(shop, three) == ("waiting", "")


def test_who_takes_no_visitors_is_passed_none_on(shop):
    number = shop.open()
    shop.agent("anna", f"!take {number}")
    shop.agent("ben", "!off")
    shop.agent("anna", f"!transfer {number} ben")
    assert whose(shop, number) == ("talking", "Anna")
    assert shop.told()[-1] == "Ben gets no visitors now: !on changes that"


def test_who_was_at_another_desk_before_is_whose_turn_it_is(shop):
    support = shop.at("support")
    number = support.open(NewChat("Help", key="other", customer="c7")).number
    support.heard(shop.send("ben", f"!take {number}", room="support"))
    support.left(number)
    assert whose(shop, shop.open(customer="c7")) == ("offered", "Anna")


def test_who_passed_a_visitor_on_and_gets_them_back_says_nothing_to_them_by_chance(shop):
    number = shop.open()
    shop.agent("anna", f"!take {number}")
    shop.agent("anna", f"!transfer {number} ben")
    shop.agent("ben", f"!transfer {number} anna")
    shop.agent("anna", "Who has time for lunch?")
    assert shop.seen(number) == ["visitor: Hello"]


def test_who_lost_a_visitor_says_nothing_to_them_by_chance(shop):
    number = shop.open()
    shop.agent("anna", f"!take {number}")
    anna = shop.people.pop(0)
    shop.desk.tick()
    later(shop, 121)
    shop.people.append(anna)
    shop.agent("ben", f"!transfer {number} anna")
    shop.agent("anna", "Back from lunch.")
    assert shop.seen(number) == ["visitor: Hello"]


def test_all_in_a_long_line_learn_that_it_moves(shop):
    shop.people.clear()
    numbers = [shop.open() for _ in range(120)]
    shop.desk.left(numbers[0])
    later(shop, 1)
    later(shop, 1)
    places = [shop.lines(number)[-1].body.position for number in numbers[1:]]
    assert places == list(range(1, 120))


def test_where_the_first_takes_it_nothing_is_offered(tmp_path):
    shop = Shop(tmp_path)
    number = shop.open(mail="a@b.example")
    later(shop, 1)
    assert whose(shop, number) == ("waiting", "")
    shop.agent("ben", f"{number}: Hello!")
    shop.agent("ben", f"!close {number}")
    number = shop.open(mail="a@b.example")
    assert whose(shop, number) == ("offered", "Ben")  # they know each other
    shop.agent("anna", f"{number}: Hello!")
    assert whose(shop, number) == ("talking", "Anna")
    shop.store.close()


def test_a_visitor_is_passed_on_to_anybody(shop):
    number = shop.open()
    shop.agent("anna", f"!take {number}")
    shop.agent("anna", f"!transfer {number}")
    assert whose(shop, number) == ("waiting", "")
    assert shop.told()[-1] == "1 小红 waits again: !take 1"
    later(shop, 1)
    assert whose(shop, number) == ("offered", "Ben")
    shop.agent("anna", f"!transfer {number}")
    assert shop.told()[-1] == "To whom? !transfer 12 NAME"


def test_after_hours_nobody_is_asked_and_whoever_likes_takes_a_visitor(shop):
    shop.agent("anna", "!hours closed")
    number = shop.open(customer="c7")
    later(shop, 1)
    assert whose(shop, number) == ("waiting", "")
    shop.agent("ben", "!hours normal")
    later(shop, 1)
    assert whose(shop, number) == ("offered", "Anna")


def test_another_desk_gives_it_to_its_own(shop):
    number = shop.open()
    support = shop.at("support")
    shop.agent("anna", f"!transfer {number} support")
    support.tick()
    assert support.chat(number).state is ChatState.OFFERED


def test_a_program_answers_who_waits_and_is_given_nobody(shop):
    shop.people.append(Person("bots/10001", "pricebot", "bots"))
    number = shop.desk.open(NewChat("!price", name="小红", key="k")).number
    bot = Speaker(Authorship.PUPPET, "pricebot", "bots/10001")
    assert shop.agent("", "It is 42.", to=f"{number}.1", speaker=bot).startswith(f"{number}.")
    assert shop.seen(number) == ["visitor: !price", "agent: It is 42."]
    assert whose(shop, number) == ("offered", "Anna")
    assert shop.desk.chat(number).answered_at is None
    later(shop, 61)
    later(shop, 61)
    assert whose(shop, number) == ("waiting", "")
    shop.agent("anna", f"!take {number}")
    before = shop.told()
    assert shop.agent("", "It is 43.", to=f"{number}.1", speaker=bot).startswith("0.")
    assert shop.told() == before  # nobody needs to know


def test_a_program_has_as_many_as_it_takes_until_it_hands_them_over(shop):
    bot = Speaker(Authorship.PUPPET, "pricebot", "bots/10001")
    shop.people.clear()
    first, second = shop.open(), shop.open()
    for number in (first, second):
        shop.agent("", f"!take {number}", speaker=bot)
        shop.agent("", "Hello!", to=f"{number}.1", speaker=bot)
        assert whose(shop, number) == ("talking", "pricebot")
    later(shop, 1000)
    assert whose(shop, first) == ("talking", "pricebot")
    shop.people.append(Person("irc/anna", "Anna", "irc"))
    shop.agent("", f"!transfer {first}", speaker=bot)
    later(shop, 1)
    assert whose(shop, first) == ("offered", "Anna")
    shop.agent("ben", f"!take {second}")
    assert whose(shop, second) == ("talking", "Ben")


def test_who_did_not_answer_is_not_asked_again_since_they_were_full_later(shop):
    first = shop.open()
    later(shop, 61)
    later(shop, 61)
    assert whose(shop, first) == ("waiting", "")
    shop.agent("anna", f"!transfer {first} ben")
    assert whose(shop, first) == ("offered", "Ben")
    second = shop.open()
    shop.agent("ben", f"!take {second}")
    later(shop, 1)
    assert whose(shop, first) == ("waiting", "")
    shop.agent("ben", f"!close {second}")
    later(shop, 1)
    assert whose(shop, first) == ("waiting", "")
