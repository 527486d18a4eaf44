"""Whose request it is (RFC 7239 section 8.1: what a client wrote itself is worth nothing)."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.livechat.guard.addresses import address_key, address_of_client, forwarded_for

PROXIES = [ipaddress.ip_network(one) for one in ("127.0.0.1", "10.0.0.0/8", "fd00::/64")]


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),  # no proxy of ours
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["192.0.2.1, 203.0.113.9"], "203.0.113.9"),  # the client's own word stands left
        ("127.0.0.1", ["192.0.2.1", "203.0.113.9, 10.1.2.3"], "203.0.113.9"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["203.0.113.9, unknown"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9:5417"], "203.0.113.9"),
        ("127.0.0.1", ["[2001:db8::7]:5417"], "2001:db8::7"),
        ("127.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("fd00::5", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("fe80::1%eth0", [], "fe80::1"),
    ],
)
def test_the_client_is_who_stands_before_our_proxies(peer: str, headers: list[str], client: str):
    assert address_of_client(peer, forwarded_for(headers), PROXIES) == ipaddress.ip_address(client)


def test_no_address_is_nobodys():
    assert address_of_client("", [], PROXIES) is None


@given(st.lists(st.text(st.characters(exclude_characters=","))))
def test_what_a_client_writes_itself_never_counts(invented: list[str]):
    headers = [", ".join([*invented, "203.0.113.9"])]
    assert address_of_client("127.0.0.1", forwarded_for(headers), PROXIES) == ipaddress.ip_address(
        "203.0.113.9"
    )


def test_who_has_half_of_an_address_is_one():
    def key(text: str, secret: bytes = b"k" * 32) -> str:
        return address_key(secret, ipaddress.ip_address(text))

    assert key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9")
    assert key("2001:db8:1:2::1") != key("2001:db8:1:3::1")
    assert key("203.0.113.9") != key("203.0.113.10")
    assert key("203.0.113.9") != key("203.0.113.9", b"l" * 32)
    assert "203" not in key("203.0.113.9") or len(key("203.0.113.9")) == 32
