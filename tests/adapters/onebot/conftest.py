"""A group on a scripted QQ, as NapCat tells of it."""

import pytest

from .places import on_qq


@pytest.fixture
async def place():
    async with on_qq() as place:
        yield place
