"""Mail of desks, by a real mail server: each goes once, to whom it is for."""

import asyncio
import contextlib
import re
import socket

import aiohttp
import pytest

from bridge.desk.store.stuck import StuckStore
from bridge.model import plain
from bridge.whose import keys_of
from tests.bridge.mail.postbox import certified

from .office import PATIENCE, by, offices, posting


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def opened(tmp_path, monkeypatch):
    async with offices(tmp_path, monkeypatch) as opened:
        yield opened


def parts(message):
    return message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()


async def test_a_visitor_gets_what_was_said_and_can_delete_it_by_the_link(opened, tls):
    office = await opened(mail={"name": "Wool & Yarn", "reply_to": "help@shop.example"})
    async with office.box.open(tls[0], auth=True) as port:
        office.adapter.mail = by(port, "starttls", ca_file=tls[1], user="desk", password="right")
        async with office.place.running():
            await office.talk()
            await office.agent(f"!note {office.visitor.chat} pays late")
            await office.asks()
            (mail,) = await office.mails(1)
            text, page = parts(mail)
            assert (mail["From"], mail["To"]) == ("Wool & Yarn <desk@shop.example>", "xh@example.org")
            assert mail["Reply-To"] == "help@shop.example"
            assert mail["Auto-Submitted"] == "auto-generated"
            for part in (text, page):
                assert "有红色的吗" in part
                assert "Yes, in M and L" in part
                assert "Asia/Shanghai" in part
                assert "late" not in part
            assert not re.search(r"<(img|script|link|iframe)|src=|url\(", page)
            link = re.search(r"https://chat\.shop\.example/x(/delete/\S+)", text)[1]
            assert f"https://chat.shop.example/x{link}" in page
            async with aiohttp.ClientSession() as session:
                async with session.get(office.url + link) as answer:
                    assert answer.status == 200
                    assert "<form" in await answer.text()
                    assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert office.store.chat(office.visitor.chat) is not None
                async with session.get(office.url + link[:-1] + "x") as answer:
                    assert answer.status == 404
                async with session.post(office.url + link[:-1] + "x") as answer:
                    assert answer.status == 404
                async with session.post(office.url + link) as answer:
                    assert answer.status == 200
                assert office.store.chat(office.visitor.chat) is None
                async with session.post(office.url + link) as answer:
                    assert answer.status == 200, "once more does no harm"
            assert office.states() == []
    assert office.box.logins[0][1:] == (b"desk", b"right", True)


async def test_who_is_asked_what_is_refused(opened):
    office = await opened()
    async with office.box.open() as port, office.place.running():
        await office.visitor.join()
        assert (await office.post("/chat/mail", to="a@b.example\r\nBcc: x@y.example"))[0] == 400
        status, answer = await office.post("/chat/mail", to="a@b.example")
        assert (status, answer["code"]) == (409, "early")
        assert (await office.desk())["mail"] is False
        await office.agent(f"{office.visitor.chat}: Hello")
        assert (await office.post("/chat/mail", to="a@b.example"))[0] == 404
        assert office.states() == []
        await office.agent(f"!transcript {office.visitor.chat} anna@shop.example")
        assert office.told()[-1] == "This desk sends no mail."
        office.adapter.mail = by(port)
        await office.agent(f"!transcript {office.visitor.chat} anna@shop.example")
        assert (await office.desk())["mail"] is True
        (mail,) = await office.mails(1)
        assert mail["Subject"].startswith(f"Chat {office.visitor.chat} with 小红, sales, ")
        assert "/delete/" not in mail.as_string()


async def test_what_is_closed_goes_to_the_shop_and_to_the_visitor_who_asked(opened):
    office = await opened(mail={"transcripts": ["sales@shop.example"]})
    async with posting(office):
        await office.talk()
        await office.asks()
        (first,) = await office.mails(1)
        await office.agent(f"!close {office.visitor.chat}")
        (_, copy) = await office.mails(2)
        assert (copy["To"], copy["In-Reply-To"]) == ("sales@shop.example", None)
        await office.visitor.say(plain("One more thing"))
        await office.agent(f"!close {office.visitor.chat}")
        _, _, *more = await office.mails(4)
        again = {mail["To"]: mail for mail in more}
        assert again["xh@example.org"]["In-Reply-To"] == first["Message-ID"]
        assert again["sales@shop.example"]["In-Reply-To"] == copy["Message-ID"]
        assert "One more thing" in parts(again["xh@example.org"])[0]
        assert len({mail["Message-ID"] for mail in (first, copy, *more)}) == 4


async def test_a_server_that_is_away_loses_nothing_over_a_restart(opened):
    office = await opened(by(1))
    async with office.place.running():
        await office.talk()
        await office.asks()
        async with asyncio.timeout(PATIENCE):
            while not office.store._ask("SELECT 1 FROM mail WHERE tries = 1"):
                await asyncio.sleep(0.01)
        await office.asks()  # it is due anyway
    async with posting(office):
        await asyncio.sleep(0.1)
        assert not office.box.taken
        office.adapter.clock.move(31)
        await office.mails(1)
        await office.becomes("sent")
    async with posting(office):
        office.adapter.clock.move(3600)
        await asyncio.sleep(0.1)
        await office.mails(1)


async def test_a_stop_before_the_server_has_anything_loses_nothing(opened):
    office = await opened()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        office.adapter.mail = by(silent.getsockname()[1])
        async with office.place.running():
            await office.talk()
            await office.asks()
            await asyncio.sleep(0.1)
            assert office.states() == ["due"]
        async with posting(office):
            await office.mails(1)


async def test_what_nobody_knows_of_is_not_sent_again(opened):
    office = await opened()
    office.box.answer = ""
    async with posting(office):
        await office.talk()
        await office.asks()
        await office.becomes("unsure")
        with office.store.transaction():  # as when we are killed amid the next
            office.store._do("INSERT INTO mail SELECT 99, kind, desk, chat, recipient, last, body, at, "
                             "'sending', due, tries, '', NULL FROM mail")  # fmt: skip
    async with posting(office):
        assert office.states() == ["unsure", "unsure"]
        office.adapter.clock.move(7200)
        await asyncio.sleep(0.1)
        assert len(office.box.taken) == 1


async def test_what_is_given_up_is_told_to_agents_and_to_who_asked(opened, caplog):
    office = await opened()
    office.box.refuses = {"xh@example.org": "550 no such user"}
    async with posting(office):
        await office.talk()
        await office.asks()
        await office.becomes("refused")
        assert "The mail to xh@example.org did not go, and is not tried again" in office.told()[-1]
        (logged,) = [one for one in caplog.records if "did not go" in one.getMessage()]
        assert keys_of(logged)["room"] == "sales"
        assert "550 no such user" in office.told()[-1]
        (*_, last) = office.store.lines(office.visitor.chat)
        assert last.body.text == "The mail to xh@example.org did not go. Is that right?"
        office.box.refuses = {"xh@example.org": "450 come back later"}
        await office.asks()
        for _ in range(4):
            await office.becomes("refused", "due")
            office.adapter.clock.move(12 * 3600)
            await asyncio.sleep(0.1)
        await office.becomes("refused", "refused")
        assert office.told()[-1].count("450") == 1
        office.box.refuses = {}
        with contextlib.closing(StuckStore(office.store.file)) as owner:
            owner.again([2], office.adapter.clock.now())
        await office.becomes("refused", "sent")
        assert len(office.box.taken) == 1


async def test_what_is_left_goes_by_mail_and_is_answered_to_the_visitor(opened):
    office = await opened(mail={"away": ["sales@shop.example"]})
    async with posting(office):
        for name, mail in (
            ("小红", "xh@例子.测试"),
            ("Eve\r\nBcc: eve@evil.example", "x\r\nBcc: a@b.example"),
        ):
            left = {"text": "Is it warm?\n.\nBye", "name": name, "mail": mail, "title": "Sweater No. 4"}
            assert await office.post("/desk/sales/message", **left) == (201, {})
        one, other = await office.mails(2)
        assert one["Reply-To"] == "小红 <xh@xn--fsqu00a.xn--0zwm56d>"
        assert one["Subject"] == "小红 left a message at sales"
        assert one.get_content().startswith("Is it warm?\r\n.\r\nBye\r\n")
        assert "Page: Sweater No. 4" in one.get_content()
        assert (other["Bcc"], other["Reply-To"]) == (None, None)
        assert other["From"] == '"Eve Bcc: eve@evil.example (sales)" <desk@shop.example>'
        assert [to for _, to, _ in office.box.taken] == [["sales@shop.example"]] * 2
        assert not office.store._ask("SELECT 1 FROM mail WHERE body != x''")
