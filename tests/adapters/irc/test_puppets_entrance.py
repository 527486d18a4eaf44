"""What servers say when they do not let somebody in, each as it was seen, and what is made of it."""

import pytest

from adapters.irc.puppets.entrance import Entrance
from bridge import Rejected
from bridge.testing import HandClock

ROOM = "#lobby"
_CALM = {"killed": False, "others": True}
_LINK = "Closing link: (1TTAAAAAD@127.0.0.1) [{}]"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def entrance(clock):
    return Entrance("irc.example.org", clock)


def end(entrance, key, said, *, killed=False, others=False):
    entrance.ended(key, key.title(), said, killed=killed, others=others)
    entrance.refuse(key, said)


@pytest.mark.parametrize(
    "said",
    [
        _LINK.format("No more connections allowed from your host via this connect class (local)"),  # InspIRCd
        _LINK.format(
            "Z-lined: Your IP range has been attempting to connect too many times in too short a duration. "
            "Wait a while, and you will be able to connect."
        ),
        _LINK.format("Throttled"),
        "Connection refused, too many connections from your IP address",  # ngIRCd
        "Connection limit reached",
        _LINK.format("WEBIRC: you don't match any configured WebIRC hosts."),
    ],
)
def test_what_holds_for_all_holds_nobody_for_long_at_first(entrance, clock, said):
    end(entrance, "ada", said)
    assert entrance.is_shut
    clock.move(601)
    assert not entrance.is_shut
    entrance.admit(ROOM, "bob", "Bob")


@pytest.mark.parametrize(
    "said",
    [
        _LINK.format("K-lined: go away"),
        _LINK.format("G-lined: too many bad words, password was leaked, limit reached"),
        _LINK.format("Z-lined: no reason"),
        'Access denied: "go away" (G-Line)',  # ngIRCd, at the door
        'G-Line by "root": "go away"',  # and inside
    ],
)
def test_who_is_banned_is_alone_with_it_as_long_as_others_are_let_in(entrance, clock, said):
    end(entrance, "ada", said, others=True)
    assert not entrance.is_shut
    with pytest.raises(Rejected, match=r"Ada is banned from irc\.example\.org") as refused:
        entrance.admit(ROOM, "ada", "Ada")
    assert refused.value.alone
    entrance.admit(ROOM, "bob", "Bob")
    clock.move(3601)
    entrance.admit(ROOM, "ada", "Ada")


def test_a_ban_that_meets_everybody_at_once_is_nobodys_own(entrance):
    for key, others in (("ada", True), ("bob", True), ("eve", False)):
        end(entrance, key, "K-lined: no bridges", others=others)
    assert entrance.is_shut
    for key in ("ada", "bob", "eve"):
        with pytest.raises(Rejected) as refused:
            entrance.admit(ROOM, key, key)
        assert not refused.value.alone, "the bridge can speak for them"


def test_a_server_that_says_it_in_other_words_is_left_alone_too(entrance, clock, caplog):
    for key in ("ada", "bob", "eve"):
        assert not entrance.is_shut
        end(entrance, key, _LINK.format("No thanks"))
    assert entrance.is_shut
    assert "No thanks" in caplog.text


def test_the_pause_grows_until_somebody_is_let_in(entrance, clock):
    pauses = []
    for _ in range(8):
        end(entrance, "ada", _LINK.format("Throttled"))
        waited = 0
        while entrance.is_shut:
            clock.move(60)
            waited += 60
        pauses.append(waited)
    assert pauses == [60, 120, 240, 480, 960, 1800, 1800, 1800]
    entrance.let_in()
    end(entrance, "ada", _LINK.format("Throttled"))
    clock.move(61)
    assert not entrance.is_shut


@pytest.mark.parametrize(
    "said", ["Killed (NickServ (Nickname enforcement))", "Killed (irc.leaf (Nick collision))"]
)
def test_a_nick_that_costs_a_connection_is_not_taken_again(entrance, said):
    entrance.ended("ada", "Ada", said, killed=True, others=True)
    entrance.admit(ROOM, "ada", "Ada")
    assert entrance.is_held("ADA")
    assert not entrance.is_held("Ada[jabber]")


@pytest.mark.parametrize("ident", ["bane3cfcb", "kill3cfcb", "clon3cfcb", "k-line", "throttled", "limit"])
def test_what_somebody_is_called_is_no_word_of_the_server(entrance, ident):
    entrance.ended("ada", "Ada", f"Closing link: ({ident}@limit.jabber.hubbub) [Ping timeout]", **_CALM)
    assert not entrance.is_shut
    entrance.admit(ROOM, "ada", "Ada")


def test_an_operator_may_be_called_nick(entrance):
    entrance.ended("ada", "Ada", "Killed (Nick (out))", killed=True, others=True)
    assert entrance.is_barred("ada", ROOM)
    assert not entrance.is_held("Ada")


def test_who_is_killed_by_an_operator_is_away_for_a_minute(entrance, clock):
    entrance.ended("ada", "Ada", "Killed (root (out))", killed=True, others=True)
    with pytest.raises(Rejected, match="was sent off the network"):
        entrance.admit(ROOM, "ada", "Ada")
    assert not entrance.is_held("Ada")
    clock.move(61)
    entrance.admit(ROOM, "ada", "Ada")
