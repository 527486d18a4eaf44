"""By mail, with a real mail server of another maker, and the pages: asked, confirmed, told, ended."""

import asyncio
import contextlib
import re
from dataclasses import replace

import aiohttp
import pytest

from bridge.config.mail import Mail
from bridge.errors import HubbubError
from bridge.testing import free_port
from tests.bridge.mail.postbox import Postbox
from tests.bridge.world import running


@contextlib.asynccontextmanager
async def posting(listed, clock):
    """A service that sends mail, the box that it arrives in, and somebody with a browser."""
    box, port = Postbox(), free_port()
    async with box.open() as smtp, aiohttp.ClientSession() as browser:
        public = f"http://127.0.0.1:{port}/a-path-that-is-as-long-as-some-proxies-want-it/hubbub"
        mail = Mail.model_validate(
            {"server": "127.0.0.1", "port": smtp, "from": "h@example.org", "security": "none"}
        )
        media = listed.media.model_copy(update={"public_url": public, "listen": f"127.0.0.1:{port}"})
        async with running(replace(listed, mail=mail, media=media), clock=clock) as bridge:
            yield bridge, box, browser


async def arrived(box, count):
    async with asyncio.timeout(10):
        while len(box.taken) < count:
            await asyncio.sleep(0.005)
    return box.taken[count - 1][2]


async def until_settled(lists):
    await asyncio.gather(*lists._parts._delivering._mailing, return_exceptions=True)


def link(message):
    return re.search(r"http://\S+", message.get_content())[0]


async def confirmed(lists, box, browser, address="Ada@Example.org"):
    lists.subscribe_by_mail("news", address, where="shop", language="de")
    message = await arrived(box, 1)
    async with browser.post(link(message)) as page:
        assert page.status == 200
        assert "Du bekommst ab jetzt news" in await page.text()
    return message


async def test_an_address_is_told_nothing_until_somebody_there_confirms(listed, audience, irc, clock):
    async with posting(listed, clock) as (bridge, box, browser):
        lists = bridge.features.lists
        audience.alone(irc, "carol", "!subscribe news Ada@Example.org")
        await audience.told(irc, "carol", "A mail with a link is on its way to Ada@example.org")
        question = await arrived(box, 1)
        assert (question["To"], question["From"]) == ("Ada@example.org", "news <h@example.org>")
        async with browser.get(link(question)) as page:  # as a filter does that opens every link
            assert (page.status, "Be told what is announced in news?" in await page.text()) == (200, True)
            assert "form-action 'self'" in page.headers["Content-Security-Policy"]
        with pytest.raises(HubbubError, match="Nobody is subscribed"):
            lists.announce("news", "first")
        for wrong in (
            link(question)[:-2] + "xx",
            link(question).replace("confirm", "leave") + "?",
            "list-leave/1-",
        ):
            async with browser.post(wrong if wrong.startswith("http") else link(question) + wrong) as page:
                assert page.status == 404
        lists.subscribe_by_mail("news", "Ada@example.org", where="shop", language="en")  # within an hour
        async with browser.post(link(question)) as page:
            assert "You get news from now on" in await page.text()
        lists.announce("news", "Wir öffnen um zehn.\n你好")
        await bridge.patrol()
        told = await arrived(box, 2)
        assert told["Subject"] == "[news] Wir öffnen um zehn."
        assert (
            told.get_content()
            .replace("\r\n", "\n")
            .startswith("Wir öffnen um zehn.\n你好\n\n-- \nYou get this since")
        )
        assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        leave = told["List-Unsubscribe"].strip("<>")
        assert leave == link(told)
        async with browser.get(leave) as page:
            assert "Get nothing more of news?" in await page.text()
        async with browser.post(leave, data={"List-Unsubscribe": "One-Click"}) as page:
            assert (page.status, "You get nothing more of news." in await page.text()) == (200, True)
        with pytest.raises(HubbubError, match="Nobody is subscribed"):
            lists.announce("news", "second")
        async with browser.post(link(question)) as page:  # a link of before opens nothing again
            assert "confirms nothing any more" in await page.text()
        assert len(box.taken) == 2


async def test_what_a_server_did_not_take_is_sent_later_and_once(listed, clock):
    async with posting(listed, clock) as (bridge, box, browser):
        lists = bridge.features.lists
        await confirmed(lists, box, browser)
        box.answer = "451 later"
        lists.announce("news", "first")
        await bridge.patrol()
        await arrived(box, 2)
        await until_settled(lists)
        box.answer = "250 OK"
        await bridge.patrol()
        assert len(box.taken) == 2
        clock.move(61)
        await bridge.patrol()
        assert (await arrived(box, 3))["Subject"] == "[news] first"
        await until_settled(lists)
        clock.move(3600)
        await bridge.patrol()
        await until_settled(lists)
        assert len(box.taken) == 3


async def test_strangers_are_not_asked_without_end(listed, clock):
    async with posting(listed, clock) as (bridge, box, _):
        lists = bridge.features.lists
        for number in range(20):
            lists.subscribe_by_mail("news", f"a{number}@example.org", where="shop", language="en")
        with pytest.raises(HubbubError, match="try again later"):
            lists.subscribe_by_mail("news", "b@example.org", where="shop", language="en")
        for wrong in (
            "a@b",
            "a b@example.org",
            "a@example.org\nBcc: c@example.org",
            "a@example.org,c@example.org",
            "",
        ):
            with pytest.raises(HubbubError, match="no address of a mailbox"):
                lists.subscribe_by_mail("news", wrong, where="shop", language="en")
        with pytest.raises(HubbubError, match="Eine solche Liste gibt es nicht"):
            lists.subscribe_by_mail("lobby", "a@example.org", where="shop", language="de")
        await arrived(box, 20)


async def test_a_mailbox_is_asked_once_however_its_address_is_written(listed, clock):
    async with posting(listed, clock) as (bridge, box, _):
        lists = bridge.features.lists
        for address in ("ada@example.org", "Ada@Example.org", "ADA@example.org", "ada+a@example.org"):
            lists.subscribe_by_mail("news", address, where="shop", language="en")
        await arrived(box, 1)
        clock.move(3601)
        lists.subscribe_by_mail("news", "aDA+b@example.org", where="shop", language="en")
        await arrived(box, 2)
        assert [to for _, to, _ in box.taken] == [["ada@example.org"], ["aDA+b@example.org"]]


async def test_without_a_mail_server_nobody_subscribes_by_mail(listed):
    async with running(listed) as bridge:
        with pytest.raises(HubbubError, match="Nobody can be told by mail here"):
            bridge.features.lists.subscribe_by_mail("news", "a@example.org", where="shop", language="en")
