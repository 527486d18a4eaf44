"""What is done about messages, in both directions, against a homeserver that is told what to do."""

import pytest

from adapters.matrix.sending.reactions import Reactions
from bridge import (
    CatchUp,
    MessageCreated,
    MessageEdited,
    ReactionsChanged,
    Receipt,
    Rejected,
    Removed,
    RoomUnavailable,
    TemporaryFailure,
)

from .core import edit, message, reactions, removal
from .homeserver import ALIAS, USER, Answer, Core, Homeserver, adapter_for, again, error


@pytest.fixture
async def server():
    async with Homeserver() as server:
        yield server


@pytest.fixture
async def old(server):
    """What was said before we came."""
    return server.say("cake?")


@pytest.fixture
async def core(server, old):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        yield core


def contents(server, kind):
    return [event["content"] for _, event in server._log if event["type"] == kind]


async def test_what_people_do_is_heard_and_what_we_do_is_not(server, core):
    asked = server.say("cake?")
    said = await core.do(message("<a> yes", answered=asked))
    await core.do(edit(said, "<a> yes!"))
    await core.do(reactions(asked, "🎂"))
    await core.do(removal(said))
    server.say("* pie?", **{"m.relates_to": {"rel_type": "m.replace", "event_id": asked}})
    thumb = server.react(asked, "👍", "@bob:s")
    events = [await core.next(object) for _ in range(3)]
    gone = server.redact(thumb, "@bob:s", reason="oh")
    events.append(await core.next(object))
    assert [type(event) for event in events] == [MessageCreated, MessageEdited, ReactionsChanged, Removed]
    assert [event.target for event in events[1:]] == [asked, asked, thumb]
    assert (events[2].id, events[2].added) == (thumb, ("👍",))
    assert (events[3].id, events[3].reason, events[3].by_moderator) == (gone, "oh", True)


async def test_a_removal_is_done_once(server, core):
    said = await core.do(message("x"))
    for _ in range(2):
        assert await core.do(removal(said, reason="sorry")) is None
    assert contents(server, "m.room.redaction") == [
        {"redacts": said, "reason": "sorry", "hubbub.txn": "3.ab"}
    ]


@pytest.mark.parametrize("refusal", [error(404, "M_NOT_FOUND"), error(403, "M_FORBIDDEN")])
async def test_what_is_gone_already_is_removed(server, core, refusal):
    said = server.say("x", sender=USER)
    server.redact(said, "@mod:s")
    server.answers["redact"].append(refusal)
    assert await core.do(removal(said)) is None
    server.answers["redact"].append(refusal)
    assert await core.do(removal("$unknown")) is None


@pytest.mark.parametrize("command", [removal, lambda target: reactions(target, "👍")])
async def test_a_room_that_forbids_it_is_not_kept_waiting(server, core, command):
    """403 is for this one command where we may speak."""
    said = await core.do(message("x"))
    server.always = dict.fromkeys(("redact", "react"), error(403, "M_FORBIDDEN"))
    with pytest.raises(Rejected, match="because"):
        await core.do(command(said))
    server.always["event"] = error(403, "M_FORBIDDEN")
    server.joined.clear()
    with pytest.raises(RoomUnavailable):
        await core.do(command(said))


async def test_reactions_become_these(server, core, old):
    server.react(old, "👍", "@bob:s")
    for number, emojis in enumerate([("👍", "🎂"), ("👍", "🎂"), ("🎂",), ("🎂", "👍"), ()]):
        assert await core.do(reactions(old, *emojis, txn=f"{number}.ab")) is None
        assert sorted(server.reactions(old)) == sorted(emojis)
    assert server.reactions(old, "@bob:s") == ["👍"]
    assert (server.count("react"), server.count("redact")) == (3, 3)


async def test_the_same_reactions_again_change_nothing(server, core):
    said = server.say("cake?")
    for _ in range(2):
        await core.do(reactions(said, "👍", "🎂"))
    assert server.count("react") == 2
    assert server.reactions(said) == ["👍", "🎂"]


async def test_a_reaction_that_the_server_has_already_is_done(server, core, old):
    """ "Avoiding duplicate annotations": it came in between, or it is behind very many others."""
    server.react(old, "👍", USER)
    server.answers["relations"].append(Answer(body={"chunk": []}))
    await core.do(reactions(old, "👍", "🎂", txn="1.ab"))
    assert server.reactions(old) == ["👍", "🎂"]
    await core.do(reactions(old, txn="2.ab"))
    assert server.reactions(old) == []


async def test_nobody_is_asked_about_what_is_known(server, core):
    """Of what was said just now, by others or by us, and of what we did about it."""
    said = server.say("cake?")
    await core.said()
    for target in (said, await core.do(message("<a> yes", "0.ab"))):
        for number, emojis in enumerate([("👍",), ("👍", "🎂"), (), ("👍",)]):
            await core.do(reactions(target, *emojis, txn=f"{number}.{target}"))
            assert server.reactions(target) == list(emojis)
    assert server.count("relations") == 0
    async with again(core) as core:
        await core.joined()
        await core.do(reactions(said, "🎂", txn="9.ab"))
    assert server.reactions(said) == ["🎂"]
    assert server.count("relations") == 1


def test_no_more_is_known_than_there_is_room_for():
    known = Reactions()
    for number in range(2000):
        known.said(f"${number}")
        known.seen(str(number))
    known.keep("$1500", USER, {"👍": ["$x"]})
    known.said("$1500")
    taken = [known.take(event, USER) for event in ("$999", "$1999", "$1500")]
    assert taken == [None, {}, {"👍": ["$x"]}]
    assert known.take("$1500", USER) is None
    assert (known.written("❤️"), known.seen("❤"), known.written("❤️")) == ("❤️", None, "❤")


async def test_variations_are_one_reaction_and_written_as_others_write_it(server, core, old):
    server.react(old, "❤", "@bob:s")
    await core.do(reactions(old, "❤️", "❤", "☺️", txn="1.ab"))
    assert server.reactions(old) == ["❤", "☺️"]
    await core.do(reactions(old, "❤️", "☺", txn="2.ab"))
    assert server.reactions(old) == ["❤", "☺️"]
    assert server.count("redact") == 0


async def test_ours_are_found_among_many_but_not_without_end(server, core, old):
    server.react(old, "👍", USER)
    for number in range(250):
        server.react(old, f"{number}")
    await core.do(reactions(old, txn="1.ab"))
    assert server.reactions(old) == []
    assert server.count("relations") == 3
    server.always["relations"] = Answer(body={"chunk": [], "next_batch": "again"})
    server.react(old, "🎂", USER)
    async with again(core) as core:
        await core.joined()
        await core.do(reactions(old, txn="2.ab"))
    assert server.count("relations") == 5


async def test_no_more_reactions_than_anybody_looks_at(server, core):
    said = server.say("cake?")
    odd = ("mxc://s/x", "", "x" * 999, "\x00")
    await core.do(reactions(said, *odd, *map(str, range(1000))))
    assert server.reactions(said) == [str(number) for number in range(46)]


async def test_to_react_to_what_is_not_there_is_nothing(server, core):
    assert await core.do(reactions("$unknown", "👍")) is None
    assert server.count("react") == 0


async def test_what_broke_off_goes_on(server, core):
    said = server.say("cake?")
    await core.said()
    server.answers["react"] += [error(500, "M_UNKNOWN")]
    with pytest.raises(TemporaryFailure):
        await core.do(reactions(said, "👍", "🎂"))
    await core.do(reactions(said, "👍", "🎂"))
    assert server.reactions(said) == ["👍", "🎂"]


async def test_odd_answers_about_reactions_harm_nobody(server, core, old):
    relation = {"rel_type": "m.annotation", "event_id": old, "key": "\ud800"}
    events = [1, {}, {"sender": USER, "content": {"m.relates_to": {"key": ["👍"]}}}]
    own = {"type": "m.reaction", "sender": USER, "content": {"m.relates_to": relation}}
    events += [own, {**own, "event_id": 5}, {**own, "sender": "@bob:s"}]
    server.answers["relations"] += [Answer(body={"chunk": "x"}), Answer(body={"chunk": events})]
    for txn in ("1.ab", "2.ab"):
        await core.do(reactions(old, "👍", txn=txn))
    assert server.reactions(old) == ["👍"]


async def test_what_was_done_while_we_were_away_is_heard(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        asked = server.say("cake?")
        await core.said()
    server.react(asked, "👍", "@bob:s")
    server.say("* pie?", **{"m.relates_to": {"rel_type": "m.replace", "event_id": asked}})
    server.redact(asked, "@mod:s")
    other = server.say("never mind")
    server.redact(server.react(other, "🎂"))
    server.redact(other)
    server.react(server.say("tea?"), "🎂")
    async with again(core) as core:
        events = [await core.next(object) for _ in range(6)]
    assert all(event.replayed for event in events[:5])
    assert [type(event) for event in events[:5]] == [
        Removed,
        Removed,
        Removed,
        MessageCreated,
        ReactionsChanged,
    ]
    assert events[0].target == asked, "the edit of what is gone is not told"
    assert events[5].caught_up


@pytest.mark.parametrize(("most", "texts", "missing"), [(2, ["3", "4"], (True, 3)), (0, [], (False, 0))])
async def test_only_messages_count_as_messages(server, most, texts, missing):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.say("before")
        await core.said()
    for number in range(5):
        said = server.say(str(number))
        for key in "abc":
            server.react(said, key)
    core = again(core)
    core.adapter.catch_up = CatchUp(max_messages=most)
    async with core:
        events = [await core.next(object) for _ in range(4 * most)]
        joined = await core.next(object)
        assert (joined.caught_up, joined.left_out) == missing
    assert [event.content.text for event in events if isinstance(event, MessageCreated)] == texts


async def test_what_became_of_them(server, core):
    """An edit is found by its mark; removals and reactions are safe to be done again."""
    said = await core.do(message("x", "1.ab"))
    edited = await core.do(edit(said, "y", "2.ab"))
    await core.do(reactions(said, "👍", txn="3.ab"))
    await core.do(removal(said, "4.ab"))
    found = await core.adapter.find_sent(ALIAS, 0.0, ["2.ab", "3.ab", "4.ab", "5.ab"])
    assert {txn: receipt and receipt.part.id for txn, receipt in found.items()} == {
        "2.ab": edited, "3.ab": None, "4.ab": None, "5.ab": None,
    }  # fmt: skip
    assert isinstance(found["2.ab"], Receipt)


async def test_it_is_known_to_be_harmless_even_where_not_all_can_be_read(server, core, monkeypatch):
    monkeypatch.setattr("adapters.matrix.sending.sent._PAGES", 1)
    server.page = 5
    asked = server.say("x")
    for number in range(10):
        await core.do(message(str(number), f"{number}.ff"))
    await core.do(reactions(asked, "👍", txn="3.ab"))
    assert await core.adapter.find_sent(ALIAS, 0.0, ["3.ab", "4.ab"]) == {"3.ab": None}
