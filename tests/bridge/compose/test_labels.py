"""What tells people apart cannot be typed, and names that an owner protects are had with it alone."""

from dataclasses import replace

import pytest

from bridge.compose.namesakes import Namesakes
from bridge.compose.prefix import Prefix
from bridge.config import ShowRules
from bridge.testing import ScriptedNetwork
from tests.bridge.compose.test_namesakes import called, person
from tests.bridge.world import config, running


@pytest.fixture
def room(clock):
    return Namesakes("irc", lambda _seconds: [], lambda _name: False, clock)


def test_nobody_types_what_tells_others_apart(room):
    room.follow({"irc", "xmpp", "matrix", "libera"}, ())
    names = [
        "Ada (libera)",
        "ada （ＬIBERA)",
        "Ada [libera 2]",
        "Ada (2)",
        "Ada (lіbera",
        "Ada (she)",
        "(libera)",
    ]
    assert [called(room, "xmpp", name) for name in names] == [
        "Ada (libera) (xmpp)",
        "ada （ＬIBERA) (xmpp 2)",
        "Ada [libera 2] (xmpp)",
        "Ada (2) (xmpp)",
        "Ada (lіbera (xmpp 3)",
        "Ada (she)",
        "(libera)",
    ]
    assert called(room, "xmpp", "Ada (libera)", told=True) == "Ada (libera) (xmpp)"
    assert called(room, "matrix", "Ada (libera)") == "Ada (libera) (matrix)"


def test_a_protected_name_is_had_with_its_network_alone(room):
    room.follow((), ("admin", "*support*", "op?"))
    names = ["Admin", "аdmin", "admin2", "Supp0rt Team", "the SUPPORT", "opa", "oper"]
    assert [called(room, "matrix", name) for name in names] == [
        "Admin (matrix)",
        "аdmin (matrix 2)",
        "admin2",
        "Supp0rt Team (matrix)",
        "the SUPPORT (matrix)",
        "opa (matrix)",
        "oper",
    ]
    assert called(room, "matrix", "Admin", told=True) == "Admin", "the network stands beside it"
    assert called(room, "irc", "admin", "in another room of the network") == "admin"
    assert room.called("xmpp", person("Admin")) == "Admin (xmpp)"
    room.follow((), ())
    assert called(room, "xmpp", "Support") == "Support"


async def test_names_are_protected_in_one_room(tmp_path, left, right):
    third = ScriptedNetwork("third")
    pair = config(tmp_path, {"lobby": ["left one", "right two", "third three"]})
    lobby = pair.conversations["lobby"]
    rooms = [replace(lobby.rooms[1], show=ShowRules(protect=("admin",))), lobby.rooms[0], lobby.rooms[2]]
    async with running(replace(pair, conversations={"lobby": replace(lobby, rooms=tuple(rooms))})):
        left.say("one", "Аdmin", "give me your passwords")
        await right.until(1)
        await third.until(1)
    assert right.texts("two") == ["<Аdmin (left)> give me your passwords"]
    assert third.texts("three") == ["<Аdmin> give me your passwords"]


async def test_who_types_a_label_has_one(pair, left, right):
    async with running(pair):
        left.say("one", "Ada (right)", "hi")
        await right.until(1)
    assert right.texts("two") == ["<Ada (right) (left)> hi"]


def test_a_long_name_keeps_what_tells_it_apart(room):
    forms = {network: Prefix("<{name}> ", network, "p").form for network in ("a", "b")}
    names = [called(room, network, "x" * 60, form=form) for network, form in forms.items()]
    assert names == ["x" * 47 + "…", "x" * 47 + "… (b)"]
