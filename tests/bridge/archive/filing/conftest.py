import pytest

from .office import Office


@pytest.fixture
def office(tmp_path):
    found = Office(tmp_path / "archive.sqlite3")
    yield found
    found.close()
