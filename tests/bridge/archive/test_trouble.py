"""What goes wrong with the archive stops nothing else, is told, and is caught up on."""

import asyncio
import resource

import pytest

from bridge.archive.entries import EntryKind
from bridge.archive.process.questions import ReadUpTo
from bridge.archive.service import child
from bridge.archive.store import Reader
from bridge.clock import SYSTEM
from bridge.troubles import troubles
from tests.bridge.killing import kill_again_and_again
from tests.bridge.world import opened, running

from .filed import archived, filed, people, texts


@pytest.fixture
def kept(pair):
    return archived(pair)


async def trouble(bridge, words):
    async with asyncio.timeout(20):
        while True:
            for one in troubles(await bridge.status()):
                if words in one.sentence:
                    return one.sentence
            await asyncio.sleep(0.01)


async def test_a_damaged_file_is_named_with_the_way_out(kept, left, right):
    file = kept.archive.file
    file.write_bytes(b"no database " * 1000)
    async with running(kept) as bridge:
        left.say("one", "alice", "hello")
        await right.until(1)
        told = await trouble(bridge, "is damaged")
        assert str(file) in told
        assert "move it away" in told
        file.rename(file.with_suffix(".broken"))
        left.say("one", "alice", "again")
        found = people(await filed(kept, 2, EntryKind.MESSAGE))
        while troubles(await bridge.status()):
            await asyncio.sleep(0.01)
    assert texts(found) == ["hello", "again"], "it caught up from the journal"


async def test_a_full_disk_stops_the_archive_alone(kept, left, right):
    async with running(kept) as bridge:
        left.say("one", "alice", "0")
        await filed(kept, 1, EntryKind.MESSAGE)
        process = bridge.features.archive.process._process.pid
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (4096, hard))
        for n in range(1, 200):
            left.say("one", "alice", str(n))
        await right.until(200)
        told = await trouble(bridge, "cannot be written")
        assert "make room" in told
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))
        found = people(await filed(kept, 200, EntryKind.MESSAGE))
        copies = await filed(kept, 200, EntryKind.COPY)
    assert texts(found) == [str(n) for n in range(200)]
    assert len({one.header.target for one in copies}) >= 200


async def test_words_that_the_journal_forgot_meanwhile_are_missing_and_that_is_said(kept, left, right):
    kept.archive.file.write_bytes(b"no database " * 1000)
    async with running(kept) as bridge:
        left.say("one", "alice", "hello")
        await right.until(1)
        await trouble(bridge, "is damaged")
        left.say("one", "alice", "again")
        await right.until(2)
        journal = bridge._router.journal
        bridge._router.dispatch.commit()
        while journal.prune(text_before=9e15, names_before=0.0):
            pass
        kept.archive.file.unlink()
        found = people(await filed(kept, 2, EntryKind.MESSAGE))
    assert [(one.header.left_out, one.words.text) for one in found] == [("forgotten", ""), ("", "again")]
    assert found[0].header.by.name == "alice"


async def test_after_kills_all_is_there_once_and_in_order_with_its_copies(tmp_path):
    kill_again_and_again("tests.bridge.archive.killed", tmp_path, 2, (25, 60))
    with opened(tmp_path / "journal.sqlite3") as database:
        taken = [name for (name,) in database.execute("SELECT id FROM event ORDER BY seq")]
        copies = database.execute(
            "SELECT event.id, link.id FROM link JOIN event USING (seq) WHERE link.room != event.room"
        ).fetchall()
    with Reader(tmp_path / "journal-archive.sqlite3") as reader:
        found = [one.header for one in reader.entries()]
    said = [one.id for one in found if one.kind is EntryKind.MESSAGE]
    assert len(said) > 40
    assert said == taken, "each once, in the order of taking"
    copied = [one for one in found if one.kind is EntryKind.COPY and not one.target.startswith("hubbub-")]
    known = [(one.target, one.copy.ids[0]) for one in copied if one.copy.ids]
    assert len(known) == len(set(known))
    assert sorted(known) == sorted(copies)


async def test_it_has_begun_for_all_though_whoever_asked_first_is_gone(tmp_path):
    begun = []

    async def begin():
        begun.append(True)

    asked = child.ArchiveProcess(tmp_path / "archive.sqlite3", SYSTEM)
    asked.begun = begin
    first = asyncio.ensure_future(asked.ask(ReadUpTo("ours", 0)))
    while not asked.running:
        await asyncio.sleep(0)
    first.cancel()
    assert await asked.ask(ReadUpTo("ours", 0)) == 0
    assert begun == [True]
    await asked.close()
    assert not asked.running
