"""What is promised about what bots hear and say."""

import asyncio
import base64
import contextlib
import json
from dataclasses import replace

import aiohttp
import pytest

from bridge.model import MessageCreated, Support, plain
from bridge.testing import free_port
from tests.adapters.bots.bridged import PATIENCE, configured, shop
from tests.adapters.bots.places import address, did, new_place, send
from tests.adapters.bots.witness import Bot

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def config(tmp_path, port):
    return configured(tmp_path, listen=f"127.0.0.1:{port}")


async def texts(bot, count):
    """The next messages that a bot hears, each with its number."""
    found = [await bot.next(post_type="message") for _ in range(count)]
    return [(event["message_id"], event["message"][0]["data"]["text"]) for event in found]


class Deaf:
    """A bot that reads all, and answers no ping."""

    def __init__(self, port):
        self._port = port

    async def hears(self):
        """The next message; then it is gone."""
        while True:
            with contextlib.suppress(aiohttp.ClientConnectorError):
                async with (
                    aiohttp.ClientSession() as http,
                    http.ws_connect(f"ws://127.0.0.1:{self._port}/", autoping=False) as socket,
                ):
                    return await self._next(socket)
            await asyncio.sleep(0.02)

    async def _next(self, socket):
        while True:
            message = await socket.receive()
            event = json.loads(message.data) if message.type is aiohttp.WSMsgType.TEXT else {}
            if event.get("post_type") == "message":
                return event["message_id"], event["raw_message"]


async def test_what_is_said_while_there_is_no_bot_waits_in_order(config, port):
    async with shop(config) as there:
        for n in range(3):
            there.elsewhere.say("lobby", "alice", f"line {n}")
        await there.elsewhere.settled()
    async with shop(config) as there:
        there.elsewhere.say("lobby", "alice", "line 3")
        bot = Bot(f"ws://127.0.0.1:{port}/")
        assert await texts(bot, 4) == [(n + 1, f"line {n}") for n in range(4)]
        await bot.leave()


async def test_what_was_read_is_not_told_again(config, port):
    bot = Bot(f"ws://127.0.0.1:{port}/")
    async with shop(config) as there:
        there.elsewhere.say("lobby", "alice", "once")
        assert await texts(bot, 1) == [(1, "once")]
    async with shop(config) as there:
        there.elsewhere.say("lobby", "alice", "and on")
        assert await texts(bot, 1) == [(2, "and on")]
    await bot.leave()


async def test_what_nobody_confirmed_is_told_again_and_marked(config, port):
    """By the same number, so that a bot can know it; what had not left is not marked."""
    async with shop(config) as there:
        there.elsewhere.say("lobby", "alice", "!price")
        assert await Deaf(port).hears() == (1, "!price")
        there.elsewhere.say("lobby", "alice", "and on")
        bot = Bot(f"ws://127.0.0.1:{port}/")
        assert await texts(bot, 2) == [(1, "[again?] !price"), (2, "and on")]
        await bot.leave()


async def test_so_it_is_after_a_restart(config, port):
    async with shop(config) as there:
        there.elsewhere.say("lobby", "alice", "!price")
        assert await Deaf(port).hears() == (1, "!price")
    async with shop(config) as there:
        there.elsewhere.say("lobby", "alice", "and on")
        bot = Bot(f"ws://127.0.0.1:{port}/")
        assert await texts(bot, 2) == [(1, "[again?] !price"), (2, "and on")]
        await bot.leave()


async def test_a_picture_of_a_bot_arrives_as_a_file(config, port):
    """The core fetches it from the port of the bots, which is on this machine."""
    async with shop(config) as there:
        there.elsewhere.capabilities = replace(there.elsewhere.capabilities, file=Support.FULL)
        bot = Bot(f"ws://127.0.0.1:{port}/")
        message = [{"type": "image", "data": {"file": f"base64://{PNG}"}}]
        await bot.ask("send_group_msg", group_id=await bot.group(), message=message)
        async with asyncio.timeout(PATIENCE):
            while not (files := [one.file for one in there.elsewhere.said if one.file is not None]):
                await there.elsewhere.until(len(there.elsewhere.said) + 1)
        assert files[0].path.read_bytes() == base64.b64decode(PNG)
        assert files[0].type == "image/png"
        await bot.leave()


async def test_a_bot_has_its_answer_when_its_words_are_durable(tmp_path):
    async with new_place(tmp_path) as place, place.running():
        await place.person.group()
        place.core.hold()
        saying = asyncio.ensure_future(place.person.say(plain("hello")))
        assert (await place.said()).content == plain("hello")
        async with aiohttp.ClientSession() as http, http.get(address(place.adapter, "http") + "get_status"):
            assert not saying.done(), "as much time as an answer takes"
        place.core.release()
        assert int(await saying) > 0


async def test_who_answers_a_message_has_read_it(tmp_path):
    """Before its library confirms that: else the core would not know what the answer is about."""
    async with new_place(tmp_path) as place, place.running(), aiohttp.ClientSession() as session:
        await place.person.leave()
        async with session.ws_connect(address(place.adapter), autoping=False) as bot:
            await bot.receive_json()
            sending = asyncio.ensure_future(send(place, "!price"))
            event = await bot.receive_json()
            words = [
                {"type": "reply", "data": {"id": str(event["message_id"])}},
                {"type": "text", "data": {"text": "42"}},
            ]
            params = {"group_id": event["group_id"], "message": words}
            await bot.send_json({"action": "send_group_msg", "params": params})
            said = await did(place, MessageCreated)
            assert said.reply_to == (await sending).part.id
