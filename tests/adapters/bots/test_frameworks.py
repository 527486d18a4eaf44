"""The frameworks of bots, as they are, each answering what people ask elsewhere."""

import pytest

from bridge.testing import free_port
from tests.adapters.bots import frameworks
from tests.adapters.bots.bridged import configured, shop

ANSWERS = {
    "nonebot": "<pricebot> alice, it is 42",
    "aiocqhttp": "<pricebot> @alice it is 43",
    "koishi": "<pricebot> alice, it is 44",
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_it_answers(tmp_path, name):
    port = free_port()
    reverse = free_port() if name == "aiocqhttp" else None
    settings = frameworks.settings(port, reverse)
    framework = getattr(frameworks, name)(tmp_path, reverse or port)
    async with framework, shop(configured(tmp_path, **settings)) as there:
        there.elsewhere.say("lobby", "alice", "!price")  # it waits until there is a bot
        assert await there.heard() == [ANSWERS[name]]
        said = there.elsewhere.say("lobby", "alice", "hello")
        there.elsewhere.say("lobby", "alice", "!price", reply_to=said.id)
        assert await there.heard(2) == [ANSWERS[name]] * 2
