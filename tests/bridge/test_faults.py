"""Why connections fail, in words."""

import asyncio

import pytest

from bridge.faults import common, reason
from bridge.testing import free_port


async def test_of_a_host_with_several_addresses_one_error_stands_for_all():
    with pytest.raises(OSError) as failed:
        await asyncio.open_connection("localhost", free_port())
    error = common(failed.value)
    assert isinstance(error, ConnectionRefusedError)
    assert reason(error) == "Connection refused"


def test_several_errors():
    error = OSError(
        "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), "
        "[Errno 113] Connect call failed ('127.0.0.1', 1)"
    )
    assert reason(common(error)) == "No route to host"
