"""A scripted conversation with all that people do, from each network to each; what is seen is kept in files.

HUBBUB_GOLDEN=write writes them anew.
"""

import os
from pathlib import Path

import pytest

from bridge import app
from bridge.model import (
    Block,
    Content,
    Kind,
    Mark,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    MessageId,
    NameChanged,
    ReactionsChanged,
    Removed,
    Span,
    TopicChanged,
    TypingChanged,
    UserId,
    plain,
)
from tests.adapters.irc.binaries import find
from tests.adapters.xmpp.servers import Archive, Ejabberd
from tests.e2e.garden import garden
from tests.e2e.scene import Scene, scene
from tests.people import picture

pytestmark = pytest.mark.timeout(240)

GOLDEN = Path(__file__).with_name("golden")
FILES = {"irc": "irc", "jabber": "xmpp", "matrix": "matrix", "poor": "ngircd"}
LONG = (
    " ".join(f"{n} elephants came to tea and were glad of it;" for n in range(1, 31)) + " then all went home."
)


@pytest.fixture(scope="module", params=["", "ejabberd", "soju"])
async def servers(request, tmp_path_factory):
    own = request.param
    if own == "ejabberd" and Ejabberd.version() < (24,):
        pytest.skip("this ejabberd has no moderation: what people do there cannot all be done")
    if own == "soju" and not find("soju"):
        pytest.skip("soju is not installed: Debian 13 has it")
    async with garden(tmp_path_factory.mktemp("golden"), own) as made:
        yield made


@pytest.mark.parametrize("source", ["irc", "jabber", "matrix"])
async def test_what_people_see(servers, source, monkeypatch):
    monkeypatch.setattr(app, "_PATROL", 3600.0)  # it is told when to look after what it has folded
    async with scene(servers, source) as play:
        await _talk(play)
        same = await _more_than_talk(play, servers.folder) if source != "irc" else {}
        await _together(play)
        titles = servers.titles
        for to, listener in play.listeners.items():
            name, where = listener.person.name, play.places[to][1]
            head = (
                f"What {name} sees in {where} on {titles[to]}\nof {play.places[''][1]} on {titles[source]}.\n"
            )
            text = "\n".join([head.rstrip(), *listener.transcript.lines])
            _compare(
                f"{FILES[source]}-to-{FILES[to]}", _as_usual(f"{text}\n", type(servers.xmpp)), servers.own
            )
    for before, after in same.values():
        assert before == after, "a restart changes nothing"


def _compare(name: str, text: str, own: str) -> None:
    """With what is usually seen; where it reads otherwise on these servers, there is a file of their own."""
    usual = GOLDEN / f"{name}.txt"
    there = GOLDEN / f"{name}@{own}.txt"
    if os.environ.get("HUBBUB_GOLDEN") == "write":
        there.unlink(missing_ok=True)
        if not own:
            usual.write_text(text)
        elif text != usual.read_text():
            there.write_text(text)
    assert text == (there if own and there.exists() else usual).read_text()


def _as_usual(text: str, xmpp: type[Archive | Ejabberd]) -> str:
    """The same but for the names of server and rooms, which are Prosody's."""
    return text.replace(f"({xmpp.title})", f"({Archive.title})").replace(xmpp.rooms, Archive.rooms)


async def _talk(play: Scene) -> None:
    """What people do on all networks."""
    ada, bob = play.ada, play.bob
    play.step("plain, and signs of all kinds")
    await play.say(ada, "Good morning!")
    first = await play.say(bob, "Tschüß 👋🏽 你好 — naïve 🏳️‍🌈")
    play.step("formatted")
    await play.act(ada.say(_formatted(play.source)), MessageCreated)
    play.step("an action")
    await play.act(ada.say(plain("waves to all"), Kind.EMOTE), MessageCreated)
    play.step("a person of the other side is named")
    for listener in play.listeners.values():
        await play.say(ada, f"{listener.person.name}: have you slept well?")
    if play.source == "matrix":
        pill = Span("bob", mention=UserId(play.bob._user))
        await play.act(ada.say(Content((Span("and "), pill, Span("?")))), MessageCreated)
    play.step("an answer to the last line, to an old one, and to what somebody on the other side said")
    await play.say(bob, "who has the key?")
    key = await play.say(bob, "and the lamp?")
    await play.say(ada, "I have it", answers=key)
    await play.say(ada, "what a greeting", answers=first)
    for to, name in play.greetings.items():
        await play.say(bob, f"welcome, {play.listeners[to].person.name}", answers=name)
    play.step("two react, and take it back")
    cake = await play.say(bob, "I bring the cake")
    for who, emojis in ((ada, "👍"), (bob, "👍"), (bob, "👍🎉"), (ada, ""), (bob, "🎉")):
        await play.act(who.react(cake, *emojis), ReactionsChanged, Removed)
    play.step("a reaction to what somebody on the other side said")
    for name in play.greetings.values():
        await play.act(ada.react(name, "❤️"), ReactionsChanged)
    await play.tell()
    play.step("somebody writes")
    await play.act(ada.type(), TypingChanged)
    for to, listener in play.listeners.items():
        if to != "poor":
            await listener.sees("hubbub writes")
    await play.say(ada, "it took me a while to write this")
    play.step("another topic")
    await play.act(ada.set_topic("Tea at four"), TopicChanged)


def _formatted(source: str) -> Content:
    words = [Span("this is "), Span("bold", frozenset({Mark.BOLD})), Span(", this ")]
    words += [
        Span("slanted", frozenset({Mark.ITALIC})),
        Span(", this "),
        Span("code", frozenset({Mark.CODE})),
    ]
    if source != "jabber":
        words += [Span(" and this a "), Span("secret", frozenset({Mark.SPOILER}))]
    href = "https://example.org/plan"
    words += [Span(", see "), Span("the plan", href=href) if source == "matrix" else Span(href)]
    return Content(tuple(words))


async def _more_than_talk(play: Scene, folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """What cannot be done on IRC. Returns what has to be the same, for each listener."""
    ada, bob = play.ada, play.bob
    play.step("a quotation, code and a list")
    await play.act(ada.say(_blocks(play.source)), MessageCreated)
    await _edits(play)
    play.step("taken back by its author, and by a moderator")
    spam = await play.say(bob, "wrong window, sorry")
    await play.act(bob.remove(spam), Removed)
    spam = await play.say(bob, "BUY CHEAP PILLS")
    await play.say(bob, "really cheap")
    await play.act(ada.remove(spam), Removed)
    play.step("a thread")
    root = await play.say(ada, "what shall we eat on Friday?")
    await play.say(bob, "and who washes up?")
    await play.say(bob, "pancakes", thread=root)
    await play.say(ada, "with jam", thread=root)
    play.step("a picture with words, a picture without, and another file")
    cat, notes = folder / "cat.png", folder / "notes.txt"
    cat.write_bytes(picture(20, 10))
    notes.write_text("flour, milk, eggs\n")
    await play.act(ada.send(cat, "my cat"), MessageCreated)
    await play.act(bob.send(cat), MessageCreated)
    await play.act(bob.send(notes), MessageCreated)
    if play.source == "matrix":
        play.step("another name for the room")
        await play.act(
            ada._call("PUT", f"{ada._here}/state/m.room.name", {"name": "The tea room"}), NameChanged
        )
    play.step("a long text")
    await play.say(ada, LONG)
    return await _twice(play)


async def _twice(play: Scene) -> dict[str, tuple[list[str], list[str]]]:
    """Messages that are edited, taken back and answered, after a restart and without one; what each listener
    sees of it.
    """
    seen: dict[str, list[list[str]]] = {to: [] for to in play.listeners}
    for restarted in (True, False):
        said = await _before(play)
        play.step(
            f"({'after a restart' if restarted else 'without a restart'}) edited, taken back and answered"
        )
        if restarted:
            await play.restart()
        marks = {to: len(one.transcript.lines) for to, one in play.listeners.items()}
        await _after(play, *said)
        for to, one in play.listeners.items():
            seen[to].append(one.transcript.lines[marks[to] :])
    return {to: (first, second) for to, (first, second) in seen.items()}


async def _edits(play: Scene) -> None:
    play.step("edited twice")
    said = await play.say(play.ada, "the cakse is ready at noon")
    await play.act(play.ada.edit(said, plain("the cake is ready at noon")), MessageEdited)
    await play.act(play.ada.edit(said, plain("the cake is ready at three")), MessageEdited)


async def _before(play: Scene) -> list[MessageId]:
    play.step("three messages")
    texts = ("the bus laeves at nine", "forget this", "who drives?")
    return [await play.say(play.bob, text) for text in texts]


async def _after(play: Scene, wrong: MessageId, bad: MessageId, question: MessageId) -> None:
    bob = play.bob
    await play.act(bob.edit(wrong, plain("the bus leaves at nine")), MessageEdited)
    await play.act(bob.remove(bad), Removed)
    await play.say(play.ada, "I drive", answers=question)


def _blocks(source: str) -> Content:
    quote, code = Block(quote=1), Block(code="")
    spans = [
        Span("to be or not to be\n", block=quote),
        Span("he asked\n"),
        Span("x = 1\ny = 2\n", block=code),
    ]
    if source == "matrix":
        spans += [Span("milk\neggs\n", block=Block(item=0))]
    return Content((*spans, Span("that is all")))


async def _together(play: Scene) -> None:
    """What is told in one line, and where the bridge says how far it is."""
    ada, bob = play.ada, play.bob
    network, room = play.places[""]
    play.step("carol comes, bob is rob from now on, carol is sent out")
    carol = await play.act(play.garden.person("carol", network, room), MemberChanged)
    await play.act(bob.rename("rob"), MemberChanged)
    await play.act(ada.kick("carol", "no elephants"), MemberChanged)
    await carol.leave()
    await play.tell()
    await play.say(bob, "call me rob")
    play.step("the end")
    last = await play.say(ada, "good night")
    if play.source != "irc":
        await play.garden.bridge.patrol()
        while await ada.read.get() != last:
            pass
        for listener in play.listeners.values():
            listener.transcript.lines.append(f"({ada.name} sees that all up to this has arrived everywhere)")
