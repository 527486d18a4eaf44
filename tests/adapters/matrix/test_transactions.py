"""Whatever is brought by a transaction, none keeps the next ones from us."""

import asyncio
import io
import json
import socket
from types import SimpleNamespace

import aiohttp
import pytest

from adapters.matrix.client.errors import refusal
from adapters.matrix.puppets.private import DirectRooms
from adapters.matrix.puppets.transactions import Transactions
from bridge import ConnectionLost, TemporaryFailure

SECRET = "a secret of sixteen"
GHOST = "@_hubbub_matrix_ada:home.example"


@pytest.fixture
async def told():
    """Puts a transaction, and hears."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{found.getsockname()[1]}"
    transactions = Transactions(listen, SECRET)
    heard = []

    async def hear(event):
        heard.append(event["event_id"])
        await asyncio.sleep(0)
        return ()

    transactions.hear = hear

    async def put(txn, body, secret=SECRET):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        url = f"http://{listen}/_matrix/app/v1/transactions/{txn}"
        async with session.put(url, data=body, headers=headers) as reply:
            return reply.status

    async with transactions.open(), aiohttp.ClientSession() as session:
        yield SimpleNamespace(put=put, heard=heard, transactions=transactions, listen=listen)


def body(*names, **more):
    return json.dumps({"events": [{"event_id": name, **more} for name in names]})


async def test_an_event_that_nobody_can_take_in_keeps_no_other_from_us(told, caplog):
    hear = told.transactions.hear

    async def stumbling(event):
        if event["event_id"] == "$bad":
            raise KeyError("by a bug")
        return await hear(event)

    told.transactions.hear = stumbling
    assert await told.put("1", body("$a", "$bad", "$b")) == 200
    assert told.heard == ["$a", "$b"]
    assert "a bug" in caplog.text


async def test_the_same_at_once_is_heard_once(told):
    assert set(await asyncio.gather(*[told.put("1", body("$a", "$b")) for _ in range(20)])) == {200}
    assert set(await asyncio.gather(*[told.put(f"n{n}", body("$a", "$c")) for n in range(20)])) == {200}
    assert told.heard == ["$a", "$b", "$c"]


async def test_what_did_not_get_through_comes_again_and_what_did_is_not_heard_twice(told):
    hear, down = told.transactions.hear, [True]

    async def failing(event):
        if event["event_id"] == "$b" and down:
            down.pop()
            raise ConnectionLost("not now")
        return await hear(event)

    told.transactions.hear = failing
    assert [await told.put("1", body("$a", "$b")) for _ in range(2)] == [503, 200]
    assert told.heard == ["$a", "$b"]


async def test_who_is_slow_or_sends_too_much_holds_up_nobody(told):
    host, _, port = told.listen.partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"PUT /_matrix/app/v1/transactions/9 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Authorization: Bearer " + SECRET.encode() + b"\r\n\r\n{"
    )
    await writer.drain()
    assert await told.put("1", body("$a")) == 200
    writer.close()
    assert await told.put("2", io.BytesIO(b" " * (17 * 1024 * 1024))) == 413
    assert await told.put("3", b"[" * 100_000) == 400
    assert await told.put("4", b'{"events": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}") in {200, 400}
    assert await told.put("5", b"x", secret="") == 401
    assert await told.put("6", b"x", secret="no") == 403
    assert told.heard == ["$a"]


def invitation(by):
    return {
        "type": "m.room.member",
        "room_id": "!far:dead.example",
        "event_id": "$invitation",
        "sender": by,
        "state_key": GHOST,
        "content": {"membership": "invite", "is_direct": True},
    }


@pytest.fixture
def rooms():
    """Rooms of two whose homeserver cannot reach the one of who invites us."""
    joining = []

    async def join(wire):
        joining.append(wire)
        raise refusal(502, {}, b'{"errcode": "M_UNKNOWN", "error": "Failed to make_join via any server"}')

    async def ready(*_):
        return SimpleNamespace(voice=SimpleNamespace(client=SimpleNamespace(join=join), user=GHOST))

    async def exists(_):
        return True

    session = SimpleNamespace(
        own="@hubbub:home.example", joined={}, key_of=lambda user: "irc/ada" if user == GHOST else None
    )
    puppets = SimpleNamespace(ready=ready, exists=exists)
    service = SimpleNamespace(user="@hubbub:home.example", token="")
    client = SimpleNamespace()
    made = DirectRooms(service, puppets, session, client, client, lambda _: None, tuple)
    made.joining, tasks = joining, []
    made.spawn = lambda work: tasks.append(asyncio.ensure_future(work))
    made.tasks = tasks
    return made


async def test_an_invitation_from_a_server_that_is_gone_does_not_come_again_for_ever(rooms):
    assert await rooms.hear(invitation("@eve:dead.example")) == ()
    await asyncio.gather(*rooms.tasks)
    assert rooms.joining == ["!far:dead.example"]


async def test_one_of_our_own_server_does(rooms):
    with pytest.raises(TemporaryFailure):
        await rooms.hear(invitation("@eve:home.example"))
