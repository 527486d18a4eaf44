"""What NapCat, LLBot and Lagrange send, by their documentation and their sources, becomes of it what it says.

Each row of a file in `frames` is a frame of one of them, and the event that it is; null: none.
"""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.onebot import decode
from bridge import MemberChanged, MessageCreated, NameChanged, Removed, UserId

OWN = "2854196310"
NAMES = {"3010203040": "Ada", "3010203041": "Grace", OWN: "hubbub"}
ROWS = [
    pytest.param(row["frame"], row["event"], id=f"{path.stem}: {row['what']}")
    for path in sorted((Path(__file__).parent / "frames").glob("*.json"))
    for row in json.loads(path.read_text())
]


def decoded(frame):
    room = decode.room_of(frame, OWN)
    return room and decode.event(frame, room, OWN, NAMES)


def shown(event):
    """Return an event as the files tell of it."""
    said = {"kind": type(event).__name__}
    if event is None:
        return None
    who = event.sender
    said["sender"] = [who.id, who.name]
    match event:
        case MessageCreated(content=content):
            said |= {"id": event.id, "text": content.text}
            said |= {"reply_to": event.reply_to} if event.reply_to else {}
            if mentions := [span.mention for span in content.spans if span.mention is not None]:
                said["mentions"] = mentions
            if files := content.attachments:
                said["files"] = [[file.kind, file.address, file.name, file.size] for file in files]
            said |= {"voice": True} if any(file.voice for file in files) else {}
        case Removed():
            said |= {"target": event.target, "by_moderator": event.by_moderator}
        case MemberChanged():
            said |= {"change": event.change} | ({"name": event.name} if event.name else {})
            said |= {"by": [event.by.id, event.by.name]} if event.by else {}
        case NameChanged():
            said["name"] = event.name
    return said


@pytest.mark.parametrize(("frame", "event"), ROWS)
def test_what_it_becomes(frame, event):
    found = decoded(frame)
    assert shown(found) == event
    if isinstance(found, MessageCreated):
        assert (found.room, found.at) == ("group:921100334455", 1788000000.0)


_ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text()), st.just({})
)


@settings(max_examples=100)
@given(st.data(), _ANYTHING)
def test_nothing_that_is_sent_raises(data, anything):
    """A frame with anything in the place of anything in it is an event, or none."""
    part = frame = copy.deepcopy(data.draw(st.sampled_from(ROWS)).values[0])
    while True:
        key = data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        if not isinstance(part[key], (dict, list)) or not part[key] or data.draw(st.booleans()):
            break
        part = part[key]
    part[key] = anything
    decoded(frame)


def test_a_private_chat_is_the_other_person():
    frame = {"message_type": "private", "user_id": 5, "group_id": 7}
    assert decode.room_of(frame, OWN) == "private:5"
    assert decode.room_of({**frame, "user_id": int(OWN), "target_id": 6}, OWN) == "private:6"


def test_a_time_in_milliseconds():
    assert decode.at({"time": 1788000000123}) == 1788000000.123
    assert decode.at({"time": float("nan")}) is None


def test_who_bears_no_name_bears_their_number():
    assert decode.sender_of({"user_id": 5}, {}) == decode.Sender(UserId("5"), "5")
