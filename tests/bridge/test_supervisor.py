"""One adapter is kept running, whatever its network does, and its owner is told what to do."""

import asyncio
import contextlib
import logging
from collections import deque

from bridge.cli.log import gathered
from bridge.errors import AuthenticationFailed, ConnectionLost, RateLimited, Replaced
from bridge.status import network_report
from bridge.supervisor import NetworkState, Supervisor
from bridge.testing import HandClock, ScriptedAdapter, ScriptedNetwork


class Failing(ScriptedAdapter):
    """Ends each of its connections as the test says; when nothing is left to say, it stays."""

    def __init__(self, *ends):
        ScriptedNetwork("here")
        super().__init__("here", self.NetworkConfig(server="here"), "")
        self.ends = deque(ends)
        self.runs = 0
        self.steady = asyncio.Event()
        self.clock = HandClock()

    async def run(self, emit):
        self.runs += 1
        if self.ends:
            raise self.ends.popleft()
        self.steady.set()
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def supervised(adapter):
    offline = []
    supervisor = Supervisor(adapter, None, lambda *why: offline.append(why))
    task = asyncio.ensure_future(supervisor.run())
    supervisor.offline = offline
    supervisor.task = task
    yield supervisor
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_lost_connection_is_made_again(caplog):
    adapter = Failing(ConnectionLost("port closed: is it running?"), ConnectionLost("reset"))
    async with supervised(adapter) as supervisor:
        await adapter.clock.hurry(adapter.steady.wait())
        assert adapter.runs == 3
        assert supervisor.offline == [("here", "port closed: is it running?"), ("here", "reset")]
    assert "here: port closed: is it running?; trying again " in caplog.text


async def test_what_an_adapter_logs_bears_its_networks_name():
    class Talking(Failing):
        async def run(self, emit):
            await asyncio.create_task(self.talk())
            await super().run(emit)

        async def talk(self):
            logging.getLogger("adapters.x").warning("the services are silent")

    adapter = Talking()
    with gathered() as said:
        async with supervised(adapter):
            await adapter.clock.hurry(adapter.steady.wait())
    assert said == ["here: the services are silent"]


async def test_a_network_that_asks_for_patience_is_given_it(caplog):
    adapter = Failing(RateLimited("wait", 79.0))
    async with supervised(adapter) as supervisor:
        while supervisor.state is not NetworkState.WAITING:
            await asyncio.sleep(0)
        assert adapter.runs == 1
    assert "here: wait; trying again in 79 s" in caplog.text


async def test_what_a_task_group_wraps_is_unwrapped(caplog):
    adapter = Failing(ExceptionGroup("many", [ExceptionGroup("few", [ConnectionLost("reset by peer")])]))
    async with supervised(adapter):
        await adapter.clock.hurry(adapter.steady.wait())
    assert "here: reset by peer; trying again " in caplog.text


async def test_a_fault_of_ours_is_told_as_one_and_survived(caplog):
    adapter = Failing(RuntimeError("bug"))
    async with supervised(adapter):
        await adapter.clock.hurry(adapter.steady.wait())
    assert "here: a bug in its adapter: run raised RuntimeError: bug" in caplog.text


async def test_a_refused_login_is_tried_three_times_and_then_hourly(caplog):
    adapter = Failing(*[AuthenticationFailed("wrong password: check it")] * 3)
    async with supervised(adapter) as supervisor:
        while supervisor.state is not NetworkState.WAITING or adapter.ends:
            await asyncio.sleep(0.001)
        assert adapter.runs == 3
    assert "here: wrong password: check it; trying again in an hour" in caplog.text


async def test_since_when_a_network_is_away_does_not_move_with_every_try():
    """Until a connection has held for a minute."""
    adapter = Failing(*[ConnectionLost("refused: is it running?")] * 5)
    async with supervised(adapter) as supervisor:

        def since():
            return network_report("scripted", supervisor, [], None).since

        await asyncio.sleep(0)
        begun = since()
        await adapter.clock.hurry(adapter.steady.wait())
        assert supervisor.began > begun
        assert since() == begun
        adapter.clock.move(100)
        adapter.steady.clear()
        supervisor.restart("a confirmation is overdue")
        await adapter.clock.hurry(adapter.steady.wait())
        assert since() >= begun + 100


async def test_what_goes_on_failing_is_said_once(caplog):
    """Whatever numbers stand in it."""
    adapter = Failing(*[ConnectionLost(f"silent for {n} s: is it well?") for n in range(20)])
    async with supervised(adapter):
        await adapter.clock.hurry(adapter.steady.wait())
    assert adapter.runs == 21
    assert caplog.text.count("is it well?; trying again ") == 1


async def test_a_session_that_was_taken_over_does_not_fight(caplog):
    adapter = Failing(Replaced("another Hubbub uses this account"))
    async with supervised(adapter) as supervisor:
        await supervisor.task
        assert supervisor.state is NetworkState.STOPPED
        assert adapter.runs == 1
    assert "not connecting again until restarted" in caplog.text


async def test_a_dead_connection_is_replaced():
    adapter = Failing()
    async with supervised(adapter) as supervisor:
        await adapter.clock.hurry(adapter.steady.wait())
        adapter.steady.clear()
        supervisor.restart("a confirmation is overdue")
        await adapter.clock.hurry(adapter.steady.wait())
        assert adapter.runs == 2
