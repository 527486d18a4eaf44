"""Visitors ask at a desk for what a list announces: only the mailbox itself says yes."""

import asyncio
import contextlib

import aiohttp
import pytest
import yaml

from bridge.app import Bridge
from bridge.config import load
from bridge.protocols import find
from bridge.testing import ScriptedNetwork, free_port
from tests.bridge.mail.postbox import Postbox


@pytest.fixture
async def shop(tmp_path):
    """The address of a running service, and the box that its mail arrives in."""
    box, desk, files = Postbox(), free_port(), free_port()
    ScriptedNetwork("staff")
    async with box.open() as smtp:
        tmp_path.joinpath("bridge.yaml").write_text(
            yaml.safe_dump(
                {
                    "networks": {
                        "staff": {"protocol": "bridge.testing:ScriptedAdapter", "server": "staff"},
                        "shop": {"protocol": "livechat", "listen": f"127.0.0.1:{desk}"},
                    },
                    "conversations": {
                        "sales": {
                            "staff": "lobby",
                            "shop": {"room": "sales", "subscribe": ["news", "nothing"]},
                        },
                        "news": {"staff": "news", "announce": {"announcers": ["ada"]}},
                        "secret": {"staff": "secret", "announce": {"announcers": ["ada"]}},
                    },
                    "mail": {
                        "server": "127.0.0.1",
                        "port": smtp,
                        "from": "h@shop.example",
                        "security": "none",
                    },
                    "media": {"public_url": f"http://127.0.0.1:{files}/kept", "listen": f"127.0.0.1:{files}"},
                }
            )
        )
        service = asyncio.ensure_future(Bridge(load(tmp_path / "bridge.yaml", find, {})).run())
        async with aiohttp.ClientSession(f"http://127.0.0.1:{desk}") as browser, asyncio.timeout(20):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with browser.get("/desk/sales"):
                        break
                assert not service.done(), service.result()
                await asyncio.sleep(0.02)
            yield browser, box
        service.cancel()
        await asyncio.wait({service})


async def asked(browser, **fields):
    form = {"list": "news", "mail": "zoe@example.org", "consent": True, **fields}
    headers = {"Accept-Language": "de-DE,de;q=0.9"}
    async with browser.post("/desk/sales/subscribe", json=form, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_an_address_is_asked_for_lists_that_the_desk_offers_and_no_others(shop):
    browser, box = shop
    async with browser.get("/desk/sales") as answer:
        assert (await answer.json())["subscribe"] == [{"list": "news"}]
    assert (await asked(browser, consent=False))[0] == 400
    for name in ("secret", "nothing"):
        status, told = await asked(browser, list=name)
        assert (status, told["code"]) == (404, "nothing")
    status, told = await asked(browser, mail="zoe")
    assert (status, told["error"]) == (403, "Das ist keine Adresse eines Postfachs.")
    assert not box.taken
    assert await asked(browser) == (200, {})
    async with asyncio.timeout(10):
        while not box.taken:
            await asyncio.sleep(0.01)
    question = box.taken[0][2]
    assert question["To"] == "zoe@example.org"
    assert "Jemand" in question.get_content()
    assert await asked(browser) == (200, {}), "nobody learns whether the address was asked already"
    for _ in range(3):
        status, told = await asked(browser, mail="ada@example.org")
    assert (status, told["code"]) == (429, "pace")
