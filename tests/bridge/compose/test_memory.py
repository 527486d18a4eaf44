"""What a room remembers is there to ask less, not to know more: it can be dropped at any time."""

from dataclasses import replace

import pytest

from bridge.compose import edit as edits
from bridge.compose.composer import Composer
from bridge.compose.memory import RoomMemory, keep
from bridge.compose.prefix import Prefix
from bridge.config import ShowRules
from bridge.journal.sqlite import SqliteJournal
from bridge.model import (
    Authorship,
    Capabilities,
    MessageId,
    RoomId,
    Sender,
    SetReactions,
    Support,
    TopicChanged,
    Txn,
    UserId,
)
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.compose.rooms import room_view
from tests.bridge.relay.test_whole import edit, person, reaction, removal
from tests.bridge.world import config, running

POOR = {
    "reply": Support.NO,
    "edit": Support.NO,
    "delete": Support.NO,
    "text_limit": 60,
    "lines": False,
}
RICH = {"mention": Support.FULL, "topic": Support.FULL, "name_pings": True}
PUPPETS = {**RICH, "authorship": Authorship.PUPPET, "own_connection": True}
MASKS = {**POOR, "authorship": Authorship.MASQUERADE}


async def told(folder, can):
    """All that a room gets of a long conversation, in which everything depends on what was before."""
    left, other, right = (ScriptedNetwork(name) for name in ("left", "other", "right"))
    right.capabilities = replace(right.capabilities, **can)
    rooms = {"lobby": ["left one", "other three", "right two"]}
    folder.mkdir()
    async with running(config(folder, rooms, show=ShowRules(long="clip", topics="sync"))) as bridge:

        async def on_record():
            for network in (left, other, right):
                await network.settled()
            await bridge.patrol()

        async def say(network, room, who, text, **fields):
            said = network.say(room, who, text, **fields)
            await on_record()
            return said

        async def happen(*events):
            for event in events:
                left.happen(event)
                await on_record()

        first = await say(left, "one", "alice", "helo there, how are you all?")
        await say(other, "three", "alice", "I am alice too")
        await say(right, "two", "bob", "I am here already")
        await say(left, "one", "alice", "bob: good to see you")
        await say(left, "one", "carol", "that was mine", reply_to=first.id)
        last = await say(left, "one", "dora", "and this")
        await say(left, "one", "alice", "seen just now", reply_to=last.id)
        await happen(
            edit(first, "hello there, how are you all?"),
            edit(first, "hello there, how are you both?", "e2"),
            reaction("one", first.id, "carol", "👍"),
            reaction("one", first.id, "dora", "👍", name="x2"),
            TopicChanged(id=MessageId("t1"), room=RoomId("one"), sender=person("alice"), topic="cake"),
        )
        await say(left, "one", "alice", " ".join(f"word{n}" for n in range(60)))
        await happen(removal("one", last.id, "dora"))
        await say(other, "three", "alice", "good night")
    commands = [replace(command, txn=Txn("")) for command in (*right.said, *right.done)]
    # To react once more with the same is what nobody sees, nor for whom it was.
    reactions = {
        (command.target, command.emojis) for command in commands if isinstance(command, SetReactions)
    }
    return [command for command in commands if not isinstance(command, SetReactions)], reactions


@pytest.mark.parametrize("can", [POOR, RICH, PUPPETS, MASKS], ids=["poor", "rich", "puppets", "masks"])
async def test_nothing_changes_where_it_is_dropped_before_every_command(tmp_path, monkeypatch, can):
    monkeypatch.setattr(edits, "_MOMENT", 0.0)
    remembered = await told(tmp_path / "remembered", can)
    dropped, make = [], Composer.next

    def drop_and_make(composer, delivery, flying):
        dropped.append(composer.memory)
        composer.memory = RoomMemory(composer.view)
        return make(composer, delivery, flying)

    monkeypatch.setattr(Composer, "next", drop_and_make)
    assert await told(tmp_path / "dropped", can) == remembered
    assert len(dropped) > len(remembered[0]) > 10


def test_who_speaks_is_found_once(tmp_path, right):
    adapter = ScriptedAdapter("right", ScriptedAdapter.NetworkConfig(server="right"), "")
    journal = SqliteJournal(tmp_path / "journal.sqlite3")
    asked, prefix = [], Prefix("<{name}> ", "libera", "irc")
    view = replace(
        room_view(journal, adapter, Capabilities(text_limit=60), prefix),
        origin=lambda source, room: asked.append((source, room)) or ("left", prefix),
    )
    memory = RoomMemory(view)
    guest = memory.guest(view, 1, Sender(UserId("a"), "ali\x07ce"))
    assert (guest.author.network, guest.author.name, guest.is_hubbub) == ("left", "alice", False)
    assert memory.guest(view, 1, Sender(UserId("a"), "ali\x07ce")) is guest
    assert asked == [(1, 2)]
    assert memory.guest(view, 1, Sender(UserId("a"), "Alice")).author.name == "Alice"
    memory.follow(view)
    assert memory.guest(view, 1, Sender(UserId("a"), "ali\x07ce")) is not guest
    journal.close()


def test_the_oldest_is_forgotten():
    kept = {}
    for number in range(1000):
        keep(kept, number, None)
    assert list(kept) == list(range(800, 1000))
