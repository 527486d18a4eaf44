"""What is taken is owed, once, and has names."""

from dataclasses import replace

from bridge.adapter import Position
from bridge.journal import UNBEGUN, Opened, Progress, Standing
from bridge.model import (
    MessageCreated,
    MessageEdited,
    MessageId,
    Part,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    UserId,
    plain,
)


def event(name="m1", text="hello", **fields):
    return MessageCreated(
        id=MessageId(name),
        room=RoomId("one"),
        sender=Sender(UserId("a"), "alice"),
        content=plain(text),
        **fields,
    )


async def test_what_is_taken_is_owed_until_it_is_delivered(journal):
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    journal.take(one, event(), (two,))
    (taken,) = journal.commit()
    assert (taken.source, taken.event, taken.rooms) == (one, event(), (two,))
    (owed,) = journal.owed(two)
    assert (owed.seq, owed.event) == (taken.seq, event())
    journal.deliver(owed, Part(MessageId("c1"), (MessageId("alias"),)), None)
    journal.commit()
    assert journal.owed(two) == []
    assert journal.origin(two, MessageId("alias")) == journal.origin(one, MessageId("m1")) == owed.seq
    assert journal.parts(owed.seq, two) == [Part(MessageId("c1"), (MessageId("alias"),))]


async def test_an_event_is_taken_once(journal):
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    new = []
    for _ in range(2):
        journal.take(one, event("m1"), (two,))
        journal.take(one, event("m1"), (two,))
        new += journal.commit()
    assert [taken.event.id for taken in new] == ["m1"], "only what is new has a number"
    assert len(journal.owed(two)) == 1
    assert journal.known == {one: 3}, "and what came again is counted"
    journal.take(two, event("m1"), (one,))
    journal.commit()
    assert len(journal.owed(one)) == 1, "names belong to their room"


async def test_what_a_step_wrote_is_handed_over_by_the_next_commit(journal):
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    journal.take(one, event(), (two,))
    journal.beat({})
    assert len(journal.owed(two)) == 1
    assert [taken.event for taken in journal.commit()] == [event()]
    assert journal.commit() == []


def done(kind, name, target, who="a", **fields):
    sender = Sender(UserId(who), who)
    return kind(id=MessageId(name), room=RoomId("one"), sender=sender, target=MessageId(target), **fields)


async def test_a_delivery_comes_in_parts_is_given_up_and_comes_back(journal):
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    for name in ("m1", "m2"):
        journal.take(one, event(name), (two,))
    journal.commit()
    first, second = journal.owed(two)
    txn = journal.txn(first)
    journal.deliver(first, Part(MessageId("c1")), Progress(5))
    assert journal.txn(first) != txn, "the next part has its own"
    journal.give_up(first, "no room")
    journal.skip(second)
    journal.commit()
    assert (journal.owed(two), journal.newest(two), journal.is_owed(first.seq)) == ([], 0, False)
    assert journal.revive([(two, first.seq), (two, second.seq)]) == 1
    (again,) = journal.owed(two)
    assert (again.event, again.progress, again.revived) == (event("m1"), Progress(5), True)
    again.progress = UNBEGUN
    assert journal.txn(again) == txn
    assert journal.is_ours(txn)
    assert not journal.is_ours(txn.replace(".", "!"))


async def test_what_was_edited_is_known_as_it_was_at_a_time(journal):
    one = journal.number("left", RoomId("one"))
    journal.take(one, event("m1", "first"), ())
    journal.take(one, done(MessageEdited, "e1", "m1", content=plain("second")), ())
    journal.take(one, done(MessageEdited, "e2", "e1", content=plain("third")), ())
    journal.take(one, done(MessageEdited, "e3", "m1", "mallory", content=plain("never")), ())
    m1, e1, e2, e3 = (taken.seq for taken in journal.commit())
    assert [journal.about(one, name) for name in ("m1", "e1", "e2", "e3", "e9")] == [m1, m1, m1, m1, None]
    words = [journal.words(m1, before) for before in (e1, e2, e3, e3 + 1)]
    assert words == [plain("first"), plain("second"), plain("third"), plain("third")]


async def test_reactions_are_of_those_elsewhere_and_can_be_taken_back(journal):
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    journal.take(one, event("m1"), (two,))
    journal.commit()
    (owed,) = journal.owed(two)
    journal.deliver(owed, Part(MessageId("c1")), None)
    journal.take(two, done(ReactionsChanged, "x1", "c1", "b", emojis=("A", "B")), (one,))
    journal.take(one, done(ReactionsChanged, "x2", "m1", "c", added=("C",)), (two,))
    journal.take(two, done(ReactionsChanged, "x3", "c1", "b", emojis=("B", "D")), (one,))
    journal.commit()
    assert journal.reactions(owed.seq, one) == [(two, "b", "B"), (two, "b", "D")]
    assert journal.reactions(owed.seq, two) == [(one, "c", "C")]
    journal.take(one, done(Removed, "r1", "x2", "c"), (two,))
    journal.commit()
    assert journal.reactions(owed.seq, two) == []


async def test_what_is_taken_back_is_not_shown_and_not_kept(journal):
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    for name in ("m1", "m2"):
        journal.take(one, event(name), (two,))
    m1, m2 = (taken.seq for taken in journal.commit())
    journal.take(one, done(Removed, "r1", "m1", "mallory"), (two,))
    journal.take(one, done(Removed, "r2", "m2"), (two,))
    journal.commit()
    assert [journal.is_withdrawn(two, seq) for seq in (m1, m2)] == [False, True]
    assert [journal.is_removed(two, seq) for seq in (m1, m2)] == [False, True]
    journal.erase(m2)
    assert journal.event(m2) is not None, "somebody has yet to be told"
    for delivery in journal.owed(two):
        journal.skip(delivery)
    journal.erase(m2)
    assert journal.event(m2) is None
    assert journal.sender(m2) == event().sender


async def test_a_network_that_is_renamed_keeps_what_is_its_own(journal):
    one = journal.number("left", RoomId("one"))
    journal.reach("left", Position("17"))
    journal.stand(one, Standing(5.0, open=True))
    assert journal.rename("left", "new") == 1
    assert journal.number("new", RoomId("one")) == one
    assert journal.position("new", "") == "17"
    assert journal.position("left", "") is None
    assert journal.standing(one) == Standing(5.0, open=True)
    assert journal.room(one) == ("new", "one")


async def test_observers_read_what_was_taken_and_are_remembered(journal):
    one = journal.number("left", RoomId("one"))
    for name in ("m1", "m2", "m3"):
        journal.take(one, event(name), ())
    assert (journal.latest(), journal.events(0, 9)) == (0, []), "nothing is committed"
    m1, m2, m3 = (taken.seq for taken in journal.commit())
    assert journal.latest() == m3
    (first, second) = journal.events(0, 2)
    assert (first.seq, first.network, first.room, first.event) == (m1, "left", "one", event("m1"))
    assert [seen.seq for seen in journal.events(second.seq, 9)] == [m3]
    assert journal.cursor("archive") is None
    journal.move_cursor("archive", m1)
    journal.move_cursor("archive", m2)
    assert journal.waiting
    journal.commit()
    assert journal.cursor("archive") == m2
    journal.erase(m3)
    assert journal.events(m2, 9)[0].event is None


async def test_what_adapters_opened_is_kept_by_network_and_name(journal):
    first = Opened("left", "visit", (("left", RoomId("one")), ("right", RoomId("two"))))
    other = Opened("right", "visit", (("right", RoomId("two")), ("left", RoomId("one"))))
    for opened in (first, other, replace(first, closing=True)):
        journal.opened.keep(opened)
    assert journal.opened.all() == [replace(first, closing=True), other]
    journal.rename("left", "new")
    assert set(journal.opened.all()) == {
        Opened("new", "visit", (("new", RoomId("one")), ("right", RoomId("two"))), closing=True),
        Opened("right", "visit", (("right", RoomId("two")), ("new", RoomId("one")))),
    }
    journal.opened.drop(other)
    assert [opened.network for opened in journal.opened.all()] == ["new"]


async def test_what_features_note_is_kept_by_kind_network_and_key(journal):
    for key, text in (("ann", "a"), ("bob", "b"), ("ann", "c")):
        journal.notes.keep("muted", "left", key, text)
    journal.notes.keep("ignored", "left", "ann", "d")
    journal.notes.keep("muted", "new", "bob", "stays")
    journal.rename("left", "new")
    assert journal.notes.all("muted") == {
        ("new", "ann"): "c",
        ("new", "bob"): "stays",
        ("left", "bob"): "b",
    }
    journal.notes.drop("muted", "new", "ann")
    journal.notes.drop("muted", "new", "nobody")
    assert journal.notes.all("ignored") == {("new", "ann"): "d"}
    assert ("new", "ann") not in journal.notes.all("muted")


async def test_who_said_a_copy_is_known(journal):
    """Each part by whom; and by nobody but the bridge's own account where an adapter says nothing of it."""
    said = [
        Part(MessageId("c0"), (MessageId("a0"),), "left/ann"),
        Part(MessageId("c1"), (), ""),
        Part(MessageId("c2")),
    ]
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    journal.take(one, event("m0", "hello"), (two,))
    journal.commit()
    (owed,) = journal.owed(two)
    for number, part in enumerate(said):
        journal.deliver(owed, part, Progress(number + 1))
        assert journal.parts(owed.seq, two) == said[: number + 1]
    journal.commit()
    assert journal.parts(owed.seq, two) == said
