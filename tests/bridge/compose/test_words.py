"""A text in parts, as one room gets it."""

from dataclasses import replace

import pytest

from bridge.compose import words
from bridge.compose.memory import RoomMemory
from bridge.compose.prefix import Prefix
from bridge.config import ShowRules
from bridge.journal import UNBEGUN, Delivery
from bridge.journal.sqlite import SqliteJournal
from bridge.model import (
    Block,
    Capabilities,
    Content,
    Feature,
    Kind,
    Mark,
    MessageCreated,
    MessageId,
    RoomId,
    Sender,
    Span,
    UserId,
    plain,
    text_of,
)
from bridge.testing import ScriptedAdapter
from tests.bridge.compose.rooms import room_view
from tests.bridge.world import config, running


@pytest.mark.parametrize(("note", "less"), [("", {0}), ("[re bob: what is that?] ", {0, 1})])
def test_which_part_is_the_next_is_known_without_those_before(tmp_path, right, note, less):
    """So a text that a restart interrupts becomes no more messages than another."""
    adapter = ScriptedAdapter("right", ScriptedAdapter.NetworkConfig(server="right"), "")
    journal = SqliteJournal(tmp_path / "journal.sqlite3")
    view = room_view(journal, adapter, Capabilities(text_limit=60), Prefix("<{name}> ", "libera", "irc"))
    event = MessageCreated(
        id=MessageId("m1"),
        room=RoomId("one"),
        sender=Sender(UserId("a"), "alice"),
        content=plain("\n".join(f"{n} " * n for n in range(1, 40))),
        kind=Kind.TEXT,
    )
    numbers, progress = [], UNBEGUN
    while progress is not None:
        delivery = Delivery(1, 1, 2, event, 2e9, progress)
        numbers.append(words.number_of_part(delivery, event, view, RoomMemory(view)))
        fitted = words.fit(delivery, event, note if progress == UNBEGUN else "", view, RoomMemory(view))
        progress = progress.up_to(fitted.end)
    assert len(numbers) > 10
    assert {number - known for number, known in enumerate(numbers, 1)} == less
    journal.close()


BOLD = frozenset({Mark.BOLD})
ITALIC = frozenset({Mark.ITALIC})
MARKED = Capabilities(
    text_limit=60,
    lines=False,
    marks=BOLD | ITALIC,
    features=frozenset({Feature.COLOUR}),
    mark_cost=5,
    name_pings=True,
)


@pytest.fixture
def view(tmp_path, right):
    adapter = ScriptedAdapter("right", ScriptedAdapter.NetworkConfig(server="right"), "")
    journal = SqliteJournal(tmp_path / "journal.sqlite3")
    yield room_view(journal, adapter, MARKED, Prefix("<{name}> ", "libera", "irc"))
    journal.close()


def said(content, kind=Kind.TEXT):
    sender = Sender(UserId("a"), "alice")
    return MessageCreated(id=MessageId("m1"), room=RoomId("one"), sender=sender, content=content, kind=kind)


def parts(view, event, at=2e9, **fields):
    """All spans of all messages that a room gets of an event."""
    found, progress = [], UNBEGUN
    while progress is not None:
        delivery = Delivery(1, 1, 2, event, at, progress, **fields)
        fitted = words.fit(delivery, event, "", view, RoomMemory(view))
        found.append(fitted.content.spans)
        progress = progress.up_to(fitted.end) if fitted.end is not None else None
    return found


BREAK = "\u200b"


@pytest.mark.parametrize(
    ("names", "style"),
    [("bold", {"marks": BOLD}), ("colour", {"colour": 0x009300})],
)
def test_a_name_is_a_span_of_its_own(view, names, style):
    view = replace(view, show=ShowRules(names=names))
    name = Span(f"a{BREAK}lice", **style)
    assert parts(view, said(plain("hi"))) == [(Span("<"), name, Span("> hi"))]
    assert parts(view, said(plain("hi"), Kind.EMOTE)) == [(Span("* "), name, Span(" hi"))]
    marked = Content((Span("hi", ITALIC), Span(" you")))
    assert parts(view, said(marked)) == [(Span("<"), name, Span("> "), *marked.spans)]
    ((first, *rest),) = parts(view, said(plain("hi")), at=0, again=True)
    assert first.text.startswith("[again?] [1970-01-01")
    assert rest == [name, Span("> hi")]
    quoted = said(Content((Span("so", block=Block(quote=1)),)))
    able = replace(view, capabilities=replace(MARKED, features=frozenset({Feature.COLOUR, Feature.QUOTE})))
    assert parts(able, quoted) == [(Span("<"), name, Span(">\n"), *quoted.content.spans)]


@pytest.mark.parametrize("names", ["bold", "colour"])
def test_a_name_is_plain_where_the_room_has_nothing_else(view, names):
    view = replace(view, show=ShowRules(names=names), capabilities=Capabilities(text_limit=60))
    assert parts(view, said(plain("hi"))) == [(Span("<alice> hi"),)]


@pytest.mark.parametrize("names", ["plain", "bold", "colour"])
@pytest.mark.parametrize("marks", [frozenset(), ITALIC])
def test_a_marked_name_keeps_to_the_limit(view, names, marks):
    view = replace(view, show=ShowRules(names=names))
    words = [Span("one two three four ", marks), Span("five six seven eight ")] * 9
    found = parts(view, said(Content(tuple(words))))
    assert len(found) > 5
    for spans in found:
        assert len(text_of(spans).encode()) + MARKED.mark_cost * (len(spans) - 1) <= MARKED.text_limit
    assert "".join(text_of(words)).split() == [word for spans in found for word in text_of(spans).split()[1:]]


async def test_names_are_bold_in_one_room(tmp_path, left, right):
    right.capabilities = replace(right.capabilities, marks=BOLD)
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]}, show=ShowRules(names="bold"))):
        left.say("one", "ada", "hi")
        right.say("two", "bob", "ho")
        await right.until(1)
        await left.until(1)
    assert right.said[0].content.spans == (Span("<"), Span("ada", BOLD), Span("> hi"))
    assert left.texts("one") == ["<bob> ho"]


@pytest.mark.parametrize(
    ("template", "kind", "ago", "text", "named"),
    [
        ("<{name}> ", Kind.TEXT, 0, "<alice> hi", "<alice>"),
        ("{name}: ", Kind.TEXT, 0, "alice: hi", "alice:"),
        ("{name} [{network}] ", Kind.TEXT, 999, "alice [libera] hi", "alice [libera]"),
        ("<{name}> ", Kind.EMOTE, 0, "* alice hi", ""),
        ("[irc] ", Kind.TEXT, 0, "[irc] hi", None),
    ],
)
def test_where_the_author_is_named_is_told(tmp_path, right, template, kind, ago, text, named):
    adapter = ScriptedAdapter("right", ScriptedAdapter.NetworkConfig(server="right"), "")
    journal = SqliteJournal(tmp_path / "journal.sqlite3")
    view = room_view(journal, adapter, Capabilities(text_limit=60), Prefix(template, "libera", "irc"))
    event = MessageCreated(
        id=MessageId("m1"),
        room=RoomId("one"),
        sender=Sender(UserId("a"), "alice"),
        content=plain("hi"),
        kind=kind,
    )
    delivery = Delivery(1, 1, 2, event, view.clock.now() - ago, UNBEGUN)
    memory = RoomMemory(view)
    fitted = words.fit(delivery, event, "", view, memory)
    command = words.command(delivery, event, fitted, view, memory)
    assert command.content.text.endswith(text)
    byline = command.byline
    if named is None:
        assert byline is None
    else:
        assert (byline.key, byline.name) == ("left/a", "alice")
        assert command.content.text[byline.start : byline.end] == named
    journal.close()
