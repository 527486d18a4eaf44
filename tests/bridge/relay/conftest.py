import pytest

from bridge.journal.memory import MemoryJournal
from tests.bridge import world
from tests.bridge.relay.shelf import Shelf


@pytest.fixture
def after(tmp_path):
    """A folder for the journal as a crash leaves it."""
    folder = tmp_path / "after"
    folder.mkdir()
    return folder


@pytest.fixture(params=["on disk", "in memory"])
def either_journal(request, monkeypatch):
    """Run on both; the one in memory is the same after a restart, by its name."""
    if request.param == "in memory":
        kept = {}
        monkeypatch.setattr(
            world, "OPEN", lambda named, clock: kept.setdefault(named.journal, MemoryJournal(clock))
        )


@pytest.fixture
async def shelf():
    shelf = Shelf()
    await shelf.open()
    yield shelf
    await shelf.close()
