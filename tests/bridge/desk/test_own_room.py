"""A chat with a room of its own: who is in that, and who is in the lobby, each see all that concerns them."""

import pytest

from bridge.desk import DeskRules
from bridge.model import File, FileKind

from .shop import Shop


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    shop.store.close()


@pytest.fixture
def number(shop):
    """A chat with a room of its own, that Anna has taken there."""
    number = shop.open()
    shop.desk.moved(number, {"irc": "#sales-1"})
    shop.agent("anna", "!take", room="sales/1")
    return number


def new(shop, room, before):
    return shop.told(room)[len(before) :]


@pytest.mark.parametrize("how", ["addressed", "answered", "taken", "saved"])
def test_what_is_said_to_a_visitor_from_the_lobby_stands_in_the_chats_own_room_once(
    shop, number, how, tmp_path
):
    before = shop.told("sales/1")
    match how:
        case "addressed":
            shop.agent("anna", "1: S to XL")
        case "answered":
            shop.agent("anna", "S to XL", to=f"{number}.1")
        case "taken":
            shop.agent("anna", "!to 1")
            before = shop.told("sales/1")
            shop.agent("anna", "S to XL")
        case "saved":
            saved = tmp_path / "answers.yaml"
            saved.write_text("sizes: S to XL\n")
            shop.desk.follow(DeskRules(saved=saved))
            shop.agent("anna", "!c 1 sizes")
    assert shop.seen(number)[-1] == "agent: S to XL"
    assert new(shop, "sales/1", before) == ["Anna, in the lobby: S to XL"]


def test_what_is_said_in_the_chats_own_room_is_not_repeated_there(shop, number, tmp_path):
    before, lobby = shop.told("sales/1"), shop.told()
    shop.agent("anna", "S to XL", room="sales/1")
    assert (new(shop, "sales/1", before), shop.told()) == ([], lobby)
    saved = tmp_path / "answers.yaml"
    saved.write_text("sizes: S to XL\n")
    shop.desk.follow(DeskRules(saved=saved))
    shop.agent("anna", "!c sizes", room="sales/1")
    assert new(shop, "sales/1", before) == ["Said to 1 小红: S to XL"]


def test_what_is_no_visitors_is_not_shown_there(shop, number):
    before = shop.told("sales/1")
    shop.agent("ben", "1: me too")
    shop.agent("anna", "// odd")
    shop.agent("anna", "!note 1 odd")
    assert new(shop, "sales/1", before) == []


def test_a_line_with_several_is_nobody_elses_there(shop, number):
    shop.agent("anna", "1: S\nBen, in the lobby: XL")
    assert shop.told("sales/1")[-1] == "Anna, in the lobby: S\n> Ben, in the lobby: XL"


def test_a_file_is_shown_there_too(shop, number, tmp_path):
    said = shop.send("anna", "1: the table")
    file = File(tmp_path / "ab12", "sizes.pdf", FileKind.FILE, "application/pdf", 7, "digest")
    object.__setattr__(said, "file", file)
    shop.desk.heard(said)
    last = shop.store.feed("sales/1")[-1]
    assert (last.body.text, last.body.file.name) == ("Anna, in the lobby: the table", "sizes.pdf")


def test_edits_and_removals_from_the_lobby_are_told_there(shop, number):
    line = shop.agent("anna", "1: S to L")
    before = shop.told("sales/1")
    shop.edit("anna", line, "1: S to XL")
    shop.remove("anna", line)
    assert new(shop, "sales/1", before) == [
        "Anna, in the lobby, puts other words in place of “S to L”: S to XL",
        "Anna, in the lobby, takes back: S to XL",
    ]


def test_who_comes_into_the_room_is_told_what_the_visitor_sees_by_then(shop):
    number = shop.open()
    shop.agent("anna", "!take 1")
    one, two = shop.agent("anna", "S to L"), shop.agent("anna", "Wrong chat")
    shop.edit("anna", one, "S to XL")
    shop.remove("anna", two)
    shop.desk.moved(number, {"irc": "#sales-1"})
    shop.desk.tell_so_far(number)
    assert shop.told("sales/1")[-1].splitlines() == ["1 小红", "1 小红: Hello", "Anna: S to XL"]


def test_who_has_a_chat_is_told_in_the_lobby_and_in_its_own_room(shop):
    number = shop.open()
    shop.desk.moved(number, {"irc": "#sales-1"})
    has = "1 小红 is {0}'s: what {0} says goes to them"
    for command, room, told in (
        ("!take 1", "sales", has.format("Anna")),
        ("!transfer 1", "sales", "1 小红 waits again: !take 1"),
        ("!take", "sales/1", has.format("Anna")),
        ("!transfer 1 ben", "sales", "Ben: 1 小红 is for you (answer, or !take 1)"),
        ("!close 1", "sales", "1 小红 is closed."),
        ("!take", "sales/1", has.format("Anna")),
        ("!close", "sales/1", "1 小红 is closed."),
    ):
        lobby, own = shop.told(), shop.told("sales/1")
        shop.agent("anna", command, room=room)
        assert (new(shop, "sales", lobby), new(shop, "sales/1", own)) == ([told], [told]), command


def test_who_waits_again_is_told_in_the_lobby_where_all_hear_it(tmp_path):
    shop = Shop(tmp_path, DeskRules(assign="turns", answer_within=60.0))
    number = shop.open()
    shop.desk.moved(number, {"irc": "#sales-1"})
    for _ in range(4):
        shop.clock.move(61.0)
        shop.desk.tick()
    waits = "1 小红 waits for anybody, since nobody who was asked answers: !take 1"
    assert "Ben: 1 小红 is for you (answer, or !take 1)" in shop.told()
    assert (shop.told().count(waits), shop.told("sales/1").count(waits)) == (1, 1)
    shop.store.close()


def test_who_took_a_chat_in_its_own_room_talks_with_colleagues_in_the_lobby(shop, number):
    assert shop.agent("anna", "Lunch?").startswith("0.")
    assert shop.seen(number) == ["visitor: Hello"]
    shop.agent("anna", "!to 1")
    shop.agent("anna", "S to XL")
    shop.agent("anna", "!to 1", room="sales/1")
    shop.agent("anna", "and XXL", room="sales/1")
    shop.agent("anna", "or less")
    assert shop.seen(number)[1:] == ["agent: S to XL", "agent: and XXL", "agent: or less"]


def test_who_was_offered_it_and_answers_in_its_room_talks_with_colleagues_in_the_lobby(shop):
    number = shop.open()
    shop.desk.moved(number, {"irc": "#sales-1"})
    shop.agent("anna", "!transfer 1 ben", room="sales/1")
    shop.agent("ben", "I look.", room="sales/1")
    shop.agent("ben", "What a day")
    assert shop.seen(number) == ["visitor: Hello", "agent: I look."]
