"""An archive, and what may come into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.archive.store import Store
from bridge.clock import SYSTEM


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bridge-archive.sqlite3"


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    opened = Store(file, SYSTEM)
    yield opened
    opened.close()
