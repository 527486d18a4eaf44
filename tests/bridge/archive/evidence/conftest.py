from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import Archive, dispute


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """The dispute, which nobody changes."""
    with dispute(tmp_path_factory.mktemp("dispute")) as made:
        yield made


@pytest.fixture(scope="module")
def bundle(archive: Archive) -> Path:
    """The bargain as evidence."""
    return archive.bundle(archive.file.with_name("bundle.zip"), 3, 4, 5)
