"""What is said on QQ and elsewhere, as the other side gets it."""

import asyncio

import pytest

from bridge import (
    Answered,
    Attachment,
    Authorship,
    Content,
    DeleteMessage,
    EditMessage,
    FileKind,
    MessageCreated,
    MessageId,
    Part,
    Rejected,
    Removed,
    RoomId,
    SendMessage,
    Span,
    Speaker,
    TemporaryFailure,
    Unsupported,
    UserId,
    plain,
)
from bridge.testing.person import picked
from tests.people import picture, sees

from .implementation import OWN
from .people import text
from .places import on_qq

NOTHING = Content()
BOB = Speaker(Authorship.PREFIX, "bob")


async def send(place, content=NOTHING, **more):
    command = SendMessage(room=place.room, speaker=BOB, txn=place.next_txn(), content=content, **more)
    return await asyncio.wait_for(await place.adapter.send(command), 10)


async def next_of(place, kind):
    async with asyncio.timeout(10):
        while not isinstance(event := await place.events.get(), kind):
            pass
        return event


async def test_an_answer_and_a_call(place):
    async with place.running():
        said = await place.person.say(plain("who?"))
        ann = UserId(str(place.person.uin))
        content = Content((Span("<bob> "), Span("@ann", mention=ann), Span(" me [CQ:at,qq=all] &amp;")))
        await send(place, content, answered=Answered(Part(said), "ann", "who?", ann))
        heard = await sees(place.person, MessageCreated)
    assert heard.reply_to == said
    assert heard.content.spans == (
        Span("<bob> "),
        Span("@ann ", mention=ann),
        Span(" me [CQ:at,qq=all] &amp;"),
    )


async def test_ids_are_numbers_on_the_wire(place):
    async with place.running():
        said = await place.person.say(plain("who?"))
        await send(place, plain("me"), answered=Answered(Part(said), "ann", "who?"))
    (params,) = [params for name, params in place.qq.asked if name == "send_group_msg"]
    assert params["group_id"] == place.number > 2**32
    assert params["message"][0] == {"type": "reply", "data": {"id": said}}


async def test_a_picture_goes_by_itself_and_a_file_is_uploaded(place, tmp_path):
    async with place.running():
        for name, data in (("red.png", picture()), ("计划 [a].pdf", b"%PDF-1.4\n")):
            (tmp_path / name).write_bytes(data)
            receipt = await send(place, file=picked(tmp_path / name))
            assert (receipt.part is None) == name.endswith("pdf"), "an upload tells no name of its message"
            assert place.qq.files[name] == data
        heard = [(await place.heard()).content.attachments[0].name for _ in range(2)]
    assert heard == ["red.png", "计划 [a].pdf"]


async def test_a_file_that_is_gone_costs_its_message_alone(place, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    file = picked(tmp_path / "a.txt")
    (tmp_path / "a.txt").unlink()
    async with place.running():
        with pytest.raises(OSError, match="No such file"):
            await send(place, file=file)
        await place.deliver(plain("still here"))


async def test_what_we_said_is_taken_back(place):
    async with place.running():
        receipt = await place.deliver(plain("oops"))
        delete = DeleteMessage(room=place.room, speaker=BOB, txn=place.next_txn(), target=receipt.part)
        await (await place.adapter.send(delete))
        removed = await sees(place.person, Removed)
        assert removed.target == receipt.part.id
        with pytest.raises(Rejected, match="QQ refuses it: Recall failed"):
            await (await place.adapter.send(delete))
        await place.person.say(plain("after"))
        assert (await place.said()).content == plain("after"), "our own removal is no event"


async def test_what_people_take_back(place):
    async with place.running():
        first = await place.person.say(plain("oops"))
        ours = (await place.deliver(plain("hello"))).part.id
        await place.person.remove(first)
        await place.person.remove(ours)
        own, moderated = await next_of(place, Removed), await next_of(place, Removed)
    assert (own.target, own.by_moderator, own.sender.name) == (first, False, "ann")
    assert (moderated.target, moderated.by_moderator) == (ours, True)


async def test_there_are_no_edits(place):
    async with place.running():
        receipt = await place.deliver(plain("helo"))
        edit = EditMessage(
            room=place.room, speaker=BOB, txn=place.next_txn(), target=receipt.part, content=plain("hello")
        )
        assert not place.adapter.capabilities(place.room).edit
        with pytest.raises(Unsupported):
            await (await place.adapter.send(edit))


async def test_messages_as_strings_with_cq_codes(place):
    place.qq.as_string = True
    async with place.running():
        called = {"type": "at", "data": {"qq": str(OWN)}}
        await place.qq.say(place.number, place.person.uin, called, text(" a[b],c & [CQ:x]"))
        event = await place.said()
    assert event.content.text == "@hubbub a[b],c & [CQ:x]"
    assert event.content.spans[0].mention == ""


@pytest.mark.parametrize("style", ["napcat", "llbot", "lagrange"])
async def test_a_file_is_found_when_it_is_asked_for(style, tmp_path):
    (tmp_path / "a.txt").write_text("tea")
    async with on_qq(style) as place, place.running():
        await place.person.send(tmp_path / "a.txt")
        (file,) = (await place.said()).content.attachments
        assert (file.name, file.kind) == ("a.txt", FileKind.FILE)
        assert await found(place, file) == f"{place.qq.web}/files/a.txt"
        place.qq.refusals["get_group_file_url"] = (1200, "文件不存在")
        gone = Attachment(f"onebot:{place.room}:/gone")
        with pytest.raises(Rejected):
            await found(place, gone)


async def found(place, file):
    """Ask as the core does: again, as long as it is not known."""
    async with asyncio.timeout(10):
        while True:
            try:
                return place.adapter.source(file.address).url
            except TemporaryFailure:
                await asyncio.sleep(0.01)


async def test_who_writes_to_the_account_is_told_what_it_is(place):
    async with place.running():
        for _ in range(2):
            await place.qq.write(5_000_000_001, text("hi"))
        await place.person.say(plain("after"))
        assert (await place.said()).content == plain("after"), "what is private does not cross"
        talk = place.qq.talk(5_000_000_001).said
        async with asyncio.timeout(10):
            while len(talk) < 3:
                await asyncio.sleep(0.01)
    assert [one["segments"] for one in talk if one["user"] == OWN] == [[text("I am a bridge.")]]


async def test_a_private_chat_can_be_a_room(place):
    room = RoomId("private:5000000001")
    await place.serve({room: place.adapter.RoomConfig()})
    place.room = room
    async with place.running():
        said = await place.qq.write(5_000_000_001, text("hi"))
        event = await place.said()
        assert (event.room, event.id, event.sender.name) == (room, str(said), "person 5000000001")
        receipt = await place.deliver(plain("<bob> hello"))
        assert place.qq.talk(5_000_000_001).said[-1]["id"] == int(receipt.part.id)
        recalled = MessageId(str(said))
        await place.qq.notice("friend_recall", user_id=5_000_000_001, message_id=said)
        assert (await next_of(place, Removed)).target == recalled
        assert not place.adapter.capabilities(room).mention
