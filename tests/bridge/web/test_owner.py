"""What stands at `web:` is served: health and metrics, for whoever watches the service."""

import asyncio
import contextlib

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.clock import SYSTEM
from bridge.config.models import Web
from bridge.errors import HubbubError, Rejected
from bridge.testing import free_port
from bridge.web.owner import owner_pages
from tests.bridge.world import PROTOCOL, running


async def no_desks():
    return []


class Watcher:
    """Somebody who asks a service over HTTP."""

    def __init__(self):
        self.port = free_port()
        self.web = Web(listen=f"127.0.0.1:{self.port}")

    @contextlib.asynccontextmanager
    async def beside(self, bridge):
        async with owner_pages(self.web, bridge.status, bridge.counts, no_desks, SYSTEM.now).serving():
            yield

    async def ask(self, path, **headers):
        """Ask, as soon as it is served."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(10):
            while True:
                with contextlib.suppress(aiohttp.ClientConnectorError):
                    answer = await session.get(f"http://127.0.0.1:{self.port}{path}", headers=headers)
                    return answer.status, await answer.text()
                await asyncio.sleep(0.01)

    async def numbers(self):
        """Return all that is told, by name and labels."""
        status, text = await self.ask("/metrics")
        assert status == 200
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
def watcher():
    return Watcher()


async def test_all_is_well(pair, left, right, watcher):
    async with running(pair, watcher.beside):
        assert await watcher.ask("/livez") == (200, "ok\n")
        assert await watcher.ask("/readyz") == (200, "ok\n")
        status, text = await watcher.ask("/healthz?verbose")
        assert status == 200
        line = "connected, 1 of 1 room joined, 0 messages waiting"
        assert text.splitlines() == ["ok", f"left: {line}", f"right: {line}"]


async def test_what_is_wrong_is_said_with_what_to_do(pair, left, right, watcher):
    right.up = False
    async with running(pair, watcher.beside):
        left.say("one", "ann", "hello")
        await left.settled()
        for _ in range(100):
            status, text = await watcher.ask("/healthz?verbose")
            if status == 503:
                break
            await asyncio.sleep(0.02)
        assert text.startswith("right cannot be reached (")
        assert "it is tried again by itself" in text.splitlines()[0]
        assert "right: waiting (" in text
        assert text.endswith("0 of 1 room joined, 1 message waiting\n")
        assert (await watcher.ask("/livez"))[0] == 200, "a restart would not help"
        assert (await watcher.ask("/readyz"))[0] == 200


async def test_what_happens_is_counted(pair, left, right, watcher):
    async with running(pair, watcher.beside) as bridge:
        for text in ("one", "two", "three"):
            said = left.say("one", "ann", text)
        await right.until(3)
        right.errors.append(Rejected("not that"))
        left.say("one", "ann", "four")
        left.say("one", "ann", "five", mark="9.9.0.unknown")
        left.happen(said)  # as a history that is read anew
        await left.settled()
        await right.settled()
        await bridge.patrol()
        right.drop()
        await right.settled()
        numbers = await watcher.numbers()
    assert numbers["hubbub_events_taken_total", "left"] == 4
    assert numbers["hubbub_events_dropped_total", "copy"] == 1
    assert numbers["hubbub_events_deduplicated_total", "left"] == 1
    assert numbers["hubbub_events_deduplicated_total", "right"] == 0
    assert numbers["hubbub_delivery_seconds_count", "left", "right"] == 3
    assert numbers["hubbub_delivery_seconds_bucket", "+Inf", "left", "right"] == 3
    assert numbers["hubbub_deliveries_given_up_total", "right"] == 1
    assert numbers["hubbub_undelivered",] == 1
    assert numbers["hubbub_connections_ended_total", "right", "ConnectionLost"] == 1
    assert numbers["hubbub_journal_writable",] == 1
    assert numbers["hubbub_journal_commit_seconds_count",] > 0
    assert numbers["hubbub_rooms_joined", "left", PROTOCOL] == 1
    assert numbers["hubbub_network_state", "left", PROTOCOL, "connected"] == 1
    assert numbers["hubbub_network_state", "left", PROTOCOL, "stopped"] == 0
    assert numbers["hubbub_network_puppets", "left", PROTOCOL] == 0
    assert numbers["process_resident_memory_bytes",] > 0
    assert not [name for name in numbers if "one" in name or "ann" in name], "no room and no person is named"


async def test_where_there_is_a_token_everybody_needs_it(pair, left, right, watcher):
    watcher.web = Web(listen=watcher.web.listen, token="0123456789abcdef")
    async with running(pair, watcher.beside):
        for given, status in (({}, 401), ({"Authorization": "Bearer 0123456789abcdef"}, 200)):
            for path in ("/metrics", "/healthz"):
                assert (await watcher.ask(path, **given))[0] == status
                assert (await watcher.ask(path, Host="elsewhere.example", **given))[0] == status


async def test_a_port_that_is_taken_is_said(pair, left, right, watcher):
    with pytest.raises(HubbubError, match=r"web: listen: .*somebody listens there already"):
        async with running(pair, watcher.beside) as bridge, watcher.beside(bridge):
            pass
