"""State that changes, who comes and goes, who types; sections are those of the client-server API."""

import pytest
from hypothesis import given

from adapters.matrix.decode import Typists, pictured, told
from adapters.matrix.rooms.keeping import PastRules
from adapters.matrix.rooms.power_levels import level_of, needed_for_state
from adapters.matrix.session import Session
from bridge import (
    Change,
    MemberChanged,
    NameChanged,
    RoomId,
    Sender,
    TopicChanged,
    UserId,
)

from .test_decode import NAMES, OWN, ROOM, _json, event

ALICE = Sender(UserId("@alice:s"), "Alice")
MOD = Sender(UserId("@mod:s"), "mod")


def tell(content, before=None, *, members=True, **fields):
    unsigned = {} if before is None else {"unsigned": {"prev_content": before}}
    fields = {"state_key": "", **unsigned, **fields}
    return told({**event(content), **fields}, ROOM, NAMES, OWN, replayed=False, members=members)


def member(now, before, *, sender="@alice:s", user="@alice:s", members=True, reason=None):
    def content(membership):
        name, _, shown = membership.partition(" ")
        return {"membership": name, **({"displayname": shown} if shown else {})}

    now = content(now) | ({"reason": reason} if reason else {})
    before = None if before is None else content(before)
    fields = {"type": "m.room.member", "sender": sender, "state_key": user}
    return tell(now, before, members=members, **fields)


@pytest.mark.parametrize("before", [None, {"topic": "tea"}, {"topic": ["odd"]}])
def test_a_topic(before):
    """Section "m.room.topic"."""
    assert tell({"topic": "cake\0", "hubbub.txn": "1.ab"}, before, type="m.room.topic") == TopicChanged(
        id="$e", room=ROOM, sender=ALICE, topic="cake", at=1_700_000_000.5, mark="1.ab"
    )


def test_a_name():
    """Section "m.room.name"."""
    found = tell({"name": "Kitchen"}, {"name": "Hall"}, type="m.room.name")
    assert found == NameChanged(id="$e", room=ROOM, sender=ALICE, name="Kitchen", at=1_700_000_000.5)


@pytest.mark.parametrize(
    "fields",
    [
        {"unsigned": {"prev_content": {"topic": "cake"}}},
        {"prev_content": {"topic": "cake"}},
        {"sender": OWN},
        {"state_key": "x"},
        {"sender": "odd"},
        {"event_id": ""},
        {"type": "m.room.avatar"},
    ],
)
def test_what_is_no_change(fields):
    assert tell({"topic": "cake"}, **{"type": "m.room.topic", **fields}) is None
    assert tell({}, type="m.room.topic") is None


@pytest.mark.parametrize(
    ("now", "before", "sender", "change"),
    [
        ("join Alice", None, "@alice:s", Change.JOINED),
        ("join Alice", "leave", "@alice:s", Change.JOINED),
        ("join Alice", "invite", "@alice:s", Change.JOINED),
        ("leave", "join Alice", "@alice:s", Change.LEFT),
        ("leave", "join Alice", "@mod:s", Change.KICKED),
        ("ban", "join Alice", "@mod:s", Change.BANNED),
        ("ban", "leave", "@mod:s", Change.BANNED),
        ("leave", "ban", "@mod:s", Change.UNBANNED),
    ],
)
def test_who_comes_and_goes(now, before, sender, change):
    """Section "m.room.member"."""
    by = None if sender == "@alice:s" else MOD
    assert member(now, before, sender=sender, reason="so") == MemberChanged(
        room=ROOM, sender=ALICE, change=change, reason="so", by=by
    )


@pytest.mark.parametrize(
    ("now", "before", "sender"),
    [
        ("invite", None, "@mod:s"),
        ("leave", "invite", "@alice:s"),
        ("leave", "invite", "@mod:s"),
        ("ban", "ban", "@mod:s"),
        ("join Alice", "join Alice", "@alice:s"),
        ("odd", "join", "@alice:s"),
    ],
)
def test_what_is_neither(now, before, sender):
    assert member(now, before, sender=sender) is None


def test_a_new_name():
    renamed = member("join Al", "join Alice")
    assert (renamed.change, renamed.sender, renamed.name) == (Change.RENAMED, ALICE, "Al")
    assert member("join", "join Alice").name == "alice"
    first = member("join Al", "join")
    assert (first.sender.name, first.name) == ("alice", "Al")


def picture(now, before, *, user="@alice:s"):
    """Whose picture is another after a step from one content to another; None: nobody's."""
    fields = {"type": "m.room.member", "state_key": user, "sender": user}
    found = pictured(
        {**event(now), **fields, "unsigned": {"prev_content": before}}, ROOM, {"@alice:s": "Al"}, OWN
    )
    return found and (found.change, found.sender.id, found.sender.name)


IN, RED, BLUE = {"membership": "join"}, {"avatar_url": "mxc://s/red"}, {"avatar_url": "mxc://s/blue"}
CHANGED = (Change.PICTURED, "@alice:s", "Al")


@pytest.mark.parametrize(
    ("now", "before", "news"),
    [
        (IN | RED, IN, CHANGED),
        (IN | RED, IN | BLUE, CHANGED),
        (IN, IN | BLUE, CHANGED),
        (IN | {"avatar_url": 7}, IN | BLUE, CHANGED),
        (IN | RED | {"displayname": "Al"}, IN | BLUE, CHANGED),
        (IN | RED, IN | RED, None),
        (IN | RED | {"displayname": "Al"}, IN | RED, None),
        (IN | RED, {"membership": "leave"}, None),
        ({"membership": "leave"}, IN | RED, None),
        (IN | RED, {}, None),
    ],
)
def test_another_picture(now, before, news):
    assert picture(now, before) == news


def test_our_own_picture_is_no_news():
    assert picture(IN | RED, IN, user=OWN) is None


def test_nothing_of_us_and_nothing_of_the_past():
    assert member("join", None, sender=OWN, user=OWN) is None
    assert member("ban", "join", sender="@mod:s", user=OWN) is None
    assert member("join Alice", None, members=False) is None
    # A person whom we threw out would be news; we never do.
    assert member("leave", "join Alice", sender=OWN).by.id == OWN


def test_typing():
    """Section "Typing Notifications": each event has all who type."""
    typists = Typists()

    def hear(*users, wire="!r"):
        ephemeral = {"events": [{"type": "m.typing", "content": {"user_ids": list(users)}}]}
        return [
            (change.sender.id, change.typing) for change in typists.heard(wire, ephemeral, ROOM, NAMES, OWN)
        ]

    assert hear("@alice:s", OWN, 5, "odd") == [("@alice:s", True)]
    assert hear("@alice:s") == []
    assert hear("@alice:s", wire="!other") == [("@alice:s", True)]
    assert hear("@bob:s") == [("@alice:s", False), ("@bob:s", True)]
    assert hear() == [("@bob:s", False)]
    odd = {"events": [{"type": "m.receipt"}, {"type": "m.typing", "content": {"user_ids": "odd"}}]}
    assert typists.heard("!r", odd, ROOM, NAMES, OWN) == []


@pytest.mark.parametrize(
    ("levels", "fixed"),
    [
        ({}, True),
        ({"users": {OWN: 50}}, False),
        ({"users_default": 50}, False),
        ({"events": {"m.room.topic": 0}}, False),
        ({"state_default": "0"}, False),
        ({"users": {OWN: 50}, "events": {"m.room.topic": 100}}, True),
    ],
)
def test_who_may_set_the_topic(levels, fixed):
    """Section "m.room.power_levels"."""
    session = Session(OWN)
    state = {"type": "m.room.power_levels", "state_key": "", "sender": "@a:s", "content": levels}
    session.learn("!r", state)
    assert ("!r" in session.fixed_topics) is fixed
    session.learn("!r", {**state, "content": {"users": {OWN: 100}}})
    assert "!r" not in session.fixed_topics
    assert level_of({"users": {OWN: True}}, OWN) in (0, 1)
    assert needed_for_state({"events": []}, "m.room.topic") == 50


def test_how_long_a_room_wants_to_be_kept_and_who_reads_its_past():
    """MSC1763 and section "m.room.history_visibility": what is not said is "shared"."""
    session = Session(OWN)

    def learn(kind, **content):
        session.learn("!r", {"type": kind, "state_key": "", "sender": "@a:s", "content": content})
        return session.keeping["!r"]

    assert learn("m.room.create", room_version="11") == PastRules(None, True)
    assert learn("m.room.retention", min_lifetime=1, max_lifetime=86_400_000) == PastRules(86_400.0, True)
    visible = [
        ("joined", False),
        ("invited", False),
        ("shared", True),
        ("world_readable", True),
        ("odd", None),
    ]
    for word, is_open in visible:
        assert learn("m.room.history_visibility", history_visibility=word) == PastRules(86_400.0, is_open)
    for odd in (
        {},
        {"max_lifetime": "1"},
        {"max_lifetime": True},
        {"max_lifetime": -5},
        {"max_lifetime": None},
    ):
        assert learn("m.room.retention", **odd) == PastRules(None, None)
    session.left("!r")
    assert "!r" not in session.keeping, "nobody tells us any more"


@given(_json, _json)
def test_nothing_is_too_odd(value, other):
    for kind in ("m.room.topic", "m.room.name", "m.room.member"):
        for key in ("", "@bob:s"):
            told(
                {**event(value), "type": kind, "state_key": key, "unsigned": {"prev_content": other}},
                RoomId("#r:s"), NAMES, OWN, replayed=False, members=True,
            )  # fmt: skip
    told(value, ROOM, NAMES, OWN, replayed=False, members=True)
    for one in (
        value,
        {**event(value), "type": "m.room.member", "state_key": "@bob:s", "prev_content": other},
    ):
        pictured(one, ROOM, NAMES, OWN)
    Typists().heard("!r", value, ROOM, NAMES, OWN)
