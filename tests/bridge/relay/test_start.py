"""A journal that cannot be used ends the start, with what to do."""

import contextlib
import sqlite3

import pytest

from bridge import app
from bridge.errors import JournalError
from bridge.journal.sqlite import SqliteJournal
from tests.bridge.world import running


async def test_a_second_bridge_on_the_same_journal_is_refused(pair, left, right):
    async with running(pair):
        with pytest.raises(JournalError, match="in use by another Hubbub"):
            await app.Bridge(pair).run()


async def test_a_journal_that_takes_nothing_at_the_start_is_told_in_a_sentence(pair, left, right):
    SqliteJournal(pair.journal).close()
    with contextlib.closing(sqlite3.connect(pair.journal)) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON room BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(JournalError, match="cannot be written"):
        await app.Bridge(pair).run()
