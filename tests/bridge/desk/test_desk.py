"""What becomes of what visitors and agents say."""

import pytest

from bridge.desk import ChatState, Denial, Denied, DeskRules

from .shop import Shop


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    shop.store.close()


def test_a_visitor_is_answered(shop):
    number = shop.open("Is the sweater warm?", page="https://shop.example/sweater")
    assert shop.told() == [
        "[1 小红] Is the sweater warm?",
        "1 小红 waits (1 in line): !take 1 – https://shop.example/sweater",
    ]
    shop.agent("anna", "!take 1")
    part = shop.agent("anna", "Very warm.")
    assert part == f"{number}.4"
    assert shop.seen(number) == ["visitor: Is the sweater warm?", "agent: Very warm."]
    states = [(line.body.state, line.body.text) for line in shop.lines(number) if line.kind == "state"]
    assert states == [
        ("waiting", "You are next: somebody answers soon."),
        ("talking", "You are talking with Anna now."),
    ]


def test_an_agent_without_a_chat_reaches_nobody(shop):
    number = shop.open()
    assert shop.agent("anna", "What a day.", txn="7.ab") == "0.7.ab"
    shop.agent("ben", "!take 1")
    shop.agent("anna", "So it is.")
    shop.agent("anna", "1: Hello!")
    assert shop.seen(number) == ["visitor: Hello"]
    assert shop.told()[-1] == "Nobody was told that: 1 is Ben's. !take 1 takes it over"


def test_an_answer_takes_a_chat_that_nobody_has(shop):
    number = shop.open()
    shop.agent("anna", "Hello!", to="1.1")
    shop.agent("anna", "How are you?")
    assert shop.seen(number)[1:] == ["agent: Hello!", "agent: How are you?"]


def test_an_answer_to_what_colleagues_say_reaches_nobody(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    said = shop.agent("ben", "Lunch?")
    shop.agent("anna", "Yes!", to=said)
    assert shop.seen(number) == ["visitor: Hello"]


@pytest.mark.parametrize(
    "text", ["!note 1 odd", "// odd", "1: // odd", "!noet odd", "1: !note odd", "\u200b!note odd"]
)
def test_what_is_for_nobody_reaches_nobody(shop, text):
    number = shop.open()
    shop.agent("anna", "!take 1")
    shop.agent("anna", text)
    assert shop.seen(number) == ["visitor: Hello"]


def test_two_visitors_do_not_cross(shop):
    one, two = shop.open("A?"), shop.open("B?")
    shop.agent("anna", "!take 1")
    shop.agent("anna", "!take 2")
    shop.agent("anna", "to b")
    shop.agent("anna", "1: to a")
    shop.agent("anna", "!to 1")
    shop.agent("anna", "to a again")
    assert shop.seen(one) == ["visitor: A?", "agent: to a", "agent: to a again"]
    assert shop.seen(two) == ["visitor: B?", "agent: to b"]


def test_edits_and_removals_reach_the_visitor(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    line = shop.agent("anna", "Helo")
    shop.edit("anna", line, "Hello there")
    assert shop.seen(number)[-1] == "agent: Hello there"
    shop.edit("anna", line, "// secret")
    assert shop.seen(number) == ["visitor: Hello"]
    line = shop.agent("anna", "Wrong")
    shop.remove("anna", line)
    assert shop.seen(number) == ["visitor: Hello"]


@pytest.mark.parametrize("how", ["transfer", "desk", "reassign", "close", "bans", "left"])
def test_who_has_a_chat_no_more_puts_no_words_there_and_is_told_so(shop, how):
    number = shop.open()
    support = shop.at("support")
    shop.agent("anna", "!take 1")
    one, two, three = (shop.agent("anna", text) for text in ("Helo", "Wrong", "Odd"))
    match how:
        case "transfer":
            shop.agent("anna", "!transfer 1 ben")
        case "desk":
            shop.agent("anna", "!transfer 1 support")
            support.heard(shop.send("ben", "!take 1", room="support"))
        case "reassign":
            shop.agent("ben", "!take 1")
        case "close":
            shop.agent("anna", "!close 1")
        case "bans":
            shop.agent("anna", "!ban 1")
        case "left":
            shop.desk.left(number)
    before = shop.seen(number)
    assert shop.edit("anna", one, "Pay me").startswith("0.")
    assert shop.seen(number) == before
    assert shop.told()[-1] == (
        "1 小红 still sees the words before: only who has 1 can put others in their place."
    )
    shop.remove("anna", two)
    shop.edit("anna", three, "// odd")
    assert shop.seen(number) == ["visitor: Hello", "agent: Helo"]


def test_who_wants_no_more_visitors_still_edits_what_they_said_to_those_they_have(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    line = shop.agent("anna", "Helo")
    shop.agent("anna", "!off")
    shop.edit("anna", line, "Hello")
    shop.agent("ben", "!take 1")
    shop.agent("anna", "!take 1")
    shop.edit("anna", line, "Hello there")
    assert shop.seen(number)[-1] == "agent: Hello there"


def test_who_may_answer_no_more_edits_nothing(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    line = shop.agent("anna", "Helo")
    shop.desk.follow(DeskRules(agents=["irc/ben"]))
    assert shop.edit("anna", line, "Hello").startswith("0.")
    assert shop.seen(number)[-1] == "agent: Helo"


def test_a_bot_edits_its_answer_until_a_person_has_the_chat(tmp_path):
    shop = Shop(tmp_path, DeskRules(bots=["irc/bot"]))
    number = shop.open()
    line = shop.agent("bot", "1: Helo")
    shop.edit("bot", line, "Hello")
    shop.agent("anna", "!take 1")
    told = shop.told()
    shop.edit("bot", line, "Hello there")
    assert (shop.seen(number)[-1], shop.told()) == ("agent: Hello", told)
    shop.store.close()


def test_an_edit_of_what_nobody_was_told_is_told_nobody(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    note = shop.agent("anna", "!note odd")
    shop.edit("anna", note, "he is odd")
    assert shop.seen(number) == ["visitor: Hello"]


def test_the_same_again_changes_nothing(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    said = shop.send("anna", "Hello!")
    first = shop.desk.heard(said)
    shop.again()
    assert shop.desk.heard(said) == first
    assert shop.store.heard([said.txn, "9.no"]) == {said.txn: first}
    assert shop.desk.said(number, "k", "Well?") == shop.desk.said(number, "k", "Well?")
    assert shop.seen(number) == ["visitor: Hello", "agent: Hello!", "visitor: Well?"]


def test_a_restart_keeps_who_talks_with_whom(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    shop.again()
    shop.agent("anna", "Hello!")
    assert shop.seen(number)[-1] == "agent: Hello!"


def test_a_chat_goes_on_when_its_visitor_writes_after_the_end(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    shop.agent("anna", "!close")
    assert shop.desk.chat(number).state is ChatState.CLOSED
    shop.agent("anna", "Phew.")
    shop.says(number, "One more thing")
    assert shop.desk.chat(number).state is ChatState.WAITING
    assert shop.seen(number) == ["visitor: Hello", "visitor: One more thing"]
    assert shop.told()[-1] == "1 小红 waits (1 in line): !take 1"


def test_an_agent_has_so_many_chats_at_most(tmp_path):
    shop = Shop(tmp_path, DeskRules(capacity=1))
    shop.open()
    two = shop.open()
    shop.agent("anna", "!take 1")
    shop.agent("anna", "2: Hello")
    assert shop.seen(two) == ["visitor: Hello"]
    assert "as many chats as one may have" in shop.told()[-1]
    shop.agent("anna", "!close 1")
    shop.agent("anna", "2: Hello")
    assert shop.seen(two)[-1] == "agent: Hello"
    shop.store.close()


def test_who_is_banned_is_heard_no_more(shop):
    number = shop.open(address="hash")
    shop.agent("anna", "!ban 1 2h spam")
    with pytest.raises(Denied) as denied:
        shop.says(number, "But")
    assert denied.value.denial is Denial.BANNED
    with pytest.raises(Denied):
        shop.open(address="hash")
    shop.open(address="other")
    shop.clock._moved += 7201
    shop.open(address="hash")
    shop.says(number, "But")


def test_a_number_with_a_comma_addresses_nobody(shop):
    """`2, please` is a sentence: it goes to no visitor but the one who is talked with, and to nobody where it
    may be meant for another.
    """
    first, second, third = (shop.open(name=name) for name in ("Ann", "Bo", "Cy"))
    shop.agent("anna", "!take 1")
    shop.agent("anna", "!take 2")
    shop.agent("anna", "1, please")
    assert shop.told()[-1] == "Nobody was told that: for 1 Ann, write 1: in place of the comma."
    shop.agent("anna", "3, please")
    shop.agent("ben", "3, please")
    shop.agent("anna", "7, please")
    shop.agent("anna", "2, please")
    said = {number: shop.seen(number) for number in (first, second, third)}
    assert said == {
        1: ["visitor: Hello"],
        2: ["visitor: Hello", "agent: 7, please", "agent: 2, please"],
        3: ["visitor: Hello"],
    }
    assert shop.desk.chat(third).agent == ""


def test_who_may_not_answer_by_their_new_key_keeps_nothing(tmp_path):
    shop = Shop(tmp_path, DeskRules(agents=["irc/anna*"]))
    number = shop.open()
    shop.agent("anna", "!take 1")
    shop.agent("anna", "!off")
    shop.desk.renamed("irc/anna", "irc/eve", "Eve")
    shop.desk.renamed("irc/nobody", "irc/anna2", "Anna")
    assert shop.desk.chat(number).agent == "irc/anna"
    shop.desk.renamed("irc/anna", "irc/anna3", "Anna")
    shop.again()
    assert shop.desk.chat(number).agent == "irc/anna3"
    rows = {row.key: (row.available, row.current) for row in shop.store.agents("sales")}
    assert rows == {"irc/anna": (False, None), "irc/anna3": (False, number)}
    shop.store.close()


def test_who_was_kept_out_is_let_in_again(shop):
    shop.agent("anna", "!bans")
    assert shop.told()[-1] == "Nobody is kept out."
    one, two = shop.open(name="Ann", address="abc"), shop.open(name="Bo")
    shop.agent("anna", "!ban 1 2h spam")
    shop.agent("anna", "!ban 2 1d")
    shop.clock._moved += 600
    shop.agent("anna", "!bans")
    assert shop.told()[-1] == (
        "1 Ann is kept out for 110 minutes, by Anna: spam\n2 Bo is kept out for 1430 minutes, by Anna"
    )
    shop.agent("ben", "!unban 1")
    shop.agent("ben", "!bans")
    assert shop.told()[-1] == "2 Bo is kept out for 1430 minutes, by Anna"
    assert shop.open(name="Ann", address="abc")
    assert shop.says(one, "Thank you")
    with pytest.raises(Denied):
        shop.says(two, "And me?")
