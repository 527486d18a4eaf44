"""Webhooks both ways. The witness for signatures is the reference library of Standard Webhooks."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from adapters.http.config import NetworkConfig, RoomConfig
from adapters.http.webhooks import Outgoing
from bridge.clock import SYSTEM
from bridge.errors import RateLimited, Rejected, TemporaryFailure
from bridge.model import Attachment, Content, MessageEdited, MessageId, Receipt, Removed, plain
from bridge.testing import ScriptedNetwork, free_port

from .world import SECRET, Receiver, client, configured, hosted, running

OLD = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.fixture
def chat():
    return ScriptedNetwork("chat")


@pytest.fixture
async def receiver():
    async with Receiver().serving() as receiver:
        yield receiver


def posting(tmp_path, receiver, secret=SECRET, more=""):
    return configured(tmp_path, room=f"to: '{receiver.url}', secret: {secret}", more=more)


async def test_what_is_said_is_posted_signed(tmp_path, chat, receiver):
    async with running(posting(tmp_path, receiver)):
        chat.say("#one", "ann", "hello 👋")
        await receiver.until(1)
    ((headers, body),) = receiver.posted
    said = Webhook(SECRET).verify(body, headers)
    assert (said["type"], said["data"]["text"], said["data"]["username"]) == (
        "message.created",
        "hello 👋",
        "ann",
    )
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"].startswith(said["data"]["id"])
    assert "." not in headers["webhook-id"]


async def test_both_secrets_sign_while_one_is_changed(tmp_path, chat, receiver):
    async with running(posting(tmp_path, receiver, f"[{SECRET}, {OLD}]")):
        chat.say("#one", "ann", "hello")
        await receiver.until(1)
    ((headers, body),) = receiver.posted
    for secret in (SECRET, OLD):
        Webhook(secret).verify(body, headers)


async def test_it_is_posted_again_until_it_is_taken_and_in_order(tmp_path, chat, receiver):
    """Under the same name, so that a receiver that had it already knows it."""
    receiver.answers = [(429, {"Retry-After": "0"}), (503, {"Retry-After": "0"}), (503, {"Retry-After": "0"})]
    async with running(posting(tmp_path, receiver)):
        for number in range(5):
            chat.say("#one", "ann", f"line {number}")
        await receiver.until(8)
    names = [headers["webhook-id"] for headers, _ in receiver.posted]
    assert [said["text"] for said in receiver.data()] == 4 * ["line 0"] + [f"line {n}" for n in range(1, 5)]
    assert len(set(names[:4])) == 1
    assert len(set(names)) == 5


async def test_one_that_is_refused_costs_itself_alone(tmp_path, chat, receiver):
    receiver.answers = [(422, {})]
    async with running(posting(tmp_path, receiver)):
        chat.say("#one", "ann", "too much")
        chat.say("#one", "ann", "fine")
        await receiver.until(2)
    assert [said["text"] for said in receiver.data()] == ["too much", "fine"]


async def test_edits_removals_and_files_go_out(tmp_path, chat, receiver):
    config = posting(tmp_path, receiver, more="media: {hosts: ['127.0.0.1:*']}")
    async with hosted(b"\0data") as url, running(config):
        said = chat.say("#one", "ann", Content(plain("helo").spans, (Attachment(url, "a.bin"),)))
        await receiver.until(1)
        fields = {"room": said.room, "sender": said.sender, "target": said.id}
        chat.happen(MessageEdited(id=MessageId("e"), content=plain("hello"), **fields))
        await receiver.until(2)
        chat.happen(Removed(id=MessageId("r"), **fields))
        await receiver.until(3)
    kinds = [json.loads(body)["type"] for _, body in receiver.posted]
    created, edited, removed = receiver.data()
    assert kinds == ["message.created", "message.edited", "message.removed"]
    assert created["Extra"]["file"][0]["Name"] == "a.bin"
    assert created["id"] == edited["id"] == removed["id"]
    assert edited["text"] == "hello"


MEANT = [
    ((200, {}), Receipt),
    ((204, {}), Receipt),
    ((301, {"Location": "https://elsewhere.example/"}), RateLimited),
    ((401, {}), RateLimited),
    ((404, {}), RateLimited),
    ((410, {}), RateLimited),
    ((400, {}), Rejected),
    ((413, {}), Rejected),
    ((408, {}), TemporaryFailure),
    ((429, {}), TemporaryFailure),
    ((429, {"Retry-After": "7"}), RateLimited),
    ((503, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}), RateLimited),
    ((503, {"Retry-After": "soon"}), TemporaryFailure),
    ((500, {}), TemporaryFailure),
]


async def outcome(outgoing, url):
    settled = asyncio.get_running_loop().create_future()
    room = RoomConfig(to=url, secret=[SECRET])
    outgoing.post(room, "msg_1", b"{}", Receipt(None), settled.set_result)
    return await settled


async def test_what_an_answer_means(receiver):
    receiver.answers = [answer for answer, _ in MEANT]
    async with Outgoing(NetworkConfig(), SYSTEM) as outgoing:
        found = [await outcome(outgoing, receiver.url) for _ in MEANT]
        receiver.closed = True
        broken = await outcome(outgoing, receiver.url)
        nobody = await outcome(outgoing, f"http://127.0.0.1:{free_port()}/secret")
        no_tls = await outcome(outgoing, receiver.url.replace("http:", "https:"))
    assert [type(one) for one in found] == [meant for _, meant in MEANT]
    assert {type(one) for one in (broken, nobody, no_tls)} == {TemporaryFailure}
    assert (str(nobody), str(no_tls)) == (
        "127.0.0.1: no connection",
        "127.0.0.1: its certificate does not verify",
    )
    waits = {
        answer[0]: one.retry_after
        for (answer, _), one in zip(MEANT, found, strict=True)
        if hasattr(one, "retry_after")
    }
    assert (waits[410], waits[429], waits[404]) == (3600.0, 7.0, 60.0)
    assert len(receiver.posted) == len(MEANT) + 1, "no redirect is followed"


# -- those that are posted to us


def signed(body, *, name="msg_1", secret=SECRET, ago=0.0):
    """What a sender with the reference library posts."""
    # it takes a time without a zone for one in UTC
    at = datetime.now(UTC) - timedelta(seconds=ago)
    signature = Webhook(secret).sign(name, at, body)
    return {"webhook-id": name, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


@pytest.fixture
async def world(tmp_path, chat):
    config = configured(tmp_path, room=f"secret: [{SECRET}, {OLD}]")
    async with running(config), client(config) as program:
        yield program


async def post(program, body, headers, room="shop"):
    async with program.post(f"/webhook/{room}", data=body, headers=headers) as answer:
        return answer.status


async def test_what_is_posted_signed_is_said(world, chat):
    body = json.dumps({"type": "order", "data": {"text": "2 teas", "username": "till"}})
    assert await post(world, body, signed(body)) == 204
    flat = json.dumps({"text": "3 teas"})
    assert await post(world, flat, signed(flat, name="msg_2", secret=OLD)) == 204
    await chat.until(2)
    assert chat.texts("#one") == ["<till> 2 teas", "<shop> 3 teas"]


@pytest.mark.parametrize("room", ["shop", "nowhere"])
async def test_what_is_not_signed_is_not_even_read(world, room):
    async def much():
        yield b"x"
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        headers = {"webhook-signature": "v1,x"} if room == "nowhere" else {}
        assert await post(world, much(), headers, room) == 401


async def test_one_that_is_posted_again_is_said_once(world, chat):
    body = json.dumps({"text": "2 teas"})
    for ago in (60.0, 0.0):
        assert await post(world, body, signed(body, ago=ago)) == 204
    last = json.dumps({"text": "that is all"})
    assert await post(world, last, signed(last, name="msg_2")) == 204
    await chat.until(2)
    assert chat.texts("#one") == ["<shop> 2 teas", "<shop> that is all"]


async def test_edits_and_removals_come_in_from_their_author_alone(world, chat):
    numbers = itertools.count()

    async def does(kind, **data):
        body = json.dumps({"type": f"message.{kind}", "data": {"username": "till", "id": "t1", **data}})
        assert await post(world, body, signed(body, name=f"msg_{next(numbers)}")) == 204

    await does("created", text="helo")
    await chat.until(1)
    await does("edited", text="mine", username="thief")
    await does("edited", text="hello")
    await chat.until_done(1)
    await does("removed")
    await chat.until_done(2)
    edit, _ = chat.done
    assert edit.content.text == "<till> hello"


BODY = '{"text": "x"}'
REFUSED = {
    "unsigned": dict,
    "by another": lambda: signed(BODY, secret="whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    "other words": lambda: signed("{}"),
    "a replay": lambda: signed(BODY, ago=400),
    "the future": lambda: signed(BODY, ago=-400),
    "no time": lambda: {**signed(BODY), "webhook-timestamp": "now"},
    "another name": lambda: {**signed(BODY), "webhook-id": "msg_2"},
    "no version": lambda: {
        **signed(BODY),
        "webhook-signature": signed(BODY)["webhook-signature"].removeprefix("v1,"),
    },
    "letters": lambda: {**signed(BODY), "webhook-id": "ä", "webhook-signature": "v1,ä"},
    "another version": lambda: {
        **signed(BODY),
        "webhook-signature": signed(BODY)["webhook-signature"].replace("v1,", "v1a,"),
    },
}


async def test_what_is_not_signed_is_refused(world, chat):
    for case, headers in REFUSED.items():
        assert await post(world, BODY, headers()) == 401, case
    assert await post(world, BODY, signed(BODY), "other") == 401
    assert await post(world, BODY, signed(BODY, name="x" * 201)) == 400
    assert await post(world, "{", signed("{")) == 400
    await chat.settled()
    assert chat.said == []
