from pathlib import Path

import pytest

from .fake_protocol import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
