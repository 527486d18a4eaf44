"""What the steps beside the commits leave in the file."""

import contextlib
import json
import time
from dataclasses import asdict

import pytest

from bridge.journal import BEING_HEARD, Gap, Standing
from bridge.journal.sqlite import SqliteJournal
from bridge.model import RoomId
from tests.bridge.journal.test_pruning import event, taken


@pytest.fixture
async def journal(tmp_path):
    journal = SqliteJournal(tmp_path / "j.sqlite3")
    yield journal
    journal.close()


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


async def test_of_what_was_said_who_said_it_is_left(journal):
    await taken(journal, 2)
    while journal.prune(text_before=time.time() + 60, names_before=0.0):
        pass
    (body,) = journal._database.execute("SELECT body FROM event WHERE seq = 1").fetchone()
    assert json.loads(body).items() <= asdict(event("m0").sender).items()


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
