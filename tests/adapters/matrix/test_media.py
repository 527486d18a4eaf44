"""Files to the homeserver's store, and hints, where the homeserver does not behave."""

import asyncio

import pytest

from bridge import (
    ConnectionLost,
    MarkRead,
    MessageCreated,
    MessageId,
    Part,
    RateLimited,
    Rejected,
    SetTyping,
    Support,
    TemporaryFailure,
    Thumbnail,
    TypingChanged,
)

from .core import ALIAS, USER, WIRE, Core, adapter_for, edit, file_at, message, removal, topic
from .homeserver import Answer, Homeserver, error


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "0123abcd"
    path.write_bytes(b"picture")
    small = tmp_path / "0123abcd.small"
    small.write_bytes(b"small")
    return file_at(path, "my cat.png", thumbnail=Thumbnail(small, "image/jpeg", 5, 2, 1))


@pytest.fixture
async def server():
    async with Homeserver() as server:
        yield server


async def test_a_file_goes_up_once_and_under_its_name_alone(server, picture):
    """Section "Content Repository"; nobody learns what it is called on this machine."""
    seen = []

    async def fail():
        return error(500, "M_UNKNOWN")

    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["send"].append(fail)
        with pytest.raises(TemporaryFailure):
            await core.do(message("<a> look", file=picture))
        name = await core.do(message("<a> look", file=picture))
        seen += [request for endpoint, request in server.requests if endpoint == "upload"]
    assert server.uploads == [("my cat.png", "image/png", b"picture"), (None, "image/jpeg", b"small")]
    assert all("0123abcd" not in str(request.headers) + request.raw_path for request in seen)
    content = server.find(name)["content"]
    assert (content["url"], content["info"]["thumbnail_url"]) == ("mxc://s/file1", "mxc://s/file2")
    assert (content["body"], content["filename"]) == ("<a> look", "my cat.png")


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (error(413, "M_TOO_LARGE"), Rejected),
        (Answer(413, "<html>too large"), Rejected),
        (error(403, "M_FORBIDDEN"), Rejected),
        (error(404, "M_UNRECOGNIZED"), Rejected),
        (Answer(404, "<html>nothing here"), Rejected),
        (error(400, "M_BAD_JSON"), Rejected),
        (error(429, "M_LIMIT_EXCEEDED", retry_after_ms=1500), RateLimited),
        (error(502, "M_UNKNOWN"), TemporaryFailure),
        (Answer(504, "<html>gateway"), TemporaryFailure),
        (Answer(body={}), TemporaryFailure),
        (Answer(body={"content_uri": "https://evil"}), TemporaryFailure),
        (Answer(body="no JSON"), Rejected),
    ],
)
async def test_a_file_that_is_refused_harms_nothing_else(server, picture, answer, raised):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["upload"].append(answer)
        with pytest.raises(raised):
            await core.adapter.send(message("<a> look", "1.ab", file=picture))
        assert server.sent == []
        await core.do(message("next", "2.ab"))


@pytest.mark.parametrize("breaks", [True, False])
async def test_an_upload_that_fails_again_and_again_is_given_up(server, picture, breaks):
    """Synapse hangs up on what is too large; what the limit is may be learnt only then. A full store is an
    error of the server's.
    """

    async def hang_up():
        if not breaks:
            return error(500, "M_UNKNOWN")
        server.requests[-1][1].transport.abort()
        return await asyncio.Event().wait()

    server.always["config"] = error(404, "M_UNRECOGNIZED")
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.always["upload"] = hang_up
        with pytest.raises(TemporaryFailure):
            await core.adapter.upload(picture)
        server.always["config"] = Answer(body={"m.upload.size": 6})
        for _ in range(2):
            with pytest.raises(Rejected, match="more than 6 bytes"):
                await core.adapter.upload(picture)
        assert server.count("upload") == 2
        await core.do(message("next", "3.ab"))


async def test_a_thumbnail_that_is_refused_is_left_out(server, picture):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["upload"] += [Answer(body={"content_uri": "mxc://s/a"}), error(413, "M_TOO_LARGE")]
        name = await core.do(message("<a> look", file=picture))
    assert server.find(name)["content"]["info"] == {"mimetype": "image/png", "size": 7}


async def test_a_file_that_is_gone_is_given_up(server, picture):
    picture.path.unlink()
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        with pytest.raises(Rejected):
            await core.adapter.send(message("<a> look", file=picture))


async def test_an_upload_ends_with_the_connection(server, picture):
    reached = asyncio.Event()

    async def hang():
        reached.set()
        await asyncio.Event().wait()

    core = Core(adapter_for(server.url))
    async with core:
        await core.joined()
        server.answers["upload"].append(hang)
        sending = asyncio.create_task(core.adapter.send(message("<a> look", file=picture)))
        await asyncio.wait_for(reached.wait(), 20)
    with pytest.raises(ConnectionLost):
        await asyncio.wait_for(sending, 20)


async def test_an_upload_logs_in_anew(server, picture):
    async with Core(adapter_for(server.url, password="secret")) as core:
        await core.joined()
        server.answers["upload"].append(error(401, "M_UNKNOWN_TOKEN", soft_logout=True))
        await core.do(message("<a> look", file=picture))
    assert len(server.logins) == 2
    assert server.uploads[0] == ("my cat.png", "image/png", b"picture")


@pytest.mark.parametrize(
    ("answer", "limit"),
    [
        (None, 1000),
        (Answer(body={"m.upload.size": "1"}), None),
        (error(404, "M_UNRECOGNIZED"), None),
        (error(500, "M_UNKNOWN"), None),
    ],
)
async def test_the_limit_is_known_when_the_homeserver_tells_it(server, answer, limit):
    if answer is not None:
        server.always["config"] = answer
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        while not server.count("config") or core.adapter.capabilities(ALIAS).file_limit != limit:
            await asyncio.sleep(0.01)
        await core.do(message("x"))
        assert core.adapter.capabilities(ALIAS).file_limit == limit


async def test_other_words_come_with_the_file(server, picture):
    """Also when it was sent before we started; a message without a file costs nothing more."""
    core = Core(adapter_for(server.url))
    async with core:
        await core.joined()
        name = await core.do(message("<a> look", file=picture))
        plain = await core.do(message("<a> text", "2.ab"))
        await core.do(edit(plain, "<a> texts", "3.ab"))
        await core.do(edit(name, "<a> see", "4.ab"))
        assert not server.count("event")
        again = Core(adapter_for(server.url))
        again.positions = dict(core.positions)
    async with again:
        await again.joined()
        await again.do(edit(name, "<a> saw", "5.ab"))
        await again.do(edit(plain, "<a> all", "6.ab"))
        assert server.count("event") == 2
        await again.do(edit(plain, "<a> alles", "7.ab"))
        assert server.count("event") == 2
    whole = [content["m.new_content"] for _, _, content, _ in server.sent[2:]]
    assert [(new["msgtype"], new["body"], new.get("url")) for new in whole] == [
        ("m.text", "<a> texts", None),
        ("m.image", "<a> see", "mxc://s/file1"),
        ("m.image", "<a> saw", "mxc://s/file1"),
        ("m.text", "<a> all", None),
        ("m.text", "<a> alles", None),
    ]


async def test_a_thread_that_cannot_be_is_an_answer(server):
    """Synapse begins no thread on what is itself in one."""
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.answers["send"].append(error(400, "M_UNKNOWN"))
        await core.do(message("x", thread=Part(MessageId("$q"))))
        assert server.sent[0][2]["m.relates_to"] == {"m.in_reply_to": {"event_id": "$q"}}
        server.answers["send"].append(error(400, "M_UNKNOWN"))
        with pytest.raises(Rejected):
            await core.do(message("x", "2.ab"))


@pytest.mark.parametrize("answer", [error(404, "M_UNRECOGNIZED"), error(403, "M_FORBIDDEN"), Answer()])
async def test_a_removal_does_not_depend_on_what_is_known_of_edits(server, answer):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        name = await core.do(message("x"))
        server.answers["edits"].append(answer)
        await core.do(removal(name))
        assert server.find(name)["content"] == {}


async def test_a_topic_that_we_may_not_set(server):
    """Section "m.room.topic": the room itself goes on."""
    levels = {"type": "m.room.power_levels", "state_key": "", "sender": "@a:s", "content": {}}
    server.state[WIRE] = [levels]
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        assert core.adapter.capabilities(ALIAS).topic is Support.PARTIAL
        server.answers["state"].append(error(403, "M_FORBIDDEN"))
        with pytest.raises(Rejected, match="raise its power level"):
            await core.do(topic("cake"))
        server.happen("m.room.power_levels", {"users": {USER: 50}}, state_key="")
        server.say("after")
        await core.said()
        assert core.adapter.capabilities(ALIAS).topic is Support.FULL
        assert server.find(await core.do(topic("cake")))["content"] == {"topic": "cake", "hubbub.txn": "5.ab"}


async def test_typing_moves_nothing(server):
    """Not even a transaction of the journal, as long as there is nothing else."""
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        server.say("one")
        await core.said()
        before = dict(core.positions)
        server.type("@alice:s", USER)
        assert (await core.next(TypingChanged)).typing
        server.type(USER)
        assert not (await core.next(TypingChanged)).typing
        server.type("@alice:s")
        assert (await core.next(TypingChanged)).sender.name == "alice"
        assert core.positions == before
        server.say("two")
        assert (await core.next(object)).content.text == "two"
        assert core.positions != before


async def test_hints_are_few_and_never_in_the_way(server):
    """One request at a time in a room, and of what was wanted meanwhile the newest."""
    go = asyncio.Event()

    async def wait():
        await go.wait()
        return error(500, "M_UNKNOWN")

    server.answers["typing"].append(wait)
    async with Core(adapter_for(server.url)) as core:
        core.adapter.hint(SetTyping(room=ALIAS, typing=True))
        await core.joined()
        for number in range(100):
            core.adapter.hint(SetTyping(room=ALIAS, typing=True))
            core.adapter.hint(MarkRead(room=ALIAS, target=Part(MessageId(f"$e{number}"))))
        core.adapter.hint(SetTyping(room=ALIAS, typing=False))
        await core.do(message("x"))
        go.set()
        while not server.count("receipt"):
            await asyncio.sleep(0.01)
        await core.do(message("y", "2.ab"))
        assert server.count("typing") <= 2
        paths = [request.path for name, request in server.requests if name == "receipt"]
        assert paths == [f"/_matrix/client/v3/rooms/{WIRE}/receipt/m.read/$e99"]
        server.always["typing"] = server.always["receipt"] = error(429, "M_LIMIT_EXCEEDED")
        core.adapter.hint(SetTyping(room=ALIAS, typing=True))
        while server.count("typing") < 2:
            await asyncio.sleep(0.01)
        await core.do(message("z", "3.ab"))
    core.adapter.hint(SetTyping(room=ALIAS, typing=True))
    assert not [event for event in core.events._queue if isinstance(event, MessageCreated)]
