"""What an owner may write for a Matrix network and room."""

import pytest
from pydantic import ValidationError

from adapters.matrix.config import MatrixNetwork, MatrixRoom, room_id

GOOD = {"homeserver": "https://matrix.example.org", "user": "@hubbub:example.org", "password": "p"}


def test_what_is_needed():
    network = MatrixNetwork(**{**GOOD, "homeserver": "https://matrix.example.org/"})
    assert network.homeserver == "https://matrix.example.org"
    assert "'p'" not in repr(network)
    assert MatrixNetwork(**{**GOOD, "homeserver": "http://127.0.0.1:8008"})
    assert MatrixNetwork(**{**GOOD, "homeserver": "http://matrix.example.org", "insecure": True})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"homeserver": "matrix.example.org"}, 'write "https://matrix.example.org"'),
        ({"homeserver": "localhost:8448"}, 'write "https://localhost:8448"'),
        ({"homeserver": "https://a.b/_matrix"}, 'write "https://a.b"'),
        ({"homeserver": "https://a.b/sub/_matrix/client/v3/"}, 'write "https://a.b/sub"'),
        ({"homeserver": "https://app.element.io/#/home"}, "address such as"),
        ({"user": "hubbub@example.org"}, 'write "@hubbub:example.org"'),
        ({"homeserver": "https://"}, "address such as"),
        ({"homeserver": "https://a:99999"}, "ort"),
        ({"homeserver": "https://a:b@c"}, "use user and password"),
        ({"homeserver": "http://matrix.example.org"}, "must be https"),
        ({"user": "hubbub"}, "full Matrix id"),
        ({"user": "@hubbub"}, "full Matrix id"),
        ({"password": None}, "either token or password"),
        ({"token": "t"}, "either token or password"),
        ({"token": "t", "password": None, "device_id": "D"}, "device_id goes with password"),
        ({"invites_from": ["alice"]}, "invites_from takes"),
        ({"invite_from": []}, "Extra inputs"),
    ],
)
def test_mistakes_are_told(change, sentence):
    with pytest.raises(ValidationError) as caught:
        MatrixNetwork(**{**GOOD, **change})
    assert sentence in str(caught.value)


def test_via():
    assert MatrixRoom(via=("example.org", "a.b:8448", "[::1]:80")).via[0] == "example.org"
    with pytest.raises(ValidationError, match="server names"):
        MatrixRoom(via=("https://example.org",))


@pytest.mark.parametrize(
    ("text", "room"),
    [
        ("#Lobby:Example.ORG", "#Lobby:example.org"),
        (" #a:b:8448 ", "#a:b:8448"),
        ("!AbC:Example.org", "!AbC:example.org"),
        ("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"),
        ("#ein zimmer:a".replace(" ", "_"), "#ein_zimmer:a"),
    ],
)
def test_rooms(text, room):
    """Appendices, "Room aliases" and "Room IDs": only the server's name knows no case."""
    assert room_id(text) == room


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lobby", "#alias:server"),
        ("@alice:s", "is a user"),
        ("lobby:example.org", 'write "#lobby:example.org"'),
        ("https://matrix.to/#/#lobby:s", 'write room: "#lobby:s"'),
        ("https://matrix.to/#/%23lobby%3As?via=a.b", 'write room: "#lobby:s"'),
        ("https://matrix.to/#/!x:s?via=a.b&via=c.d", 'write room: "!x:s", and via: [a.b, c.d] beside it'),
        ("https://app.element.io/#/room/#lobby:s", 'write room: "#lobby:s"'),
        ("matrix:r/lobby:s", 'write room: "#lobby:s"'),
        ("matrix:roomid/x:s?via=a.b", 'write room: "!x:s", and via: [a.b] beside it'),
        ("https://example.org/lobby", "a link is not a Matrix room"),
        ("#lobby", "names no server: write it as #lobby:example.org"),
        ("#:s", "names no server"),
        ("#a b:s", "no spaces"),
        ("#a\x00:s", "no spaces"),
        ("!", "names no server"),
        ("#" + "é" * 200 + ":s", "255 bytes"),
    ],
)
def test_what_is_no_room(text, sentence):
    with pytest.raises(ValueError) as caught:
        room_id(text)
    assert sentence in str(caught.value)
