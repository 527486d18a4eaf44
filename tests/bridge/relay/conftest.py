import pytest

from tests.bridge.relay.shelf import Shelf


@pytest.fixture
def after(tmp_path):
    """A folder for the journal as a crash leaves it."""
    folder = tmp_path / "after"
    folder.mkdir()
    return folder


@pytest.fixture
async def shelf():
    shelf = Shelf()
    await shelf.open()
    yield shelf
    await shelf.close()
