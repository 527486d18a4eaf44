"""Servers for the demo and the tests."""

import socket
from pathlib import Path

from bridge.testing import free_port


def test_a_free_port_is_none_that_the_system_gives_away():
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = {free_port() for _ in range(20)}
    assert len(ports) > 1
    assert max(ports) < first


def test_a_free_port_is_free():
    port = free_port()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
