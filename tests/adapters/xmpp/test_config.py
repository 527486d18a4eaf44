"""What the owner may write."""

import pytest
from pydantic import ValidationError

from adapters.xmpp import Adapter

GOOD = {"jid": "Hubbub@Example.org", "password": "x"}


def test_the_least():
    config = Adapter.NetworkConfig(**GOOD)
    assert (config.jid, config.domain, config.name) == ("hubbub@example.org", "example.org", "hubbub")
    assert (config.tls, config.resource, config.address) == ("starttls", "hubbub", None)


def test_the_demo_s_own():
    config = Adapter.NetworkConfig(**GOOD, server="127.0.0.1", port="5222", tls="none")
    assert config.address == ("127.0.0.1", 5222)
    assert Adapter.NetworkConfig(**GOOD, server="x.y", tls="direct").address == ("x.y", 5223)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"jid": "example.org"}, "hubbub@example.org"),
        ({"jid": "a b@c"}, "hubbub@example.org"),
        ({"password": ""}, "not empty"),
        ({"password": "a\nb"}, "one line"),
        ({"tls": "none"}, "only for a server on this machine"),
        ({"tls": "none", "server": "xmpp.example.org"}, "only for a server on this machine"),
        ({"tls": "none", "server": "localhost", "ca_file": "a.pem"}, "ca_file goes with TLS"),
        ({"tls": "maybe"}, "starttls"),
        ({"port": 5222}, "port goes with server"),
        (
            {"proxy": "socks5://127.0.0.1:9050"},
            "proxy goes with server: behind a proxy nobody here asks the DNS",
        ),
        ({"server": "a b"}, "name or address"),
        ({"server": "xmpp.example.org:5222"}, 'write "xmpp.example.org", and port: 5222 beside it'),
        ({"server": "xmpp://xmpp.example.org"}, 'write "xmpp.example.org"'),
        ({"jid": "a@b.c/bot"}, 'write "a@b.c", and resource: beside it'),
        ({"nick": ""}, "not empty"),
        ({"nick": "a\x00b"}, "one line"),
        ({"resource": "x" * 300}, "255 bytes"),
        ({"colour": "red"}, "extra"),
    ],
)
def test_what_makes_no_sense(more, words):
    with pytest.raises(ValidationError, match=words):
        Adapter.NetworkConfig(**{**GOOD, **more})


@pytest.mark.parametrize(
    ("text", "room"),
    [
        ("Lobby@Rooms.Example.org", "lobby@rooms.example.org"),
        (" lobby@rooms.example.org ", "lobby@rooms.example.org"),
        ("xmpp:lobby@rooms.example.org?join", "lobby@rooms.example.org"),
        ("BÜRO@muc.x.y", "büro@muc.x.y"),
        ("xmpp:%23irc%25chat.example@gateway.example?join", "#irc%chat.example@gateway.example"),
        ("#IRC%chat.example@gateway.example", "#irc%chat.example@gateway.example"),
        ("#irc", None),
        ("#irc:matrix.example", None),
    ],
)
def test_a_room(text, room):
    """RFC 7622 section 3: addresses that differ in case are the same."""
    if room is None:
        with pytest.raises(ValueError, match="is not an XMPP room"):
            Adapter.room_id(text)
    else:
        assert Adapter.room_id(text) == room


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "write room and server"),
        ("#lobby", "look like room@"),
        ("lobby", "write room and server"),
        ("@muc.x", "write room and server"),
        ("lobby@", "write room and server"),
        ("a b@c.d", "holds a space"),
        ("a@b.c/nick", "remove the slash"),
        ("a@b@c", "sign that an address cannot have"),
        ("https://xmpp.link/#lobby@muc.x?join", 'write "lobby@muc.x"'),
        ("xmpp://lobby@muc.x?join", 'write "lobby@muc.x"'),
        ("xmpp:lobby@muc.x?join;password=secret", 'write "lobby@muc.x", and password: beside it'),
        ("x" * 5000, "longer than"),
        ("a\x00@b.c", "sign that an address cannot have"),
    ],
)
def test_what_is_no_room(text, words):
    with pytest.raises(ValueError, match=words):
        Adapter.room_id(text)
