"""Why connections fail, in words."""

import asyncio

import pytest

from bridge.demo import free_port
from bridge.faults import reason


async def test_of_a_host_with_several_addresses_the_reasons_are_told_without_them():
    with pytest.raises(OSError) as failed:  # noqa: PT011 - of which kind depends on the addresses
        await asyncio.open_connection("localhost", free_port())
    assert reason(failed.value) == "Connection refused"


def test_several_reasons():
    error = OSError(
        "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), "
        "[Errno 113] Connect call failed ('127.0.0.1', 1)"
    )
    assert reason(error) == "Connection refused, No route to host"
