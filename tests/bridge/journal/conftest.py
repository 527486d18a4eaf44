"""Both journals, for what both do."""

import pytest

from bridge.journal.memory import MemoryJournal
from bridge.journal.sqlite import SqliteJournal


@pytest.fixture(params=["on disk", "in memory"])
async def journal(request, tmp_path):
    """A journal: what is true of the interface is true of each."""
    journal = SqliteJournal(tmp_path / "j.sqlite3") if request.param == "on disk" else MemoryJournal()
    yield journal
    journal.close()
