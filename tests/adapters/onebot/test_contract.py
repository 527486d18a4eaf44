"""The contract of all adapters, over a scripted implementation, as each of three writes it."""

import pytest

from bridge.testing import AdapterContract

from .places import on_qq


@pytest.fixture(params=["napcat forward", "llbot reverse", "lagrange forward"])
async def place(request):
    async with on_qq(*request.param.split()) as place:
        yield place


@pytest.fixture
async def doomed(place):
    return place


class TestContract(AdapterContract):
    async def test_an_emote_is_emitted_as_one(self):
        """There are none on QQ."""
