"""What agents ask of a desk, and are answered."""

import pytest

from bridge.desk import ChatState, NewChat
from bridge.desk.commands import INSTRUCTIONS
from bridge.desk.store.past import PastReader
from bridge.language import locale

from .shop import Shop


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    shop.store.close()


def answer(shop, who: str, text: str, **more: str) -> list[str]:
    """What the desk says then."""
    before = len(shop.told())
    shop.agent(who, text, **more)
    return shop.told()[before:]


def test_each_command_has_help_that_begins_with_its_name():
    for name, one in INSTRUCTIONS.items():
        for language in ("en", "de", "zh"):
            assert locale(language, None).gettext(one.help).startswith(f"!{name} "), one.help


def test_take_without_a_number_takes_who_waits_longest(shop):
    shop.open(name="A")
    shop.open(name="B")
    assert answer(shop, "anna", "!take") == ["1 A is Anna's: what Anna says goes to them"]
    assert answer(shop, "ben", "!take") == ["2 B is Ben's: what Ben says goes to them"]
    assert answer(shop, "ben", "!take") == ["Nobody waits."]
    assert answer(shop, "ben", "!take 7") == ["There is no chat 7 here."]


def test_a_chat_is_taken_over(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    assert answer(shop, "ben", "!take 1") == [
        "1 小红 is Ben's now, and no more Anna's: what Ben says goes to them"
    ]
    assert answer(shop, "anna", "Still there?") == ["Nobody was told that: 1 is closed, or not yours."]
    assert shop.seen(number) == ["visitor: Hello"]
    assert answer(shop, "anna", "Lunch, Ben?") == []


def test_a_command_in_an_answer_is_about_that_chat(shop):
    shop.open()
    assert answer(shop, "anna", "!take", to="1.1") == ["1 小红 is Anna's: what Anna says goes to them"]
    assert answer(shop, "anna", "!close", to="1.1") == ["1 小红 is closed."]


def test_who_closes_a_chat_and_has_others_is_told_that_nobody_hears_them(shop):
    shop.open(name="A")
    shop.open(name="B")
    shop.agent("anna", "!take 1")
    shop.agent("anna", "!take 2")
    assert answer(shop, "anna", "!close 2") == [
        "2 B is closed. What Anna says goes to nobody now: !to goes on with 1 A"
    ]
    shop.agent("anna", "!take 2")
    shop.agent("anna", "!to 1")
    assert answer(shop, "anna", "!close 2") == ["2 B is closed."]


def test_who_was_kept_out_may_come_again(shop):
    number = shop.open()
    shop.agent("anna", "!ban 1")
    assert shop.store.is_banned(number, shop.clock.now())
    assert answer(shop, "anna", "!unban 1") == ["1 小红 may come again."]
    assert not shop.store.is_banned(number, shop.clock.now())


def test_a_visitor_is_passed_on_to_another_agent(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    assert answer(shop, "anna", "!transfer 1 ben") == ["Ben: 1 小红 is for you (answer, or !take 1)"]
    shop.agent("anna", "Bye")
    shop.agent("ben", "1: I am Ben")
    assert shop.seen(number)[1:] == ["agent: I am Ben"]
    assert [line.body.text for line in shop.lines(number) if line.kind == "state"][-2:] == [
        "You are passed on to Ben.",
        "You are talking with Ben now.",
    ]
    assert answer(shop, "ben", "!transfer 1 Zoe") == ["Nobody of that name is here: Anna, Ben"]


def test_a_visitor_is_passed_on_to_another_desk(shop):
    support = shop.at("support")
    number = shop.open()
    shop.agent("anna", "!take 1")
    line = shop.agent("anna", "Helo")
    assert answer(shop, "anna", "!transfer 1 Support") == ["1 小红 waits at support now."]
    assert shop.told("support") == ["1 小红 waits (1 in line): !take 1"]
    shop.agent("anna", "Bye")
    assert answer(shop, "anna", "1: Bye") == ["1 is at support."]
    support.heard(shop.send("ben", "!take 1", room="support"))
    support.heard(shop.send("ben", "I am Ben", room="support"))
    shop.edit("anna", line, "Hello")
    assert shop.seen(number) == ["visitor: Hello", "agent: Helo", "agent: I am Ben"]
    shop.remove("anna", line)
    assert shop.seen(number) == ["visitor: Hello", "agent: I am Ben"]
    support.said(number, "k", "Thanks")
    assert shop.told("support")[-1] == "[1 小红] Thanks"


def test_notes_tags_and_what_is_known(shop):
    shop.open(name="", mail="a@b.example", fields={"order": "A-1"}, language="de")
    number = shop.open(mail="a@b.example", page="https://shop.example/x\ny", title="X")
    assert answer(shop, "anna", "!note 2 wants\nblue") == ["Noted for 2; the visitor does not see it."]
    assert answer(shop, "anna", "!tag 2 sweater blue") == ["2 is filed under sweater, blue."]
    (told,) = answer(shop, "anna", "!who 2")
    assert told.split("; ") == [
        "2 小红: mail a@b.example",
        "“X” https://shop.example/x y",
        "language en",
        "1 chat before, the last 1",
        "#blue #sweater\nnoted: wants blue",
    ]
    assert answer(shop, "anna", "!who 1") == ["1: mail a@b.example; “order”: “A-1”; language de"]
    assert shop.seen(number) == ["visitor: Hello"]
    assert answer(shop, "anna", "!note") == ["Which chat? !note 12 TEXT"]


def test_all_chats_are_shown(shop):
    assert answer(shop, "anna", "!chats") == ["There is no chat."]
    shop.open(name="A")
    shop.open(name="B")
    shop.agent("ben", "!take 1")
    shop.clock.move(90)
    assert answer(shop, "anna", "!chats") == ["1 A: with Ben, 1 minute\n2 B: waits, 1 minute"]


def test_a_transcript_goes_by_mail(shop, tmp_path):
    shop.open(mail="a@b.example")
    assert answer(shop, "anna", "!transcript 1") == ["This desk sends no mail."]
    sent: list[tuple[int, str]] = []
    shop.seams = {"post": lambda chat, address: sent.append((chat.number, address)) is None}
    shop.again()
    assert answer(shop, "anna", "!transcript 1 nobody") == ["To which address? !transcript 1 ADDRESS"]
    shop.agent("anna", "!transcript 1")
    shop.agent("anna", "!transcript 1 c@d.example")
    assert sent == [(1, "a@b.example"), (1, "c@d.example")]


def test_what_is_misspelt_is_told_nobody_and_said(shop):
    shop.open()
    shop.agent("anna", "!take 1")
    assert answer(shop, "anna", "!colse") == ["Nobody was told that. Is !close meant?"]
    assert answer(shop, "anna", "!help") == []
    assert shop.desk.chat(1).state is ChatState.TALKING


def test_agents_are_spoken_to_in_their_language_and_visitors_in_theirs(shop):
    number = shop.open(language="zh-CN")
    shop.language = "de"
    assert answer(shop, "anna", "!take 1") == ["1 小红 spricht mit Anna: was Anna sagt, geht dorthin"]
    assert shop.lines(number)[-1].body.text == "现在由 Anna 为您服务。"


def test_who_leaves_the_page_is_missed_and_who_comes_back_too(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    shop.desk.here(number, connected=True)
    shop.desk.here(number, connected=False)
    shop.clock.move(59)
    shop.desk.tick()
    assert "page" not in shop.told()[-1]
    shop.clock.move(2)
    shop.desk.tick()
    shop.desk.tick()
    shop.desk.here(number, connected=True)
    shop.desk.tick()
    assert shop.told()[-2:] == ["1 小红 is not on the page any more.", "1 小红 is back on the page."]


def test_a_browser_that_got_no_answer_opens_one_chat(shop):
    new = NewChat("Hello", key="0123456789abcdef")
    assert shop.desk.open(new) == shop.desk.open(new)
    assert shop.desk.open(NewChat("Hello", key="other")) != shop.desk.open(NewChat("Hello", key="other"))
    assert [chat.number for chat in shop.desk.chats] == [1, 2, 3]


def test_a_quiet_chat_is_closed(shop):
    number = shop.open()
    shop.clock.move(3601)
    shop.desk.tick()
    chat = shop.desk.chat(number)
    assert (chat.state, chat.closed_by, chat.missed) == (ChatState.CLOSED, "desk", True)
    with PastReader(shop.file) as past:
        assert [what for _, _, what, _, _ in past.counted(0)] == ["opened", "missed"]
