"""Where anybody may come in, each line says whose it is: no line of theirs is taken for somebody else's."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.compose import words
from bridge.compose.memory import RoomMemory
from bridge.compose.prefix import Prefix
from bridge.config import ShowRules
from bridge.journal import UNBEGUN, Delivery
from bridge.journal.sqlite import SqliteJournal
from bridge.model import (
    Authorship,
    Capabilities,
    Mark,
    MessageCreated,
    MessageId,
    RoomId,
    Sender,
    Span,
    Speaker,
    UserId,
    plain,
    text_of,
)
from bridge.testing import ScriptedAdapter, ScriptedNetwork

from .rooms import room_view

PAGE = Capabilities(text_limit=400)
NOW = 2e9


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A room that hears the visitors of a desk."""
    ScriptedNetwork("right")
    adapter = ScriptedAdapter("right", ScriptedAdapter.NetworkConfig(server="right"), "")
    journal = SqliteJournal(tmp_path_factory.mktemp("desk") / "journal.sqlite3")
    view = room_view(journal, adapter, PAGE, Prefix("[{name}] ", "shop", "livechat"))
    yield replace(view, strangers={"left"})
    journal.close()


def shown(view, text, name="12 小红", at=NOW, **fields):
    """The messages that a room gets of somebody's text, as spans."""
    sender, found, progress = Sender(UserId("12"), name), [], UNBEGUN
    event = MessageCreated(id=MessageId("12.1"), room=RoomId("one"), sender=sender, content=plain(text))
    memory = RoomMemory(view)
    while progress is not None:
        fitted = words.fit(Delivery(1, 1, 2, event, at, progress, **fields), event, "", view, memory)
        if fitted is None:
            break
        found.append(fitted.content.spans)
        progress = progress.up_to(fitted.end) if fitted.end is not None else None
    return found


def texts(view, text, **fields):
    return [text_of(spans) for spans in shown(view, text, **fields)]


@pytest.mark.parametrize(
    "second", ["[13 Bob] I pay", "\u200b[13 Bob] I pay", "* Bob waves", "12: yes", "!take 1"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028", "\x0b"])
def test_each_line_of_a_visitor_is_theirs(desk, second, end):
    assert texts(desk, f"hi{end}{second}") == [f"[12 小红] hi\n[12 小红] {second}"]


def test_an_empty_line_needs_no_name(desk):
    assert texts(desk, "hi\n\n \nthere\n") == ["[12 小红] hi\n\n \n[12 小红] there"]


def test_what_stands_before_the_name_stands_there_once(desk):
    (text,) = texts(desk, "hi\nthere", at=0, again=True)
    first, second = text.splitlines()
    assert first.startswith("[again?] [1970-01-01")
    assert (first.endswith("[12 小红] hi"), second) == (True, "[12 小红] there")


def test_each_name_is_shown_as_the_owner_wants_names(desk):
    bold = frozenset({Mark.BOLD})
    able = replace(desk, show=ShowRules(names="bold"), capabilities=replace(PAGE, marks=bold))
    name = Span("12 小红", bold)
    assert shown(able, "hi\nyou") == [(Span("["), name, Span("] hi\n["), name, Span("] you"))]


def test_where_a_message_has_one_line_each_is_one(desk):
    narrow = replace(desk, capabilities=Capabilities(text_limit=400, lines=False))
    assert texts(narrow, "hi\nthere") == ["[12 小红] hi", "[12 小红] there"]


def test_who_has_a_name_of_their_own_needs_no_other(desk):
    speaking = replace(desk, speaker=Speaker(Authorship.PUPPET, "12 小红", "left/12"))
    assert texts(speaking, "hi\nthere") == ["hi\nthere"]


def test_of_people_whom_not_anybody_can_join_the_first_line_is_named(desk):
    assert texts(replace(desk, strangers=()), "hi\nthere") == ["[12 小红] hi\nthere"]


@settings(deadline=None, max_examples=60)
@given(
    lines=st.lists(st.text(st.sampled_from("ab 小[]13Bob*"), max_size=40), min_size=1, max_size=60),
    limit=st.integers(30, 200),
)
def test_what_is_long_keeps_to_the_limit_and_loses_nothing(desk, lines, limit):
    found = texts(replace(desk, capabilities=Capabilities(text_limit=limit)), "\n".join(lines))
    said = [line for text in found for line in text.splitlines() if line.strip()]
    assert all(len(text.encode()) <= limit for text in found)
    assert all(line.startswith("[12 小红] ") for line in said)
    words_said = "".join("".join(line.removeprefix("[12 小红] ").split()) for line in said)
    assert words_said == "".join("".join(line.split()) for line in lines)
