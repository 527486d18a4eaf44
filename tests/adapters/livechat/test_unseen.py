"""What agents say to visitors who are gone goes after them by mail: once, and to nobody else."""

import asyncio
import threading

import aiohttp
import pytest

from bridge.desk.store.stuck import StuckStore
from bridge.model import RoomId, UserId

from .office import by, offices, posting
from .places import ROOM

MINUTE = 60.0
UNSEEN = {"name": "Wool & Yarn", "unseen": "5m"}
MAIL = "xh@example.org"


@pytest.fixture
async def opened(tmp_path, monkeypatch):
    async with offices(tmp_path, monkeypatch) as opened:
        yield opened


async def left(office, **known):
    """Have a visitor ask and leave the page."""
    await office.visitor.join("有红色的吗？", **{"mail": MAIL, "language": "zh-CN", **known})
    await office.goes()


async def say(office, text):
    """Have an agent say something to them. Returns the line's number."""
    await office.agent(f"{office.visitor.chat}: {text}")
    return office.store.chat(office.visitor.chat).last


async def pass_by(office, minutes):
    """Let time pass, in which whatever is due is begun."""
    office.adapter.clock.move(minutes * MINUTE)
    await asyncio.sleep(0.1)


async def test_what_a_visitor_has_not_seen_goes_after_them_once_nobody_says_more(opened):
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await left(office, page="https://shop.example/red?session=secret#top")
        await say(office, "Yes, in M")
        await office.agent(f"!note {office.visitor.chat} pays late")
        await pass_by(office, 4)
        await say(office, "and in L\nwhich is large")
        await say(office, "oops")
        await office.agent(f"!close {office.visitor.chat}")
        await pass_by(office, 4)
        assert not office.box.taken
        await pass_by(office, 2)
        (mail,) = await office.mails(1)
        text = mail.get_content()
        assert (mail["From"], mail["To"]) == ("Wool & Yarn <desk@shop.example>", MAIL)
        assert (mail["Subject"], mail["Content-Language"]) == ("Wool & Yarn 回复了您", "zh")
        assert (mail["Auto-Submitted"], mail["Reply-To"]) == ("auto-generated", None)
        assert mail.get_content_type() == "text/plain"
        assert "alice: Yes, in M\r\nalice: and in L\r\n    which is large\r\n" in text
        assert "https://shop.example/red\r\n" in text
        assert "这个邮箱没有人看回信" in text
        for secret in ("secret", office.visitor.token, "late", "小红", "有红色", "/delete/"):
            assert secret not in mail.as_string()
            assert secret not in text
        assert office.told()[-1] == (
            f"1 小红 was not on the page: what they have not seen went to {MAIL} by mail."
        )
        await pass_by(office, 60)
        assert len(office.box.taken) == 1


async def test_what_is_said_later_comes_in_the_same_thread_and_alone(opened):
    office = await opened(mail={**UNSEEN, "reply_to": "help@shop.example"})
    async with posting(office):
        await left(office, language="de")
        await say(office, "Yes, in M")
        await pass_by(office, 6)
        (first,) = await office.mails(1)
        await say(office, "and in L")
        await pass_by(office, 6)
        _, second = await office.mails(2)
        assert (second["In-Reply-To"], second["References"]) == (first["Message-ID"],) * 2
        assert second["Message-ID"] != first["Message-ID"]
        assert (second["Subject"], second["Reply-To"]) == (first["Subject"], "help@shop.example")
        assert "and in L" in second.get_content()
        assert "in M" not in second.get_content()
        assert "Was Sie antworten, geht an Wool & Yarn." in second.get_content()


async def test_who_is_there_or_comes_back_gets_none(opened):
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await office.visitor.join("Red?", mail=MAIL)
        n = await say(office, "Yes, in M")
        await office.until(lambda: office.visitor.last == n)
        await office.goes()
        await pass_by(office, 6)
        await say(office, "and in L")
        assert office.states() == ["due"]
        await office.comes_back()
        assert office.states() == []
        await pass_by(office, 6)
        await office.goes()
        await pass_by(office, 6)
        assert office.states() == []
        assert not office.box.taken


async def test_a_browser_that_did_not_come_for_an_answer_has_not_seen_it(opened):
    """A poll that was answered says nothing: the next one does, since it names what came."""
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await left(office)
        chat = office.store.chat(office.visitor.chat)
        headers = {"Authorization": f"Bearer {office.visitor.token}"}
        async with aiohttp.ClientSession(office.url, headers=headers) as session:

            async def poll(after):
                async with session.get(f"/chat/events?after={after}") as answer:
                    return (await answer.json())["events"]

            polls = asyncio.ensure_future(poll(chat.last))
            await office.until(lambda: chat.number in office.adapter._session.desks.followers)
            await office.agent(f"!take {chat.number}")
            taken = (await polls)[-1]["n"]
            polls = asyncio.ensure_future(poll(taken))
            await office.until(lambda: chat.number in office.adapter._session.desks.followers)
            n = await say(office, "Yes, in M")
            assert [event["n"] for event in await polls] == [n]
            await office.until(lambda: office.states() == ["due"])
            polls = asyncio.ensure_future(poll(n))
            await office.until(lambda: office.states() == [])
            polls.cancel()
            await office.until(lambda: chat.number not in office.adapter._session.desks.followers)
            assert office.states() == []
            await say(office, "and in L")
            await poll(n)  # comes, but never again
            await office.until(lambda: office.states() == ["due"])
        await pass_by(office, 6)
        (mail,) = await office.mails(1)
        assert "and in L" in mail.get_content()
        assert "in M" not in mail.get_content()


@pytest.mark.parametrize(
    ("rules", "known"),
    [
        ({}, {}),
        (UNSEEN, {"mail": ""}),
        (UNSEEN, {"mail": "xh@example.org\r\nBcc: a@b.example"}),
    ],
)
async def test_who_wants_none_or_gave_no_address_gets_none(opened, rules, known):
    office = await opened(mail=rules)
    async with posting(office):
        await left(office, **known)
        await say(office, "Yes, in M")
        assert office.states() == []


async def test_what_a_program_says_brings_nobody_mail(opened):
    office = await opened(mail=UNSEEN, bots=["elsewhere/alice"])
    async with posting(office):
        await left(office)
        await say(office, "I am a program")
        assert "I am a program" in office.store.lines(office.visitor.chat)[-1].body.text
        assert office.states() == []


async def test_strangers_get_little_and_nothing_that_a_visitor_chose(opened):
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await left(office, name="Buy at evil.example", page="https://evil.example/", language="en")
        for n in range(1, 6):
            await say(office, f"Yes {n}")
            await pass_by(office, 6)
            *_, mail = await office.mails(n)
            assert "evil" not in mail.as_string()
        await say(office, "Yes 6")
        await pass_by(office, 6)
        await office.becomes(*["sent"] * 5, "gone")
        assert office.told()[-1].startswith(f"The mail to {MAIL} did not go, and is not tried again: enough")
        await pass_by(office, 24 * 60)
        await office.agent(f"!take {office.visitor.chat}")
        await say(office, "Yes 7")
        await pass_by(office, 6)
        await office.mails(6)


async def test_it_waits_for_a_server_over_a_restart_and_for_nobody_who_came_back(opened):
    office = await opened(by(1), mail=UNSEEN)
    async with office.place.running():
        await left(office)
        await say(office, "Yes, in M")
        await pass_by(office, 6)
    office.box.refuses = {MAIL: "450 later"}
    async with posting(office):
        await office.until(lambda: office.store._ask("SELECT 1 FROM mail WHERE tries = 1"))
        office.box.refuses, office.box.answer = {}, "451 busy"
        await pass_by(office, 1)
        await office.until(lambda: office.store._ask("SELECT 1 FROM mail WHERE tries = 2"))
        office.box.taken, office.box.answer = [], "250 OK"
        await pass_by(office, 2)
        (mail,) = await office.mails(1)
        assert "Yes, in M" in mail.get_content()
        office.box.refuses = {MAIL: "450 later"}
        await say(office, "and in L")
        await pass_by(office, 6)
        await office.until(lambda: office.store._ask("SELECT 1 FROM mail WHERE tries = 1"))
        await office.comes_back()
        office.box.refuses = {}
        await pass_by(office, 60)
        assert office.states() == ["sent"]
        assert len(office.box.taken) == 1


async def test_more_words_while_the_server_is_asked_go_with_it(opened):
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await left(office)
        await say(office, "Yes, in M")
        office.box.slow = asyncio.Event()
        await pass_by(office, 6)
        await office.until(lambda: office.box.asked)
        await say(office, "and in L")
        office.box.slow.set()
        await asyncio.sleep(0.1)
        assert not office.box.taken
        await pass_by(office, 6)
        (mail,) = await office.mails(1)
        assert "Yes, in M\r\nalice: and in L" in mail.get_content()


async def test_nothing_goes_of_a_chat_that_is_deleted_or_whose_visitor_is_banned(opened):
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await left(office)
        await say(office, "Yes, in M")
        assert office.states() == ["due"]
        assert (await office.post("/chat/erase"))[0] == 200
        assert office.states() == []
        office.visitor.token = ""
        await left(office)
        await say(office, "Yes, in M")
        await office.agent(f"!ban {office.visitor.chat}")
        await pass_by(office, 6)
        await office.becomes("gone")
        assert not office.box.taken


async def test_a_transcript_that_was_asked_for_brings_it(opened):
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await office.visitor.join("Red?", mail="")
        await say(office, "Yes, in M")
        await office.asks(MAIL)
        (first,) = await office.mails(1)
        await office.goes()
        await say(office, "and in L")
        await office.agent(f"!close {office.visitor.chat}")
        _, second = await office.mails(2)
        assert second["In-Reply-To"] == first["Message-ID"]
        assert "and in L" in second.get_body(("plain",)).get_content()
        await pass_by(office, 6)
        assert office.states() == ["sent", "sent"]
        await office.agent(f"!take {office.visitor.chat}")
        await say(office, "One more thing")
        await pass_by(office, 6)
        *_, third = await office.mails(3)
        assert third["In-Reply-To"] == second["Message-ID"]
        assert "One more thing" in third.get_content()
        await office.agent(f"!close {office.visitor.chat}")
        *_, whole = await office.mails(4)
        assert "Red?" in whole.get_body(("plain",)).get_content()


async def test_a_mail_that_is_refused_after_its_chat_was_deleted_names_nobody(opened):
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await left(office)
        await say(office, "Yes, in M")
        office.box.slow = asyncio.Event()
        office.box.refuses = {MAIL: "550 no such mailbox"}
        await pass_by(office, 6)
        await office.until(lambda: office.box.asked)
        assert (await office.post("/chat/erase"))[0] == 200
        office.box.slow.set()
        await office.until(lambda: all(thread.name != "mail" for thread in threading.enumerate()))
        await asyncio.sleep(0.05)
        assert not any(MAIL in text for text in office.told())


async def test_what_its_owner_sends_again_is_told_though_later_words_went_before(opened):
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await left(office)
        await say(office, "Yes, in M")
        office.box.refuses = {MAIL: "550 not from you"}
        await pass_by(office, 6)
        await office.becomes("refused")
        office.box.refuses = {}
        await say(office, "and in L")
        await pass_by(office, 6)
        await office.becomes("refused", "sent")
        other = StuckStore(office.store.file)
        other.again([1], office.adapter.clock.now())
        other.close()
        await office.becomes("sent", "sent")
        assert "Yes, in M" in (await office.mails(2))[1].get_content()
        await say(office, "in red too")
        await pass_by(office, 6)
        *_, third = await office.mails(3)
        assert "in L" not in third.get_content()


async def test_who_did_not_come_back_after_a_restart_is_not_on_the_page(opened):
    """Else they would take the time of their agent for as long as the chat is open."""
    office = await opened()
    async with office.place.running():
        await office.visitor.join("Red?")
        await office.agent(f"!take {office.visitor.chat}")
        await office.goes()
    async with office.place.running():
        await pass_by(office, 0)
        await pass_by(office, 2)
        assert office.told()[-1] == "1 小红 is not on the page any more."


async def test_nothing_more_goes_to_an_address_that_is_erased(opened):
    """Though it was only given for a transcript, in a chat of which nobody knows whose it is."""
    office = await opened(mail=UNSEEN)
    async with posting(office):
        await office.visitor.join("Red?", mail="")
        await say(office, "Yes, in M")
        await office.asks("Xh@example.org")
        await office.mails(1)
        await office.goes()
        await say(office, "and in L")
        await office.adapter.forget(UserId(f"mail:{MAIL}"))
        await say(office, "and in XL")
        await office.agent(f"!close {office.visitor.chat}")
        assert office.states() == []
        assert not office.store._ask("SELECT 1 FROM chat WHERE mail_to != ''")


async def test_the_desk_that_has_the_chat_by_now_is_told_of_its_mail(opened):
    office = await opened(mail=UNSEEN)
    rules = office.adapter.rooms[ROOM]
    await office.adapter.serve({ROOM: rules, RoomId("support"): rules})
    async with posting(office):
        await left(office)
        await say(office, "Yes, in M")
        await office.agent(f"!transfer {office.visitor.chat} support")
        await pass_by(office, 6)
        await office.becomes("sent")
        told = [row.body.text for row in office.store.feed("support")]
        assert f"went to {MAIL} by mail" in told[-1]
