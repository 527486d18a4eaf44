"""What bots are told, and what they can do, by plain WebSocket."""

import asyncio
import base64
import contextlib

import aiohttp
import pytest

from adapters.bots.actions import _ACTIONS
from bridge.model import (
    Answered,
    Authorship,
    Content,
    DeleteMessage,
    File,
    FileKind,
    MessageCreated,
    Part,
    Removed,
    RoomState,
    RoomStateChanged,
    Span,
    Speaker,
    UserId,
    plain,
)
from tests.adapters.bots.places import ADA, ROOM, address, did, new_adapter, new_place, send
from tests.adapters.bots.witness import Bot, Refused

BOB = Speaker(Authorship.PUPPET, "bob", "irc/bob!b@example.org")
PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
async def place(tmp_path):
    async with new_place(tmp_path, self_id=10001) as place:
        yield place


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_an_event_has_every_field(place):
    async with place.running():
        await send(place, "a, [b] & c")
        event = await place.person.next(post_type="message")
        group = await place.person.group()
    who = event["user_id"]
    assert 0 < who < 2**53
    assert 0 < group < 2**53
    assert event.pop("time") > 1_700_000_000
    assert event == {
        "self_id": 10001,
        "post_type": "message",
        "message_type": "group",
        "sub_type": "normal",
        "message_id": 1,
        "group_id": group,
        "user_id": who,
        "anonymous": None,
        "message": [{"type": "text", "data": {"text": "a, [b] & c"}}],
        "raw_message": "a, &#91;b&#93; &amp; c",
        "font": 0,
        "sender": {
            "user_id": who,
            "nickname": "ada",
            "card": "ada",
            "sex": "unknown",
            "age": 0,
            "area": "",
            "level": "",
            "role": "member",
            "title": "",
        },
    }


async def test_a_connection_begins_with_the_lifecycle_and_lives_on_by_heartbeats(tmp_path):
    async with new_place(tmp_path, self_id=10001, heartbeat=1) as place, place.running():
        first = await place.person.next()
        assert (first["meta_event_type"], first["sub_type"]) == ("lifecycle", "connect")
        beat = await place.person.next(meta_event_type="heartbeat")
        assert beat["self_id"] == 10001
        assert beat["interval"] == 1000
        assert beat["status"] == {"online": True, "good": True}


async def test_numbers_of_people_stay_theirs(place, tmp_path):
    numbers = []
    for _ in range(2):
        async with place.running():
            for who in (ADA, BOB, Speaker(ADA.how, "lovelace", ADA.key)):
                await send(place, speaker=who)
                numbers.append((await place.person.next(post_type="message"))["user_id"])
            info = await place.person.ask("get_stranger_info", user_id=numbers[0])
            assert info["nickname"] == "lovelace"
    ada, bob = numbers[:2]
    assert numbers == [ada, bob, ada] * 2
    assert ada != bob


async def test_groups_keep_their_numbers(tmp_path):
    first, again = [await new_adapter(tmp_path, "shop", "lobby") for _ in range(2)]
    numbers = first._groups(first.rooms)
    assert numbers == again._groups(again.rooms)
    assert len(set(numbers.values())) == 2


async def test_old_messages_can_be_asked_for(place):
    async with place.running():
        await send(place, "an old one")
        number = (await place.person.next(post_type="message"))["message_id"]
        own = int(await place.person.say(plain("my own")))
    async with place.running():
        found = await place.person.ask("get_msg", message_id=str(number))
        assert found["message"] == [{"type": "text", "data": {"text": "an old one"}}]
        assert found["sender"]["nickname"] == "ada"
        assert (found["message_id"], found["real_id"], found["message_type"]) == (number, number, "group")
        mine = await place.person.ask("get_msg", message_id=own)
        assert mine["sender"]["user_id"] == (await place.person.ask("get_login_info"))["user_id"]
        assert int(await place.person.say(plain("new"))) > own
        with pytest.raises(Refused, match="there is no message 999"):
            await place.person.ask("get_msg", message_id=999)


async def test_what_is_late_says_when_it_was_said(place):
    async with place.running():
        await send(place, at=1_700_000_000.5)
        assert (await place.person.next(post_type="message"))["time"] == 1_700_000_000


async def test_answers_both_ways(place):
    async with place.running():
        question = await send(place, "what does it cost?")
        number = (await place.person.next(post_type="message"))["message_id"]
        answer = await place.person.say(plain("42"), answers=str(number))
        event = await did(place, MessageCreated)
        assert event.reply_to == question.part.id
        answered = Answered(Part(event.id), "pricebot", "42")
        await send(place, "thanks", answered=answered)
        thanks = await place.person.next(post_type="message")
        assert thanks["message"][0] == {"type": "reply", "data": {"id": str(answer)}}


async def test_mentions_both_ways(place):
    async with place.running():
        await send(place)
        ada = (await place.person.next(post_type="message"))["user_id"]
        message = [
            {"type": "at", "data": {"qq": ada}},
            {"type": "text", "data": {"text": " and "}},
            {"type": "at", "data": {"qq": "all"}},
        ]
        group = await place.person.group()
        await place.person.ask("send_msg", message_type="group", group_id=str(group), message=message)
        event = await did(place, MessageCreated)
        assert event.content.spans == (Span("@ada", mention=UserId(str(ada))), Span(" and @all"))
        me = Span("pricebot", mention=event.sender.id)
        await send(place, Content((me, Span(": thanks"))))
        thanks = await place.person.next(post_type="message")
        assert thanks["message"] == [
            {"type": "at", "data": {"qq": "10001", "name": "pricebot"}},
            {"type": "text", "data": {"text": " thanks"}},
        ]


async def test_strings_have_cq_codes_unless_told(place):
    async with place.running():
        group = await place.person.group()
        said = "a&#44; [CQ:at,qq=all]"
        await place.person.ask("send_group_msg", group_id=group, message=said)
        assert (await did(place, MessageCreated)).content == plain("a, @all")
        await place.person.ask("send_group_msg", group_id=group, message=said, auto_escape=True)
        assert (await did(place, MessageCreated)).content == plain(said)
        array = [{"type": "text", "data": {"text": said}}]
        await place.person.ask("send_group_msg", group_id=group, message=array)
        assert (await did(place, MessageCreated)).content == plain(said)


async def test_what_is_taken_back_is_told_and_gone(place):
    async with place.running():
        part = (await send(place, "a secret")).part
        number = (await place.person.next(post_type="message"))["message_id"]
        command = DeleteMessage(room=ROOM, speaker=ADA, txn=place.next_txn(), target=part)
        await asyncio.wait_for(await place.adapter.send(command), 5)
        notice = await place.person.next(post_type="notice")
        assert (notice["notice_type"], notice["message_id"]) == ("group_recall", number)
        assert notice["user_id"] == notice["operator_id"]
        assert (await place.person.ask("get_msg", message_id=number))["message"] == []


async def test_a_bot_takes_back_its_own_words_alone(place):
    async with place.running():
        await send(place)
        other = (await place.person.next(post_type="message"))["message_id"]
        own = await place.person.say(plain("oops"))
        said = await did(place, MessageCreated)
        await place.person.remove(own)
        assert (await did(place, Removed)).target == said.id
        with pytest.raises(Refused, match="only take back what it said itself"):
            await place.person.remove(str(other))


async def test_files_come_with_an_address(place, tmp_path, http):
    path = tmp_path / "kitten.png"
    path.write_bytes(PNG)
    file = File(path, "kitten.png", FileKind.IMAGE, "image/png", len(PNG), "0" * 64)
    async with place.running():
        await send(place, "look", file=file)
        event = await place.person.next(post_type="message")
        text, image = event["message"]
        assert (text["data"]["text"], image["type"]) == ("look", "image")
        async with http.get(image["data"]["url"]) as answer:
            assert (await answer.read(), answer.content_type) == (PNG, "image/png")
        async with http.get(f"{address(place.adapter, 'http')}file/guessed/kitten.png") as answer:
            assert answer.status == 404


async def test_files_of_a_bot(place, http):
    given = f"base64://{base64.b64encode(PNG).decode()}"
    async with place.running():
        group = await place.person.group()
        files = [given, "https://example.org/a%20cat.png"]
        message = [{"type": "image", "data": {"file": file}} for file in files]
        number = (await place.person.ask("send_group_msg", group_id=group, message=message))["message_id"]
        own, other = (await did(place, MessageCreated)).content.attachments
        source = place.adapter.source(own.address)
        assert source.own, "it is on this machine"
        async with http.get(source.url) as answer:
            assert await answer.read() == PNG
        assert (other.address, other.name) == ("https://example.org/a%20cat.png", "a cat.png")
        assert not place.adapter.source(other.address).own, "the core's guard looks at it"
        kept = await place.person.ask("get_msg", message_id=number)
        again = kept["message"][:1]
        await place.person.ask("send_group_msg", group_id=group, message=again)
        (echo,) = (await did(place, MessageCreated)).content.attachments
        assert echo.address == own.address, "what it had from here is its own again"


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ([{"type": "image", "data": {"file": "file:///etc/passwd"}}], "never read"),
        ([{"type": "image", "data": {"file": "base64://!"}}], "not base64"),
        ([{"type": "image", "data": {"file": "x.png"}}], "needs a file"),
        ("[CQ:image,file=file:///etc/passwd]", "never read"),
        ([], "empty"),
        (None, "empty"),
        (" ", "no words"),
    ],
)
async def test_what_cannot_be_said_is_refused_with_a_sentence(place, message, sentence):
    async with place.running():
        with pytest.raises(Refused, match=sentence):
            await place.person.ask("send_group_msg", group_id=await place.person.group(), message=message)


async def test_actions_that_fail(place):
    async with place.running():
        for action, params, retcode in (
            ("set_group_ban", {}, 1404),
            (None, {}, 1404),
            ("get_msg", {"message_id": "x"}, 1400),
            ("get_msg", {"message_id": True}, 1400),
            ("get_msg", {"message_id": 2**80}, 1400),
            ("send_group_msg", {"group_id": 1, "message": "x"}, 100),
            ("send_group_msg", {"message": "x"}, 100),
            ("send_private_msg", {"user_id": 1, "message": "x"}, 100),
            ("send_msg", {"user_id": 1, "message": "x"}, 100),
        ):
            with pytest.raises(Refused) as failed:
                await place.person.ask(action, **params)
            assert failed.value.args[0] == retcode, action


async def test_what_is_asked_at_the_start(place):
    async with place.running():
        ask, group = place.person.ask, await place.person.group()
        assert await ask("get_login_info") == {"user_id": 10001, "nickname": "pricebot"}
        assert await ask("get_status") == {"online": True, "good": True}
        version = await ask("get_version_info")
        assert (version["app_name"], version["protocol_version"]) == ("hubbub", "v11")
        assert await ask("can_send_image") == await ask("can_send_record") == {"yes": True}
        assert await ask("get_friend_list") == []
        await send(place)
        ada = (await place.person.next(post_type="message"))["user_id"]
        members = await ask("get_group_member_list", group_id=group)
        assert [(m["user_id"], m["card"], m["group_id"]) for m in members] == [
            (10001, "pricebot", group),
            (ada, "ada", group),
        ]
        info = await ask("get_group_member_info", group_id=group, user_id=str(ada), no_cache=True)
        assert info["last_sent_time"] > 0
        assert (await ask("get_group_info", group_id=group))["member_count"] == 2


async def test_a_quick_operation(place):
    async with place.running():
        await send(place)
        event = await place.person.next(post_type="message")
        await place.person.ask(
            ".handle_quick_operation", context=event, operation={"reply": "42", "at_sender": True}
        )
        assert (await did(place, MessageCreated)).content.text == "@ada 42"
        await place.person.ask(
            ".handle_quick_operation", context=event, operation={"reply": "43", "at_sender": False}
        )
        assert (await did(place, MessageCreated)).content == plain("43")


async def test_hostile_frames_end_nothing(place):
    async with place.running():
        await place.person.connected.wait()
        deep = "[" * 5000
        for frame in (
            deep,
            f'{{"action": {deep}',
            "",
            "{",
            "[]",
            "null",
            '{"action": 1}',
            '"x"',
            '{"action": "send_msg", "params": [1]}',
        ):
            await place.person.socket.send(frame)
        await place.person.socket.send(b"\xff\xfe")
        await place.person.socket.send('{"action": "send_group_msg", "params": {"message": "\\ud800"}}')
        assert await place.person.say(plain("still here"))


@pytest.mark.parametrize(
    "odd",
    [
        None,
        True,
        0,
        -1,
        1.5,
        2**70,
        "",
        "x",
        "²",
        "9" * 5000,
        [],
        [[]],
        {},
        [None],
        {"type": 1},
        "[CQ:at,qq=²]",
    ],
)
async def test_nothing_odd_goes_without_an_answer(place, odd):
    async with place.running():
        ask, group = place.person.ask, await place.person.group()
        reply = [{"type": "reply", "data": {"id": odd}}, {"type": "at", "data": {"qq": odd}}]
        with contextlib.suppress(Refused):
            await ask("send_group_msg", group_id=group, message=reply)
        with contextlib.suppress(Refused):
            await ask("send_group_msg", group_id=group, message=odd)
        context = {"post_type": "message", "group_id": group, "user_id": odd}
        with contextlib.suppress(Refused):
            await ask(".handle_quick_operation", context=context, operation={"reply": "x"})
        fields = ("group_id", "user_id", "message_id", "message", "context", "operation", "message_type")
        for action in _ACTIONS:
            with contextlib.suppress(Refused):
                await ask(action, **dict.fromkeys(fields, odd))


async def test_rooms_are_joined_while_there_is_a_bot(place):
    async with place.running():
        second = Bot(address(place.adapter))
        await second.connected.wait()
        await second.ask("get_status")
        await place.person.leave()
        await send(place, "to the second")
        await second.leave()
        assert (await did(place, RoomStateChanged)).state is RoomState.JOINING
