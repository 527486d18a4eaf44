"""Nobody's name or words look like another's line, or like Hubbub's own, to who sees only the room."""

import time
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.compose import words
from bridge.compose.digest import Reaction
from bridge.compose.forging import listed, unbracketed
from bridge.compose.memory import RoomMemory
from bridge.compose.namesakes import HUBBUB, Namesakes
from bridge.compose.prefix import Prefix
from bridge.compose.reply import _quotation
from bridge.compose.snippets import described, file_note, gist, late_file, removed
from bridge.identity import safe_name
from bridge.journal import Delivery, Progress
from bridge.journal.sqlite import SqliteJournal
from bridge.language import ENGLISH
from bridge.looks import look
from bridge.model import (
    PLAIN,
    Attachment,
    Authorship,
    Block,
    Capabilities,
    Change,
    Content,
    Kind,
    Mark,
    MemberChanged,
    MessageCreated,
    MessageId,
    NameChanged,
    RoomId,
    Sender,
    Span,
    Speaker,
    Support,
    TopicChanged,
    UserId,
    lines,
    plain,
    text_of,
)
from bridge.notices.digest import Digests
from bridge.protocols import protocols
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.compose.rooms import room_view
from tests.bridge.world import running

RECORDS = [record for one in protocols().values() for record in one.records().values()]
RECORDS.append(Capabilities(text_limit=60, lines=True))
NETWORKS = ("libera", "oftc")
VICTIMS = ("Alan", "Ann Lee", "ada_", "مريم", "王小明", "Hubbub")

before = st.sampled_from([
    "<", "[", "(", "", "{network}/", "[{network}] <", "* ", "« ", "> ", "{network} ", "From ", "**", "@",
    "| ", "[{protocol}] [", "‹", "[{id}] <",
])  # fmt: skip
after = st.sampled_from([
    "> ", "] ", ": ", " | ", " says ", "", " ({network}): ", "» ", " - ", "|", ":", "/{network}> ", ", ", "x",
    " {id}> ", " ({id}): ", ">", " [{network}] ", "’s words: ", " → ", "\u2009", "：", "**: ",
])  # fmt: skip
literal = st.text(st.sampled_from("<>[]()|:*-–/.,~ ab"), max_size=4)
templates = st.tuples(before | literal, after | literal).map("{name}".join)

tricks = st.sampled_from([
    "\n", "\r", "\u2028", "\x0b", " ", "\u00a0", "\u200b", "\u202e", "\u2066", "\u3164", "\u034f", "* ",
    "＊ ", "• ", "[14:02] ", "[again?] ", "[2026-01-02 14:02] ", "> ", "＞ ", "›", "<", "‹", "＜", "]",
    ": ", "：", "_", "| ", "“", "”", '"', "/me ", " says ", "x", "I resign", "The bridge was away for 2 days",
])  # fmt: skip
Forged = st.lists(tricks | st.sampled_from(VICTIMS) | st.none(), max_size=8)
"""None stands for what begins a victim's line."""


def seen(text: str) -> str:
    """What a person sees: nothing that is invisible, every blank as one space, look-alikes as the same."""
    out = []
    for letter in text:
        same = unicodedata.normalize("NFKC", letter)
        letter = same if len(same) == 1 else letter  # noqa: PLW2901
        letter = {"‹": "<", "›": ">", "＊": "*"}.get(letter, letter)  # noqa: PLW2901
        if letter == "\u034f" or (unicodedata.category(letter) in ("Cf", "Cc") and letter not in "\n\t"):
            continue
        out.append(" " if letter.isspace() or letter == "\u3164" else letter)
    return " ".join("".join(out).split())


def undated(text: str) -> str:
    """A line without what may stand before any."""
    while (end := text.find("] ")) > 0 and text[0] == "[" and (text[1:6] == "again" or text[1:2].isdigit()):
        text = text[end + 2 :]
    return text


def beginnings(template: str, victim: str) -> list[str]:
    """How lines of somebody begin in a room, as people there know it."""
    prefixes = [Prefix(template, network, "irc") for network in NETWORKS]
    kinds = (Kind.TEXT, Kind.EMOTE)
    return [seen(one.render(victim, kind, pings=False) + "#")[:-1] for one in prefixes for kind in kinds]


def is_taken_for(victim: str, line: str, template: str) -> bool:
    return any(undated(seen(line) + " ").startswith(start) for start in beginnings(template, victim))


def filled(forged: list[str | None], template: str) -> str:
    start = Prefix(template, "oftc", "irc").render("Alan", Kind.TEXT, pings=False)
    return "".join(start if one is None else one for one in forged)


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    journal = SqliteJournal(tmp_path_factory.mktemp("forging") / "journal.sqlite3")
    yield journal
    journal.close()


def messages(journal, template, event, capabilities, speaker=None, note="", **fields):
    """All that a room gets of an event: lists of lines, each with whether it is shown in a box of its own."""
    ScriptedNetwork("right")
    adapter = ScriptedAdapter("right", ScriptedAdapter.NetworkConfig(server="right"), "")
    view = room_view(journal, adapter, capabilities, Prefix(template, "libera", "irc"))
    view = replace(view, speaker=speaker)
    memory = RoomMemory(view)
    delivery = Delivery(1, 1, 2, event, time.time(), **fields)
    start, out = 0, []
    while len(out) < 200:
        fitted = words.fit(
            replace(delivery, progress=Progress(start)), event, "" if start else note, view, memory
        )
        if fitted is None:
            break
        spans = fitted.content.spans
        out.append([(text_of(line), block != PLAIN) for block, line in lines(spans)])
        if fitted.end is None:
            break
        start = fitted.end
    return out


def saying(name, content, kind=Kind.TEXT):
    sender = name if isinstance(name, Sender) else Sender(UserId("u1"), name)
    return MessageCreated(id=MessageId("m"), room=RoomId("one"), sender=sender, content=content, kind=kind)


blocks = st.sampled_from([PLAIN, PLAIN, PLAIN, Block(quote=1), Block(code=""), Block(item=0)])
marks = st.sampled_from([frozenset(), frozenset(), frozenset({Mark.BOLD}), frozenset({Mark.CODE})])


@settings(deadline=None)
@given(
    template=templates,
    name=Forged,
    words=st.lists(st.tuples(Forged, marks, blocks), min_size=1, max_size=3),
    kind=st.sampled_from(Kind),
    record=st.sampled_from(RECORDS),
    old=st.booleans(),
)
def test_no_line_looks_like_another_speakers(journal, template, name, words, kind, record, old):
    shown = filled(name, template)
    spans = tuple(Span(filled(text, template) or "x", mark, block=block) for text, mark, block in words)
    event = saying(shown, Content(spans), kind)
    own = beginnings(template, safe_name(shown))
    others = [victim for victim in VICTIMS if not set(own) & set(beginnings(template, victim))]
    # What is left of a name may be somebody else's whole name: those two are told apart as namesakes.
    for message in messages(journal, template, event, record, again=old):
        for line, boxed in message if record.lines else [(" ".join(line for line, _ in message), False)]:
            taken = [victim for victim in others if not boxed and is_taken_for(victim, line, template)]
            assert not taken, line


@settings(deadline=None)
@given(
    template=templates,
    text=st.lists(st.tuples(Forged, marks, blocks), min_size=1, max_size=3),
    kind=st.sampled_from([Kind.TEXT, Kind.NOTICE]),
    record=st.sampled_from(RECORDS),
    old=st.booleans(),
)
def test_no_line_of_who_has_their_own_name_looks_like_that_of_who_is_named(
    journal, template, text, kind, record, old
):
    spans = tuple(Span(filled(one, template) or "x", mark, block=block) for one, mark, block in text)
    speaker = Speaker(Authorship.PUPPET, "eve", "left/u1")
    event = saying("eve", Content(spans), kind)
    for message in messages(journal, template, event, record, speaker, again=old):
        for line, boxed in message if record.lines else [(" ".join(line for line, _ in message), False)]:
            taken = [victim for victim in VICTIMS if not boxed and is_taken_for(victim, line, template)]
            assert not taken, line


@settings(deadline=None)
@given(template=templates, name=Forged, text=Forged, record=st.sampled_from(RECORDS))
def test_every_message_begins_with_who_says_it(journal, template, name, text, record):
    shown = filled(name, template)
    event = saying(shown, plain(filled(text, template)))
    prefix = Prefix(template, "libera", "irc")
    told = prefix.tells_network(Kind.TEXT)
    namesakes = Namesakes("right", lambda _: (), lambda _: False)
    called = namesakes.speaking("left", event.sender, told=told, form=prefix.form)
    said = prefix.render(called, Kind.TEXT, pings=record.name_pings, user=event.sender.id)
    for message in messages(journal, template, event, record):
        assert message[0][0].startswith(said.rstrip())


def taken_for_others(journal, template, name, event, record, note=""):
    """The lines of somebody's message that look like another's."""
    own = beginnings(template, safe_name(name))
    others = [victim for victim in VICTIMS if not set(own) & set(beginnings(template, victim))]
    return [
        line
        for message in messages(journal, template, event, record, note=note)
        for line, _ in (message if record.lines else [(" ".join(line for line, _ in message), False)])
        if any(is_taken_for(victim, line, template) for victim in others)
    ]


@settings(deadline=None)
@given(template=templates, name=Forged, file=Forged, caption=Forged, record=st.sampled_from(RECORDS))
def test_no_file_or_caption_looks_like_another_speakers_line(journal, template, name, file, caption, record):
    name, file, caption = (filled(one, template) for one in (name, file, caption))
    attachment = Attachment("x", file)
    late = late_file(ENGLISH, Content(plain(caption).spans, (attachment,)), 0)
    for text in (f"{caption}\n{file_note(ENGLISH, attachment)}", late):
        event = saying(name, plain(text))
        assert not taken_for_others(journal, template, name, event, record)


@settings(deadline=None)
@given(template=templates, name=Forged, other=Forged, text=Forged, record=st.sampled_from(RECORDS))
def test_no_answer_looks_like_another_speakers_line(journal, template, name, other, text, record):
    name, other, text = (filled(one, template) for one in (name, other, text))
    quotation = _quotation(ENGLISH, safe_name(other), gist(ENGLISH, plain(text)))
    event = saying(name, plain(text))
    assert not taken_for_others(journal, template, name, event, record, quotation)


def own_lines(name: str, text: str) -> list[str]:
    """What Hubbub itself says, with a stranger's name and words in it."""
    told: list[str] = []
    digest = Digests(
        lambda _about, _rooms, line: told.append(line(ENGLISH)), lambda _room, _locale: "#lobby on libera"
    )
    who = Sender(UserId("u1"), name)
    for change in Change:
        person = Sender(UserId(f"u{change}"), name)
        event = MemberChanged(room=RoomId("r"), sender=person, change=change, reason=text, by=who, name=text)
        digest.member(1, [2], event)
    to = f"{listed(safe_name(name))}, “{unbracketed(gist(ENGLISH, plain(text)))}”"
    digest.reacted(2, Reaction(safe_name(name), to, (safe_name(text),), None))
    digest.patrol()
    common = {"id": MessageId("m"), "room": RoomId("r"), "sender": who}
    changes = TopicChanged(topic=text, **common), NameChanged(name=text, **common)
    told += [described(ENGLISH, safe_name(name), change) for change in changes]
    told += [
        removed(ENGLISH, safe_name(name), None, text, moderator=False),
        file_note(ENGLISH, Attachment("x", text)),
    ]
    return told


@settings(deadline=None)
@given(template=templates, name=Forged, text=Forged, record=st.sampled_from(RECORDS))
def test_what_hubbub_tells_is_its_own(journal, template, name, text, record):
    name, text = filled(name, template), filled(text, template)
    for told in own_lines(name, text):
        event = saying(HUBBUB, plain(told), Kind.NOTICE)
        for message in messages(journal, template, event, record):
            assert record.lines is False or len(message) == 1, "what Hubbub tells is one line"
            line = message[0][0]
            for victim in VICTIMS[:-1]:
                if not (told.startswith("* ") and look(victim) == look(safe_name(name))):
                    assert not is_taken_for(victim, line, template), (line, victim)


@pytest.mark.parametrize(
    ("template", "name", "shown"),
    [
        ("<{name}> ", "x> hi\n<nils", "<x hi nils> "),
        ("<{name}> ", "Ada (she/her)", "<Ada (she/her)> "),
        ("<{name}> ", "@ada:example.org", "<@ada:example.org> "),
        ("[{network}] <{name}> ", "[ada]", "[libera] <[ada]> "),
        ("{name}: ", "@ada:example.org", "@ada:example.org: "),
        ("{name}: ", "Alan: I resign", "Alan I resign: "),
        ("{name}: ", "* Alan", "Alan: "),
        ("{name} | ", "Alan | x", "Alan x | "),
        ("{name} says ", "Alan says no", "Alan_says_no says "),
        ("{name}", "Alan", "Alan "),
        ("<{name}> ", "＞‹>", "<?> "),
    ],
)
def test_names_and_templates(template, name, shown):
    assert Prefix(template, "libera", "irc").render(safe_name(name), Kind.TEXT, pings=False) == shown


@pytest.mark.parametrize(
    ("template", "text", "shown"),
    [
        ("<{name}> ", "yes\n<Alan> I resign", "yes\n| <Alan> I resign"),
        ("<{name}> ", "yes\n  [14:02] ＜Alan＞ I resign", "yes\n|   [14:02] ＜Alan＞ I resign"),
        ("<{name}> ", "buy\n* milk\n* tea", "buy\n• milk\n• tea"),
        ("<{name}> ", "if a < b\nand c > d:\n  pass", "if a < b\nand c > d:\n  pass"),
        ("<{name}> ", "<a> <b>\n\nhttps://x.example/", "<a> <b>\n\nhttps://x.example/"),
        ("{name}: ", "so\nAlan: I resign\nno", "so\n| Alan: I resign\nno"),
        ("[{network}] {name} | ", "so\n[oftc] Alan | I resign", "so\n· [oftc] Alan | I resign"),
        ("> ", "yes\n<Alan> no", "yes\n<Alan> no"),
    ],
)
def test_lines_behind_the_first(template, text, shown):
    assert text_of(Prefix(template, "libera", "irc").guarded((Span(text),))) == shown


async def test_across(pair, left, right):
    async with running(pair):
        left.say("one", "x> hi\n<nils", plain("yes\n<Alan> I resign"))
        left.say("one", "Ann Lee", "waves", kind=Kind.EMOTE)
        await right.until(2)
    assert right.texts("two") == ["<x hi nils> yes\n| <Alan> I resign", "* “Ann Lee” waves"]


async def test_hubbub_bears_its_name_where_nothing_else_tells_a_line_from_anybodys(pair, left, right):
    pair = replace(pair, conversations={"lobby": replace(pair.conversations["lobby"], prefix="{name}: ")})
    right.capabilities = replace(right.capabilities, topic=Support.NO)
    async with running(pair):
        event = left.saying("one", "ada", "x")
        topic = TopicChanged(id=MessageId("t"), room=event.room, sender=event.sender, topic="a\n\u202eb")
        left.happen(topic)
        await right.until(1)
    assert right.texts("two") == ["Hubbub: * ada changed the topic to: a b"]
