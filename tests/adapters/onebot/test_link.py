"""How a connection comes about, and how it ends."""

import asyncio
import logging

import aiohttp
import pytest

from bridge import AuthenticationFailed, ConnectionLost, plain

from .implementation import TOKEN, Implementation
from .places import on_qq


async def ended(run):
    """What a run ended with, however deep."""
    done, _ = await asyncio.wait({run}, timeout=10)
    assert done
    error = run.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@pytest.mark.parametrize("style", ["napcat", "llbot", "lagrange"])
async def test_another_token_is_refused(style, caplog):
    """NapCat and LLBot tell of it by an answer that nobody asked for, Lagrange by a code."""
    async with on_qq(style, access_token="another-token") as place:
        error = await ended(asyncio.ensure_future(place.adapter.run(place.emit)))
    assert isinstance(error, AuthenticationFailed)
    assert "access_token" in str(error)
    assert "another-token" not in f"{error} {caplog.text}"


async def test_an_address_where_nobody_listens():
    async with on_qq() as place:
        await place.qq.stop()
        error = await ended(asyncio.ensure_future(place.adapter.run(place.emit)))
    assert isinstance(error, ConnectionLost)
    assert "Connection refused" in str(error)
    assert "see that the implementation is running" in str(error)


@pytest.mark.parametrize("roles", [["Universal"], ["API", "Event"]])
async def test_it_connects_to_us(roles):
    async with on_qq("llbot", "reverse", roles=roles) as place, place.running():
        await place.deliver(plain("hello"))
        await place.person.say(plain("hi"))
        assert (await place.said()).content == plain("hi")


async def test_who_connects_needs_the_token(caplog):
    caplog.set_level(logging.DEBUG)
    async with on_qq(way="reverse") as place:
        run = asyncio.ensure_future(place.adapter.run(place.emit))
        url = f"http://127.0.0.1:{place.port}/ws"
        async with aiohttp.ClientSession() as session:
            for headers, params in (
                ({}, {}),
                ({"Authorization": "Bearer nonsense"}, {}),
                ({"Authorization": TOKEN[:-1]}, {}),
                ({}, {"access_token": "nönsense"}),
            ):
                while True:
                    try:
                        async with session.get(url, headers=headers, params=params) as answer:
                            assert answer.status == 401
                            break
                    except aiohttp.ClientConnectorError:  # it does not listen yet
                        await asyncio.sleep(0.01)
        assert not run.done()
        run.cancel()
        await asyncio.wait([run])


async def test_a_client_that_sets_no_headers_gives_the_token_in_the_address(caplog):
    caplog.set_level(logging.DEBUG)
    async with on_qq(way="reverse") as place:
        for task in place.qq._tasks:
            task.cancel()
        await place.qq.call(f"ws://127.0.0.1:{place.port}/ws", query=True)
        async with place.running():
            await place.deliver(plain("hello"))
    assert TOKEN not in caplog.text.replace(f"'{TOKEN}'", ""), caplog.text


async def test_what_strangers_send_reaches_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    async with on_qq(way="reverse") as place, place.running():
        for garbage in (f"GET /?access_token={TOKEN} HTTP/9", f"G\0T /?access_token={TOKEN} HTTP/1.1"):
            reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
            writer.write(f"{garbage}\r\n\r\n".encode())
            await asyncio.wait_for(reader.read(), 10)
            writer.close()
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Client-Role": "hubbub"}
        for odd in ("x", "[" * 5000, "[]", '{"echo": 1, "action": "x", "params": 1}'):
            async with (
                aiohttp.ClientSession(headers=headers) as session,
                session.ws_connect(f"http://127.0.0.1:{place.port}/") as socket,
            ):
                await socket.send_str(odd)
                assert (await socket.receive(10)).type is aiohttp.WSMsgType.CLOSE
    assert TOKEN not in caplog.text
    assert "Traceback" not in caplog.text


async def test_one_that_connects_anew_takes_the_place_of_the_old():
    async with on_qq(way="reverse") as place, place.running() as run:
        second = Implementation()
        await second.call(f"ws://127.0.0.1:{place.port}/ws")
        error = await ended(run)
        await second.stop()
    assert isinstance(error, ConnectionLost)
    assert "connected anew" in str(error)


@pytest.mark.parametrize("how", ["heartbeat", "notice", "status"])
async def test_an_account_that_is_logged_out_ends_the_run(how):
    async with on_qq() as place:
        place.qq.online = how != "status"
        run = asyncio.ensure_future(place.adapter.run(place.emit))
        async with asyncio.timeout(10):
            while not place.qq._events and not run.done():
                await asyncio.sleep(0.01)
        if how == "heartbeat":
            await place.qq.beat(online=False)
        elif how == "notice":
            await place.qq.notice("bot_offline", user_id=1, tag="BotOfflineEvent", message="")
        error = await ended(run)
    assert isinstance(error, ConnectionLost)
    assert "QQ has logged the account out" in str(error)


async def test_nothing_that_comes_ends_the_connection(place):
    async with place.running():
        for text in (
            "",
            "[]",
            "nonsense",
            "{",
            "[" * 100_000,
            '"x"',
            "{}",
            '{"echo": [1]}',
            '{"post_type": 5}',
        ):
            for socket in tuple(place.qq._events):
                await socket.send_str(text)
                await socket.send_bytes(text.encode())
        await place.qq.event({"post_type": "message", "message_type": "group", "group_id": place.number})
        await place.qq.notice("group_ban", group_id=place.number, user_id=[], duration={})
        await place.qq.notice("group_increase", group_id=place.number, user_id="x" * 100_000)
        await place.person.say(plain("after"))
        assert (await place.said()).content == plain("after")


async def test_an_answer_that_does_not_come_is_looked_up(place, monkeypatch):
    monkeypatch.setattr("adapters.onebot.link.ANSWER", 0.2)
    place.qq.silent.add("send_group_msg")
    async with place.running() as run:
        with pytest.raises(ConnectionLost, match="did not answer send_group_msg"):
            await (await place.send(plain("<alice> hello")))
        assert isinstance(await ended(run), ConnectionLost)
    async with place.running():
        found = await place.adapter.find_sent(place.room, 0.0, [place.last_txn])
    assert int(found[place.last_txn].part.id) == place.qq.groups[place.number].said[-1]["id"]


async def test_what_qq_itself_did_not_confirm_in_time_is_looked_up(place):
    """NapCat says so in an error of its own; the message may have arrived."""
    place.qq.refusals["send_group_msg"] = (
        1200,
        "Timeout: NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg",
    )
    async with place.running() as run:
        with pytest.raises(ConnectionLost, match="it is not known whether it was done"):
            await (await place.send(plain("hello")))
        assert isinstance(await ended(run), ConnectionLost)


async def test_what_cannot_be_asked_ends_nothing(place):
    place.qq.refusals |= {"get_status": (1404, ""), "get_group_member_list": (1200, "")}
    async with place.running():
        await place.person.say(plain("hello"))
        assert (await place.said()).sender.name == "ann"
