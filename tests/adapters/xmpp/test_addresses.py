"""Addresses of people from elsewhere: theirs alone, whatever they are called, and the same on all servers."""

from hypothesis import given
from hypothesis import strategies as st
from slixmpp import JID

from adapters.xmpp.rooms.addresses import address_of, key_of, nick_of

COMPONENT = "hubbub.example.org"
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(KEYS)
def test_an_address_leads_back_to_whose_it_is(key):
    address = address_of(key, COMPONENT)
    if address is not None:
        assert key_of(address) == key


@given(KEYS)
def test_preparation_leaves_an_address_as_it_is(key):
    """RFC 6122, by another maker. ejabberd hands on what was written, Prosody what is prepared."""
    address = address_of(key, COMPONENT)
    if address is not None:
        assert str(JID(address)) == address


def test_an_address_is_read_by_people():
    """XEP-0106: the ten characters that it names are written as it says, so that clients show them."""
    wanted = r"irc\2fada\20l\21\7eada\40example.org"
    assert address_of("irc/ada l!~ada@example.org", COMPONENT) == f"{wanted}@{COMPONENT}"
    assert address_of("x" * 2000, COMPONENT) is None


def test_names_become_nicks():
    assert nick_of("Ada Lovelace") == "Ada Lovelace"
    assert nick_of("Ada \U0001f600") == "Ada"
    assert nick_of("\U0001f600") == "somebody"
    assert nick_of("北京") == "北京"
    assert nick_of("a/b") == "a/b"
    assert len(nick_of("ä" * 500).encode()) <= 120


@given(st.text(max_size=200))
def test_a_nick_is_one_that_servers_take(name):
    assert JID(f"room@example.org/{nick_of(name)}").resource
