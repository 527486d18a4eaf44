"""The contract of all adapters, over a scripted implementation, as each of three writes it."""

import pytest

from bridge.testing import AdapterContract

from .places import on_qq


@pytest.fixture(params=["napcat forward", "llbot reverse", "lagrange forward"])
async def place(request):
    async with on_qq(*request.param.split()) as place:
        yield place


@pytest.fixture
async def doomed():
    async with on_qq() as place:  # one that connects to us is waited for
        yield place


class TestContract(AdapterContract):
    pass
