"""Servers for the demo and the tests."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.testing import free_port
from bridge.testing.server import Server


def test_a_free_port_is_none_that_the_system_gives_away():
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = {free_port() for _ in range(20)}
    assert len(ports) > 1
    assert max(ports) < first


def test_a_free_port_is_free():
    port = free_port()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))


def test_two_processes_are_never_given_the_same_port(monkeypatch):
    """A server that is slow to listen would find the other's there, as if it were its own."""
    asked = iter(range(12_345, 12_400))
    monkeypatch.setattr("random.randrange", lambda *_: next(asked))
    port = free_port()
    script = (
        "import random\n"
        f"asked = iter(range({port}, 12_400))\n"
        "random.randrange = lambda *_: next(asked)\n"
        "from bridge.testing import free_port\n"
        "print(free_port())\n"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(other.stdout) != port


def test_a_process_is_never_given_the_same_port_twice(monkeypatch):
    asked = iter([23_456, *range(23_456, 23_500)])
    monkeypatch.setattr("random.randrange", lambda *_: next(asked))
    assert free_port() != free_port()


async def test_what_a_server_started_ends_before_the_stop_does(tmp_path):
    """Also when the server itself has ended already."""
    lingers = tmp_path / "lingers.py"
    lingers.write_text(
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: time.sleep(0.3) or exit())\n"
        "print('on', flush=True)\n"
        "time.sleep(60)\n"
    )
    server = Server(tmp_path, "parent")
    process = await server.run("sh", "-c", f'{sys.executable} {lingers} & trap "exit 0" TERM; wait')
    while "on" not in (tmp_path / "parent.log").read_text():
        await asyncio.sleep(0.02)
    await server.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
