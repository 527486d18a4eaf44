"""Forty other maps while people talk; `tests/soak/test_reloads.py` follows a thousand."""

from tests.soak.reloading import Load


async def test_no_message_in_flight_is_lost_or_doubled_by_a_reload(tmp_path):
    await Load(tmp_path, seed=2).run(40, pause=0.01)
