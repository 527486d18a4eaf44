"""What `hubbub doctor` sees in the DNS, asked of a name server of our own (RFC 1035, RFC 2782)."""

import asyncio
import struct

import aiodns
import pytest

from adapters.xmpp import Adapter, examination
from bridge import Grade


def wire(name):
    """A name as it stands in a message (RFC 1035 section 3.1)."""
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


class NameServer(asyncio.DatagramProtocol):
    """Knows the records of one service, and nothing else."""

    def __init__(self):
        self.records = {}
        """By the name that is asked for: priority, weight, port and target."""
        self.asked = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        end = data.index(b"\0", 12) + 5
        question, labels, at = data[12:end], [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += 1 + data[at]
        name = ".".join(labels)
        self.asked.append(name)
        records = self.records.get(name, [])
        answers = b""
        for priority, weight, port, target in records:
            rest = struct.pack("!HHH", priority, weight, port) + wire(target)
            answers += b"\xc0\x0c" + struct.pack("!HHIH", 33, 1, 60, len(rest)) + rest
        flags = 0x8180 if records else 0x8183
        head = data[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0)
        self.transport.sendto(head + question + answers, address)


@pytest.fixture
async def names(monkeypatch):
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    resolver = aiodns.DNSResolver(nameservers=["127.0.0.1"], udp_port=port, tries=1, timeout=5)
    monkeypatch.setattr(examination, "default_resolver", lambda _: resolver)
    yield server
    await resolver.close()
    transport.close()


async def found(**more):
    config = Adapter.NetworkConfig(**{"jid": "hub@example.invalid", "password": "x", **more})
    return [finding async for finding in examination.examine(config)]


async def test_the_servers_that_the_dns_names(names):
    """In their order (RFC 6120 section 3.2.1); a name that leads nowhere is told of each."""
    names.records["_xmpp-client._tcp.example.invalid"] = [
        (20, 0, 5223, "second.example.invalid"),
        (10, 0, 5222, "first.example.invalid"),
    ]
    srv, *others = await found()
    assert (srv.subject, srv.grade) == ("srv", Grade.WELL)
    shown = "first.example.invalid port 5222, second.example.invalid port 5223"
    assert srv.sentence == f"the DNS names {shown} for example.invalid"
    assert [(one.subject, one.grade) for one in others] == [("name", Grade.WRONG)] * 2


async def test_direct_tls_has_a_record_of_its_own(names):
    """XEP-0368 section 3."""
    await found(tls="direct")
    assert names.asked == ["_xmpps-client._tcp.example.invalid"]


async def test_a_domain_without_records_is_its_own_server(names):
    srv, name = await found()
    assert srv.grade is Grade.WELL
    assert "so that example.invalid itself is taken for the server" in srv.sentence
    assert (name.subject, name.grade) == ("name", Grade.WRONG)


async def test_a_domain_that_has_no_such_service(names):
    """Its target is the root (RFC 2782)."""
    names.records["_xmpp-client._tcp.example.invalid"] = [(0, 0, 0, ".")]
    (srv,) = await found()
    assert (srv.subject, srv.grade) == ("srv", Grade.WRONG)
    assert "it has no such service" in srv.sentence
