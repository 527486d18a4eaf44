"""Servers for the tests of this package."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .servers import Inspircd


@pytest.fixture
async def inspircd(tmp_path: Path) -> AsyncIterator[Inspircd]:
    """Without services."""
    ircd = Inspircd(tmp_path / "ircd")
    try:
        await ircd.start()
        yield ircd
    finally:
        await ircd.stop()
