"""The file of a network's desks."""

import sqlite3

import pytest

from bridge.desk import ChatState, Denied, DeskReader, DeskStore, NewChat
from bridge.errors import TemporaryFailure

from .shop import Shop


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    shop.store.close()


def test_it_is_read_while_it_is_written(shop):
    number = shop.open(mail="a@b.example")
    with DeskReader(shop.file) as reader:
        shop.says(number, "More")
        assert [line.body.text for line in reader.lines(number) if line.kind == "said"] == ["Hello", "More"]
        assert [chat.number for chat in reader.chats_of(mail="a@b.example")] == [number]
        with pytest.raises(sqlite3.OperationalError):
            reader._database.execute("DELETE FROM line")


def test_it_is_for_its_owner_alone_and_keeps_no_token(shop):
    opened = shop.desk.open(NewChat("Hello"))
    shop.store.close()
    assert shop.file.stat().st_mode & 0o777 == 0o600
    assert opened.token.encode() not in shop.file.read_bytes()
    assert opened.token not in repr(opened)
    shop.begin()
    assert shop.store.chat_by(opened.token).number == opened.number
    assert shop.store.chat_by(opened.token[:-1]) is None


def test_what_is_no_file_of_a_desk_is_left_alone(tmp_path):
    other = tmp_path / "other.sqlite3"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE t (x)")
    database.close()
    with pytest.raises(TemporaryFailure, match="move it away"):
        DeskStore(other)
    with pytest.raises(TemporaryFailure, match="no desk has been open"):
        DeskReader(tmp_path / "none.sqlite3")


def test_a_full_disk_changes_nothing(shop):
    """What cannot be kept did not happen, in memory neither, and happens once when there is room again."""
    number = shop.open()
    shop.agent("anna", "!take 1")
    (pages,) = shop.store._database.execute("PRAGMA page_count").fetchone()
    shop.store._database.execute(f"PRAGMA max_page_count = {pages}")
    long = "x" * 20_000
    answer, close = shop.send("anna", long), shop.send("anna", "!close" + " " * 20_000)
    with pytest.raises(TemporaryFailure, match="make room"):
        shop.desk.heard(answer)
    with pytest.raises(TemporaryFailure):
        shop.desk.said(number, "k", long)
    with pytest.raises(TemporaryFailure):
        shop.desk.open(NewChat(long))
    assert [chat.number for chat in shop.desk.chats] == [number]
    assert shop.seen(number) == ["visitor: Hello"]
    shop.store._database.execute("PRAGMA max_page_count = 1000000")
    assert shop.desk.heard(answer) == shop.desk.heard(answer)
    assert shop.desk.said(number, "k", long) == shop.desk.said(number, "k", long)
    assert shop.seen(number) == ["visitor: Hello", f"agent: {long}", f"visitor: {long}"]
    shop.desk.heard(close)
    assert shop.desk.chat(number).state is ChatState.CLOSED


def test_what_is_wrong_is_said_in_the_visitors_language(shop):
    shop.open(address="hash", language="de-AT")
    shop.agent("anna", "!ban 1")
    with pytest.raises(Denied, match="Diese Beratung ist Ihnen"):
        shop.says(1, "Aber")
