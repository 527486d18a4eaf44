"""A text in parts, as one room gets it."""

import pytest

from bridge.compose import words
from bridge.compose.memory import RoomMemory
from bridge.compose.prefix import Prefix
from bridge.journal import UNBEGUN, Delivery
from bridge.journal.sqlite import SqliteJournal
from bridge.model import Capabilities, Kind, MessageCreated, MessageId, RoomId, Sender, UserId, plain
from bridge.testing import ScriptedAdapter
from tests.bridge.compose.rooms import room_view


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
