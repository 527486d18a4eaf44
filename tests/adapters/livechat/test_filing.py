"""Chats in the archive, over the whole core: filed under who it was, and deleted when they want that."""

import asyncio
import contextlib
import sqlite3

import aiohttp
import pytest

from adapters.livechat.testing import Person as Customer
from bridge.app import Bridge
from bridge.archive.filing.holds import LegalHold
from bridge.archive.filing.questions import AddHold, ReleaseHold
from bridge.archive.filing.tags import numbers_of
from bridge.archive.service import archivist, chores, desk_chats
from bridge.archive.store import Reader
from bridge.control.abilities import Abilities
from bridge.control.filing_requests import EraseRequest
from bridge.desk import DeskReader, NewChat
from bridge.desk.located import desks
from bridge.desk.visitors import kept_of
from bridge.errors import ArchiveError
from bridge.model import DeleteMessage, RoomId
from tests.adapters.livechat.test_own_rooms import lobby, other, quick, shop
from tests.bridge.archive.filed import archived

__all__ = ["lobby", "other", "quick", "shop"]

WORD = "Zwergspinne"


@pytest.fixture(autouse=True)
def at_once(monkeypatch, quick):
    monkeypatch.setattr(archivist.Archivist, "patience", 0.02)
    monkeypatch.setattr(archivist, "_TOGETHER", 0.01)
    monkeypatch.setattr(chores, "_REST", 0.1)
    monkeypatch.setattr(desk_chats, "_OFTEN", 0.05)


@pytest.fixture
def kept(shop, lobby):
    """A map whose first desk is archived."""
    return lambda **rules: archived(shop(**{"mode": "lobby", **rules}), "sales")


@contextlib.asynccontextmanager
async def running(config):
    bridge = Bridge(config)
    task = asyncio.ensure_future(bridge.run())
    try:
        yield bridge
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until_came(config):
    """Wait until somebody answers at the door."""
    async with asyncio.timeout(20):
        while await before(config, "en") is None:
            await asyncio.sleep(0.02)


async def until(looks):
    async with asyncio.timeout(20):
        while not (found := looks()):
            await asyncio.sleep(0.02)
        return found


def texts(config, tag=""):
    """What is in the archive, or of it what has a tag."""
    try:
        reader = Reader(config.archive.file)
    except ArchiveError:  # it has just begun
        return []
    with reader:
        found = [entry for entry in reader.entries() if entry.words is not None and entry.words.text]
        if tag:
            stretches = numbers_of(reader, tag).get("sales", [])
            found = [one for one in found if any(low <= one.number <= high for low, high in stretches)]
    return [one.words.text for one in found if one.header.kind in ("message", "edit")]


def in_journal(config):
    """All that the journal still has of what was said."""
    with contextlib.closing(sqlite3.connect(config.journal)) as database:
        return b"".join(body for (body,) in database.execute("SELECT body FROM event WHERE body NOT NULL"))


def in_store(config):
    """The desk's file, as bytes."""
    return b"".join(path.read_bytes() for path in config.journal.parent.glob("*shop*sqlite3*"))


@contextlib.asynccontextmanager
async def talk(config, lobby, room="lobby", first="in blue?", **known):
    """A visitor asks, and Anna answers, while colleagues talk."""
    person = Customer("zoe", f"http://{config.networks['shop'].settings.listen}", RoomId("sales"))
    try:
        await person.join(f"{WORD} in blue?", **known)
        await until(lambda: any(first in text for text in lobby.texts("lobby")))
        lobby.say(room, "anna", f"1: {WORD}: yes")
        lobby.say(room, "ben", "what a day")
        lobby.say(room, "anna", "// odd one")
        lobby.say(room, "anna", f"and {WORD} in red")
        await until(lambda: any("and" in line.body.text for line in lines(config)))
        yield person
    finally:
        await person.leave()


def lines(config):
    with DeskReader(desks(config)[0].file) as reader:
        return reader.lines(1)


async def erase(person):
    async with person._http.post(f"{person._url}/chat/erase", headers=person._headers) as answer:
        return answer.status, await answer.json()


async def test_a_chat_is_filed_once_it_is_closed(kept, lobby):
    config = kept()
    async with running(config), talk(config, lobby) as person:
        await until(lambda: f"and {WORD} in red" in texts(config))
        assert texts(config, "chat-1") == []
        await person.close()
        await until(lambda: len(texts(config, "name-zoe")) == 3)
        assert texts(config, "chat-1") == texts(config, "name-zoe")
        assert texts(config, "chat-1") == [f"{WORD} in blue?", f"1: {WORD}: yes", f"and {WORD} in red"]


TOLD = {
    "en-GB": "What is written here is archived and kept for 2 years. You can delete your chat at any time.",
    "de": "Was hier geschrieben wird, wird archiviert und 2 Jahre lang aufbewahrt. "
    "Ihren Chat können Sie jederzeit löschen.",
    "zh-CN": "此处的对话内容将被存档，保留 2 年。您可以随时删除对话。",
}


async def before(config, language):
    """What a page is told of the archive before there is a chat; None: nobody is there yet."""
    url = f"http://{config.networks['shop'].settings.listen}/desk/sales?lang={language}"
    with contextlib.suppress(aiohttp.ClientConnectionError):
        async with aiohttp.ClientSession() as browser, browser.get(url) as answer:
            return (await answer.json())["archived"]


async def test_that_it_is_archived_is_told_before_the_first_word(kept, shop, lobby):
    """Regulation (EU) 2016/679, article 13 (1): at the time when personal data are obtained."""
    async with running(config := kept()) as bridge:
        await until_came(config)
        for language, told in TOLD.items():
            assert await before(config, language) == told
        plain = archived(config, "sales", keep=0)
        await bridge.reload(plain)
        assert await before(config, "en") == ""


async def test_a_visitor_has_it_deleted(kept, lobby):
    config = kept()
    async with running(config), talk(config, lobby) as person:
        await until(lambda: f"and {WORD} in red" in texts(config))
        assert await erase(person) == (200, {"kept": False, "told": "Your chat is deleted."})
        assert (await erase(person))[0] == 410
        assert not [text for text in texts(config) if WORD in text or "zoe" in text]
        assert "what a day" in texts(config)
        assert WORD.encode() not in in_journal(config)
        await until(lambda: not any(word in in_store(config) for word in (WORD.encode(), b"zoe")))
        copies = [one for one in lobby.done if isinstance(one, DeleteMessage)]
        assert len(copies) == len({one.target.id for one in copies}) == 3  # of zoe, and of Desk about her


async def test_a_hold_keeps_it_in_the_archive_and_the_visitor_is_told(kept, lobby):
    config = kept()
    async with running(config) as bridge, talk(config, lobby) as person:
        await person.close()
        await until(lambda: len(texts(config, "chat-1")) == 3)
        hold = LegalHold(name="secret-case", reason="dispute", at=0.0, tags=("name-zoe",))
        await bridge.features.archive.ask(AddHold(hold))
        status, answer = await erase(person)
        assert (status, answer["kept"]) == (200, True)
        assert "legal dispute" in answer["told"]
        assert "secret-case" not in answer["told"]
        assert len(texts(config, "chat-1")) == 3
        assert WORD.encode() not in in_journal(config)
        await bridge.features.archive.ask(ReleaseHold("secret-case"))
        await until(lambda: not [text for text in texts(config) if WORD in text])


async def test_a_link_deletes_it_later_and_only_when_it_is_pressed(kept, lobby):
    config = kept(keep=0.001)
    async with running(config) as bridge, talk(config, lobby) as person:
        async with person._http.get(f"{person._url}/chat/transcript", headers=person._headers) as answer:
            *_, last = (await answer.text()).splitlines()
        said, _, link = last.partition(": ")
        assert said == "To have this chat deleted"
        await person.close()
        await until(lambda: len(texts(config, "chat-1")) == 3)
        for desk in bridge.adapter("shop")._adapter._session.desks._desks.values():
            desk._ticking._forgot = 0.0  # an hour is over
        await until(lambda: WORD.encode() not in in_store(config))
        assert (await erase(person))[0] == 410
        async with aiohttp.ClientSession(headers={"Accept-Language": "de"}) as browser:
            async with browser.get(link) as answer:
                assert (answer.status, "Meinen Chat löschen" in await answer.text()) == (200, True)
                assert answer.headers["Content-Security-Policy"].startswith(
                    "default-src 'none'; style-src 'sha"
                )
            assert len(texts(config, "chat-1")) == 3
            async with browser.post(link[:-1] + "x") as answer:
                assert answer.status == 404
            async with browser.post(link) as answer:
                assert "Ihr Chat ist gelöscht." in await answer.text()
        assert not [text for text in texts(config) if WORD in text or "zoe" in text]
        assert "what a day" in texts(config)


async def test_the_owner_finds_a_visitor_by_their_mail_and_erases_all_of_them(kept, lobby):
    config = kept()
    async with running(config) as bridge, talk(config, lobby, mail="Zoe@O.example") as person:
        await person.close()
        await until(lambda: len(texts(config, "mail-zoe-at-o.example")) == 3)
        (mine,) = kept_of(config, {("shop", "mail:zoe@o.example")})
        assert (mine["chat"]["number"], mine["lines"][0]["body"]["text"]) == (1, f"{WORD} in blue?")
        with DeskReader(desks(config)[0].file) as reader:
            (agent,) = [one.key for one in reader.agents("sales")]
        looked = await Abilities(bridge, None).do(EraseRequest(who=[agent], dry_run=True), "owner")
        assert looked.stays[0].startswith("that they answered visitors at sales: their name in chats")
        looked = EraseRequest(who=["mail:Zoe@o.example"], dry_run=True)
        assert (await Abilities(bridge, None).do(looked, "owner")).chats == {"shop": 1}
        request = EraseRequest(who=["mail:Zoe@o.example"])
        answer = await Abilities(bridge, None).do(request, "owner")
        assert answer.chats == {"shop": 1}
        assert not [text for text in texts(config) if WORD in text or "zoe" in text]
        assert "what a day" in texts(config)
        assert WORD.encode() not in in_journal(config)
        assert (await erase(person))[0] == 410


def opened_desk(bridge):
    """The desk, once its network runs."""
    with contextlib.suppress(KeyError):
        there = bridge.adapter("shop")._adapter._session.desks
        return there and there.find("sales")


async def test_what_somebody_left_for_later_is_erased_with_them(kept, lobby):
    closed = {"time_zone": "UTC", "open": {"mon": "00:00-00:01"}}
    config = kept(hours=closed)
    async with running(config) as bridge:
        desk = await until(lambda: opened_desk(bridge))
        for name in ("Zoe", "Yan"):
            desk.leave_message(NewChat(f"{WORD} for {name}?", name=name, mail=f"{name}@o.example"))
        await until(lambda: len([text for text in texts(config) if WORD in text]) == 2)
        (mine,) = kept_of(config, {("shop", "mail:zoe@o.example")})
        assert f"{WORD} for Zoe?" in mine["left"]["text"]
        looked = EraseRequest(who=["mail:Zoe@o.example"], dry_run=True)
        assert (await Abilities(bridge, None).do(looked, "owner")).chats == {"shop": 1}
        answer = await Abilities(bridge, None).do(EraseRequest(who=["mail:Zoe@o.example"]), "owner")
        assert answer.chats == {"shop": 1}
        assert [text for text in texts(config) if WORD in text] == [
            f"Yan left a message (Yan@o.example): {WORD} for Yan?"
        ]
        assert b"Zoe" not in in_journal(config)
        await until(lambda: b"Zoe" not in in_store(config))
        await until(lambda: any(isinstance(one, DeleteMessage) for one in lobby.done))


async def test_a_chat_in_a_room_of_its_own_is_filed_with_its_desk(kept, lobby):
    config = kept(mode="rooms")
    async with running(config), talk(config, lobby, "sales-1", "own: sales-1") as person:
        assert not any("archived" in text for text in lobby.texts("sales-1"))  # the lobby was told
        await until(lambda: f"and {WORD} in red" in texts(config))
        await person.close()
        await until(lambda: len(texts(config, "chat-1")) >= 3)
        asked, *said = texts(config, "chat-1")
        assert (asked, said) == (f"{WORD} in blue?", [f"1: {WORD}: yes", f"and {WORD} in red"])
        assert (await erase(person))[0] == 200
        assert not [text for text in texts(config) if WORD in text or "zoe" in text]
