"""The settings, and rooms as people write them."""

import pytest
from pydantic import ValidationError

from adapters.onebot import Adapter

from .implementation import TOKEN

FORWARD = {"url": "ws://127.0.0.1:3001", "access_token": TOKEN}


def config(**settings):
    return Adapter.NetworkConfig.model_validate(settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "ws://127.0.0.1:3001"}, "access_token"),
        ({"listen": "6700"}, "access_token"),
        ({**FORWARD, "access_token": ""}, "must be one word"),
        ({**FORWARD, "access_token": "a b"}, "must be one word"),
        ({"access_token": TOKEN}, "give url, to connect to the implementation, or listen"),
        ({**FORWARD, "listen": "6700"}, "give url, to connect to the implementation, or listen"),
        ({**FORWARD, "url": "http://127.0.0.1:3001"}, "must be an address such as ws://"),
        ({**FORWARD, "url": f"ws://127.0.0.1/?access_token={TOKEN}"}, "those belong into access_token"),
        ({"listen": "127.0.0.1:99999", "access_token": TOKEN}, "and a port"),
        ({"listen": "nowhere", "access_token": TOKEN}, "and a port"),
        ({**FORWARD, "ca_file": "/x.pem"}, "begins with wss://"),
        ({**FORWARD, "pace": {"burst": 0}}, "greater than or equal to 1"),
    ],
)
def test_mistakes(settings, words):
    with pytest.raises(ValidationError) as error:
        config(**settings)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("listen", "place"),
    [
        ("6700", "127.0.0.1:6700"),
        ("0.0.0.0:6700", "0.0.0.0:6700"),
        ("[::1]:6700", "[::1]:6700"),
        ("bridge.example.org:6700", "bridge.example.org:6700"),
    ],
)
def test_where_it_listens(listen, place):
    """On this machine alone, unless the owner says otherwise."""
    assert config(listen=listen, access_token=TOKEN).listen == place


def test_others_need_a_long_token():
    with pytest.raises(ValidationError, match="needs a token"):
        config(listen="0.0.0.0:6700", access_token="short")


def test_the_token_is_not_shown():
    assert TOKEN not in repr(config(**FORWARD))


@pytest.mark.parametrize(
    ("written", "room"),
    [
        ("group:123456", "group:123456"),
        (" Group:10000000000 ", "group:10000000000"),
        ("private:2854196310", "private:2854196310"),
    ],
)
def test_rooms(written, room):
    assert Adapter.room_id(written) == room


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("123456", 'write "group:123456"'),
        ("#tea", 'write "group:123456"'),
        ("group:0123", 'write "group:0123"'),
        ("group:٣", "is no QQ group"),
        ("group:" + "1" * 40, "is no QQ group"),
    ],
)
def test_what_is_no_room(written, advice):
    with pytest.raises(ValueError, match="is no QQ group") as error:
        Adapter.room_id(written)
    assert advice in str(error.value)
