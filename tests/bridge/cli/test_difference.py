"""What a reload changes, in sentences, also where that is much."""

import pytest

from bridge.cli.difference import sentences


def told(**changes):
    lists = ("settings", "renamed", "started", "stopped", "connected_anew", "kept", "joined", "left")
    answer = dict.fromkeys((*lists, "restart_for"), ()) | {"dry_run": True, "arrived": {}} | changes
    return [sentence for sentence, _ in sentences(answer)]


def setting(place, key, old, new):
    return {"place": place, "key": key, "old": old, "new": new}


def test_many_rooms_are_counted_and_the_first_named():
    rooms = [f"libera #room-{n}" for n in range(900)]
    first = ", ".join(rooms[:8])
    assert told(joined=rooms) == [f"It would join 900 rooms: {first} and 892 more."]
    left = [{"room": room, "given_up": 0, "note": ""} for room in rooms]
    left[3]["given_up"] = 2
    assert told(left=left, dry_run=False) == [
        f"It left 899 rooms: {', '.join([*rooms[:3], *rooms[4:9]])} and 891 more.",
        "It left libera #room-3, and gave up 2 messages for it.",
    ]


def test_what_changes_alike_in_many_places_is_one_sentence():
    names = [f"conversation c{n}" for n in range(12)]
    assert told(settings=[setting(name, "prefix", "nothing", "{name}: ") for name in names]) == [
        f'12 places: {", ".join(names[:8])} and 4 more: prefix would be "{{name}}: "; it is not set now.'
    ]


def test_conversations_come_and_go():
    new = [setting("", "conversation", "nothing", name) for name in ("tea", "all")]
    gone = [setting("", "conversation", "lobby", "nothing")]
    assert told(settings=new + gone) == [
        'There would be 2 new conversations: "tea" and "all".',
        'The conversation "lobby" would be gone.',
    ]
    assert told(settings=new[:1] + gone, dry_run=False) == [
        'There is a new conversation: "tea".',
        'The conversation "lobby" is gone.',
    ]


@pytest.mark.parametrize(
    ("old", "new", "would", "did"),
    [
        ("7d", "1d", "would be 1d instead of 7d", "is now 1d instead of 7d"),
        ("a secret", "another", "would be another", "is now another"),
        ("Ann", "nothing", "would not be set any more; it is Ann", "is not set any more; it was Ann"),
        ("not in it", "in it", "would be in it", "is now in it"),
        ("in it", "not in it", "would no longer be in it", "is no longer in it"),
    ],
)
def test_a_value(old, new, would, did):
    changes = [setting("a", "key", old, new)]
    assert told(settings=changes) == [f"a: key {would}."]
    assert told(settings=changes, dry_run=False) == [f"a: key {did}."]


def test_very_many_settings_are_not_all_told():
    sentences = told(settings=[setting("a", f"key{n}", "1", "2") for n in range(100)])
    assert len(sentences) == 41
    assert sentences[-1] == "60 more changes of settings: --json tells them all."


def test_what_waits_for_a_restart_and_what_did_not_change():
    assert told(restart_for=["media", "web"], kept=["a", "b", "c"]) == [
        "What is new in media and web counts after a restart of the service.",
        "a, b and c would keep their connections.",
    ]
    assert told(kept=["a"]) == []
