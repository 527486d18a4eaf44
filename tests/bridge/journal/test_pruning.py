"""The journal stays small, in steps, and grows up from older releases."""

import asyncio
import contextlib
import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from bridge.adapter import Position
from bridge.journal import BEING_HEARD, Delivery, Gap, Oldest, Progress, Standing
from bridge.journal.sqlite import SqliteJournal, schema
from bridge.model import MessageCreated, MessageId, Part, RoomId, Sender, UserId, plain
from tests.bridge.world import opened

RELEASED = sorted((Path(__file__).parent / "sqlite" / "data").glob("schema-*.sql"))


def event(name):
    return MessageCreated(
        id=MessageId(name), room=RoomId("one"), sender=Sender(UserId("a"), "alice"), content=plain(name)
    )


@pytest.fixture
async def journal(tmp_path):
    journal = SqliteJournal(tmp_path / "j.sqlite3")
    yield journal
    journal.close()


async def taken(journal, count, *, delivered=True, start=0):
    here, there = journal.number("net", RoomId("one")), journal.number("net", RoomId("two"))
    for n in range(start, start + count):
        journal.take(here, event(f"m{n}"), (there,))
    new = journal.commit()
    deliveries = [Delivery(one.seq, one.source, there, one.event, one.said_at) for one in new]
    if delivered:
        for n, delivery in enumerate(deliveries):
            journal.deliver(delivery, Part(MessageId(f"c{start + n}")), None)
        journal.commit()
    return there, deliveries


def counts(journal):
    query = (
        "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM event WHERE type != 'Erased/1'), "
        "(SELECT count(*) FROM link)"
    )
    return journal._database.execute(query).fetchone()


async def test_what_was_said_goes_first_then_what_it_was_called(journal):
    await taken(journal, 1200)
    later = time.time() + 60
    while journal.prune(text_before=later, names_before=0.0):
        await asyncio.sleep(0)
    assert counts(journal) == (1200, 1, 1200)
    while journal.prune(text_before=later, names_before=later):
        await asyncio.sleep(0)
    assert counts(journal) == (1, 1, 1)


async def test_who_said_it_is_known_for_longer(journal):
    await taken(journal, 2)
    while journal.prune(text_before=time.time() + 60, names_before=0.0):
        pass
    assert journal.event(1) is None
    assert journal.sender(1) == event("m0").sender
    (body,) = journal._database.execute("SELECT body FROM event WHERE seq = 1").fetchone()
    assert json.loads(body) == asdict(event("m0").sender)


async def test_what_is_still_owed_or_can_be_asked_for_is_kept(journal):
    _, owed = await taken(journal, 3, delivered=False)
    journal.give_up(owed[0], "refused")
    journal.deliver(owed[1], None, None)
    await taken(journal, 1, start=3)
    later = time.time() + 60
    while journal.prune(text_before=later, names_before=0.0):
        pass
    rows = journal._database.execute("SELECT id, type = 'Erased/1' FROM event ORDER BY seq").fetchall()
    assert rows == [("m0", 0), ("m1", 1), ("m2", 0), ("m3", 0)]
    while journal.prune(text_before=later, names_before=later):
        pass
    assert [delivery.event.id for delivery in journal.owed(owed[2].room)] == ["m2"]


async def test_numbers_are_not_given_twice_after_pruning(tmp_path):
    journal = SqliteJournal(tmp_path / "j.sqlite3")
    await taken(journal, 10)
    while journal.prune(text_before=time.time() + 60, names_before=time.time() + 60):
        pass
    journal.close()
    again = SqliteJournal(tmp_path / "j.sqlite3")
    _, (delivery,) = await taken(again, 1, start=10)
    again.close()
    assert delivery.seq == 11


async def test_a_step_is_short(journal):
    await taken(journal, 5000)
    later, longest = time.time() + 60, 0.0
    while True:
        before = time.perf_counter()
        more = journal.prune(text_before=later, names_before=later)
        longest = max(longest, time.perf_counter() - before)
        if not more:
            break
    assert longest < 0.25, "an order of magnitude above what it takes"


async def test_the_oldest_are_given_up_and_come_back(journal):
    room, deliveries = await taken(journal, 1500, delivered=False)
    journal.deliver(deliveries[0], None, Progress(7))
    gone = 0
    while found := journal.bury(room, "too many", Oldest(keep=10)):
        assert found <= 500
        gone += found
    assert gone == 1490
    assert [delivery.seq for delivery in journal.owed(room)] == list(range(1491, 1501))
    assert journal.revive([(room, 1), (room, 2), (room, 9999)]) == 2
    first, second, *_ = journal.owed(room)
    assert (first.seq, first.progress, second.seq) == (1, Progress(7), 2)


async def test_what_is_on_its_way_is_not_given_up(journal):
    room, deliveries = await taken(journal, 20, delivered=False)
    assert journal.bury(room, "too many", Oldest(keep=5, after=deliveries[3].seq)) == 11
    assert [delivery.seq for delivery in journal.owed(room)] == [1, 2, 3, 4, *range(16, 21)]


async def test_a_crash_turns_being_heard_into_the_last_beat(tmp_path):
    """Of a network whose connection was dead already, it is earlier."""
    path = tmp_path / "j.sqlite3"
    journal = SqliteJournal(path)
    rooms = {network: journal.number(network, RoomId("one")) for network in ("deaf", "new", "out")}
    assert journal.standing(rooms["deaf"]) == Standing(None, open=False)
    journal.beat({"deaf": 1.0, "gone": 2.0})
    journal.beat({"deaf": 1e9})
    journal.stand(rooms["deaf"], Standing(BEING_HEARD, open=True))
    journal.stand(rooms["new"], Standing(BEING_HEARD, open=True))
    journal.stand(rooms["out"], Standing(3.0, open=False))
    journal.close()
    with contextlib.closing(SqliteJournal(path)) as again:
        deaf, new, out = (again.standing(room) for room in rooms.values())
    assert deaf == Standing(1e9, open=True)
    assert new.heard == pytest.approx(time.time(), abs=60)
    assert out == Standing(3.0, open=False)


async def test_rooms_that_left_the_map_start_at_now(journal):
    for scope in ("", "one", "two"):
        journal.reach("net", Position("t", scope))
    for room in ("one", "two"):
        journal.stand(journal.number("net", RoomId(room)), Standing(1.0))
        journal.keep_gap(journal.number("net", RoomId(room)), Gap(1, 2.0))
    journal.commit()
    journal.forget_rooms([("net", "one")])
    assert [journal.position("net", scope) for scope in ("", "one", "two")] == ["t", "t", None]
    assert journal.standing(journal.number("net", RoomId("two"))).heard is None
    assert journal.standing(journal.number("net", RoomId("one"))).heard == 1.0
    assert journal.untold() == {journal.number("net", RoomId("one")): Gap(1, 2.0)}


async def test_what_people_were_not_told_is_kept(tmp_path):
    path = tmp_path / "j.sqlite3"
    journal = SqliteJournal(path)
    room = journal.number("net", RoomId("one"))
    journal.keep_gap(room, Gap(1, 5.0, 4.0))
    latest = Gap(2, 7.5, -1.0, unheard=True, partly=True, left_out=None, told=3.0)
    journal.keep_gap(room, latest)
    journal.close()
    again = SqliteJournal(path)
    assert again.untold() == {room: latest}
    again.close()


def test_every_released_schema_is_kept_for_these_tests():
    assert [file.stem for file in RELEASED] == [f"schema-{n}" for n in range(1, schema.VERSION + 1)]


@pytest.mark.parametrize("file", RELEASED, ids=lambda file: file.stem)
async def test_a_journal_of_every_release_can_be_used(file, tmp_path):
    path = tmp_path / "j.sqlite3"
    with opened(path) as database:
        database.executescript(file.read_text())
    journal = SqliteJournal(path)
    (owed,) = journal.owed(2)
    try:
        assert owed.event == event("m2")
        assert journal.position("net", "") == "token"
        assert journal.txn(owed) == "2.2.0." + journal.txn(owed)[-16:]
        assert journal.origin(2, MessageId("c1")) == 1
        assert journal.revive([(2, 3)]) == 1
        assert [delivery.seq for delivery in journal.owed(2)] == [2, 3]
    finally:
        journal.close()
    fresh = SqliteJournal(tmp_path / "fresh.sqlite3")
    fresh.close()
    assert _shape(path) == _shape(tmp_path / "fresh.sqlite3")


@pytest.mark.parametrize(
    ("start", "progress"),
    [
        (7, Progress(7)),
        (3 + 2**39, Progress(3, promised=True)),
        (2**40 + 0b11, Progress(files=0b11)),
        (2**41 + 0b10, Progress(files=0b10, late=True)),
        (2**42 + 2**41 + 0b100, Progress(files=0b100, late=True, named=True)),
    ],
)
async def test_how_far_a_delivery_had_come_is_read_from_one_number(tmp_path, start, progress):
    """It was one until schema 5; the txn of what was on its way stays, also across that change."""
    path = tmp_path / "j.sqlite3"
    with opened(path) as database:
        database.executescript(RELEASED[4].read_text())
        database.execute("UPDATE delivery SET start = ?", (start,))
        database.execute("UPDATE dead SET start = ?", (start,))
    with contextlib.closing(SqliteJournal(path)) as journal:
        journal.revive([(2, 3)])
        owed = journal.owed(2)
        assert [delivery.progress for delivery in owed] == [progress, progress]
        assert journal.txn(owed[0]).startswith(f"2.2.{start:x}.")


def _shape(path):
    with opened(path) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: database.execute(f"PRAGMA table_info({table})").fetchall() for table in sorted(tables)}
