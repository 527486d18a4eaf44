"""What became of what may have been sent, against a homeserver that is told what to do."""

import asyncio
import time

import pytest

from adapters.matrix.puppets.registration import new_registration
from bridge import MessageId, Part, Receipt, RoomUnavailable, TemporaryFailure

from .homeserver import ALIAS, USER, WIRE, Answer, Core, Homeserver, adapter_for, error, message


@pytest.fixture
async def server():
    async with Homeserver() as server:
        yield server


@pytest.fixture
async def core(server):
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        yield core


def long_ago(server, seconds, sender=USER, **content):
    return server.say("x", sender=sender, **content), server._log[-1][1].update(
        origin_server_ts=int((time.time() - seconds) * 1000)
    )


async def found(core, *txns, since=0.0):
    return await core.adapter.find_sent(ALIAS, time.time() - since, txns)


async def test_what_arrived_is_found_and_what_did_not_is_surely_not_there(server, core):
    await (await core.adapter.send(message("x", "1.ab")))
    server.say("meanwhile")
    assert await found(core, "1.ab", "2.cd") == {"1.ab": Receipt(Part(MessageId("$sent0"))), "2.cd": None}


async def test_it_is_found_from_another_device_and_days_later(server):
    """The transaction id is then forgotten; the mark is not."""
    async with Core(adapter_for(server.url)) as core:
        await core.joined()
        await (await core.adapter.send(message("x", "1.ab")))
    server._log[-1][1]["origin_server_ts"] -= 3 * 86_400_000
    del server._log[-1][1]["unsigned"]
    for _ in range(250):
        server.say("later", sender=USER)
    async with Core(adapter_for(server.url, password="secret", device_id="OTHER")) as core:
        await core.joined()
        assert (await found(core, "1.ab", since=3 * 86_400))["1.ab"].part.id == "$sent0"
    assert server.count("messages") == 3


async def test_one_reads_no_further_back_than_ten_minutes_before_the_first_attempt(server, core):
    """The clocks of two machines differ."""
    server.page = 1
    arrived, _ = long_ago(server, 590, **{"hubbub.txn": "1.ab"})
    assert (await found(core, "1.ab"))["1.ab"].part.id == arrived
    server._log.clear()
    long_ago(server, 620, **{"hubbub.txn": "1.ab"})
    long_ago(server, 610)
    assert await found(core, "1.ab") == {"1.ab": None}
    assert server.count("messages") == 2


async def test_what_was_redacted_is_still_known_to_its_server(server, core):
    """Section "Redactions": content goes; of "unsigned" only the own server knows the transaction."""
    await (await core.adapter.send(message("x", "1.ab")))
    server._log[-1][1]["content"] = {}
    assert (await found(core, "1.ab"))["1.ab"].part.id == "$sent0"


async def test_nobody_else_confirms_or_ends_the_search(server, core):
    """Whatever others put into their events, also when a server does not filter."""
    arrived = server.say("x", sender=USER, **{"hubbub.txn": "1.ab"})
    server.say("forged", **{"hubbub.txn": "2.cd"})
    server._log[-1][1]["unsigned"] = {"transaction_id": "2.cd"}
    long_ago(server, 10**9, sender="@mallory:x")
    server.page = 1
    events = [event for _, event in reversed(server._log)]
    server.answers["messages"] += [
        Answer(body={"chunk": [event], "end": f"p{number}"}) for number, event in enumerate(events)
    ]
    assert await found(core, "1.ab", "2.cd") == {"1.ab": Receipt(Part(MessageId(arrived))), "2.cd": None}


async def test_what_cannot_be_read_to_its_end_is_left_out(server, core, monkeypatch):
    monkeypatch.setattr("adapters.matrix.sending.sent._PAGES", 3)
    server.page = 5
    server.say("x", sender=USER, **{"hubbub.txn": "1.ab"})
    for number in range(30):
        server.say("x", sender=USER, **{"hubbub.txn": f"{number}.ff"})
    assert list(await found(core, "1.ab", "29.ff")) == ["29.ff"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"chunk": "x"},
        {"chunk": [1, None, {"sender": USER}, {"sender": USER, "content": {"hubbub.txn": "1.ab"}}]},
        {"chunk": [{"sender": USER, "event_id": 5, "content": {"hubbub.txn": "1.ab"}}]},
        {"chunk": [{"sender": USER, "event_id": "$e", "content": {"hubbub.txn": ["1.ab"]}, "unsigned": 1}]},
    ],
)
async def test_odd_answers_prove_nothing(server, core, body):
    server.answers["messages"].append(Answer(body=body))
    assert await found(core, "1.ab") == {"1.ab": None}


async def test_looking_waits_for_limits_but_not_for_ever(server, core, monkeypatch):
    server.answers["messages"].append(error(429, "M_LIMIT_EXCEEDED", retry_after_ms=1))
    assert await found(core, "1.ab") == {"1.ab": None}
    monkeypatch.setattr("adapters.matrix.sending.sent._PATIENCE", 0.1)

    async def never():
        await asyncio.sleep(20)

    server.answers["messages"].append(never)
    with pytest.raises(TemporaryFailure):
        await found(core, "1.ab")


async def test_a_room_that_is_not_joined_cannot_be_looked_at(server, core):
    server.kick(WIRE)
    await core.refused()
    with pytest.raises(RoomUnavailable):
        await found(core, "1.ab")


async def test_whoever_of_ours_spoke_is_found_behind_what_other_services_date_as_they_like(server, tmp_path):
    """Application service API, "Timestamp massaging"."""
    made = new_registration("matrix", USER, tmp_path / "registration.yaml")
    made.file.write_text(made.text)
    server.page = 2
    async with Core(adapter_for(server.url, registration=made.file)) as core:
        await core.joined()
        ada = server.say("x", sender="@_hubbub_matrix_irc=2fada:s", **{"hubbub.txn": "1.ab"})
        server.say("x", sender="@mallory:s", **{"hubbub.txn": "2.cd"})
        long_ago(server, 99_999, sender="@_other_bridge:s")
        there = await found(core, "1.ab", "2.cd")
        assert there == {"1.ab": Receipt(Part(MessageId(ada), speaker="irc/ada")), "2.cd": None}
