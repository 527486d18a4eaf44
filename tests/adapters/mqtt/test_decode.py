"""Payloads, as they come and go, without a broker."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mqtt import Adapter, decode, encode
from adapters.mqtt.decode import Stamp
from adapters.mqtt.memory import TopicMemory
from bridge import Authorship, Kind, MessageId, RoomId, SendMessage, Speaker, Txn, UserId, plain

JSON = Adapter.RoomConfig()
TEXT = Adapter.RoomConfig(payload="text")
ROOM = RoomId("home/hall")
MARK = Stamp("hubbub", 7, Txn("1.0.0.ff"))
BRIDGE = Speaker(Authorship.PREFIX, "alice")
ALICE = Speaker(Authorship.MASQUERADE, "alice", "irc/alice")


def said(payload, config=JSON):
    """What is read of it."""
    data = payload if isinstance(payload, bytes) else payload.encode()
    return decode.event(ROOM, ROOM, data, config, MessageId("fresh"))


def command(text, speaker=ALICE, **more):
    return SendMessage(room=ROOM, speaker=speaker, txn=MARK.txn, content=plain(text), **more)


def test_json_with_a_name():
    event = said('{"name": "Ada", "text": "hello", "id": "17", "kind": "emote", "at": 1700000000}')
    assert (event.sender.name, event.content, event.kind) == ("Ada", plain("hello"), Kind.EMOTE)
    assert event.id == "17\nAda", "an id is its author's word, and names nobody else's message"
    assert event.at == 1_700_000_000


def test_json_with_other_keys():
    keys = Adapter.RoomConfig(name_key="who", text_key="message")
    event = said('{"who": "Ada", "message": "hello", "text": "no"}', keys)
    assert (event.sender.id, event.content) == (UserId("Ada"), plain("hello"))


@pytest.mark.parametrize(
    "payload", ["21.5", '{"temperature": 21.5}', '{"text": 5}', "[1]", '{"text": "', "{}", '{"a":' * 9999]
)
def test_what_else_is_said_is_text(payload):
    event = said(payload)
    assert (event.content, event.sender.name) == (plain(payload), ROOM)
    assert event.id == "fresh"


@pytest.mark.parametrize("payload", [b"", b"  ", b"\xff\xd8\xff\xe0", b'{"text": ""}'])
def test_what_is_no_text_is_not_said(payload):
    assert said(payload) is None


def test_what_is_sent_as_json():
    body = json.loads(encode.payload(command("hi\nthere", kind=Kind.NOTICE, at=12.5), MARK, JSON))
    assert body == {
        "name": "alice",
        "text": "hi\nthere",
        "hubbub": "hubbub/7/1.0.0.ff",
        "kind": "notice",
        "at": 12.5,
    }
    assert "name" not in json.loads(encode.payload(command("hi", BRIDGE), MARK, JSON))
    assert encode.payload(command("<alice> hi", BRIDGE), MARK, TEXT) == b"<alice> hi"


@pytest.mark.parametrize("speaker", [ALICE, BRIDGE])
def test_who_said_it_is_read_again(speaker):
    payload = encode.payload(command("hi", speaker), MARK, JSON)
    assert decode.mark(payload, []) == MARK
    assert decode.account(payload, JSON) == speaker.account


def test_a_mark_beside_the_text():
    assert decode.mark(b"hello", [("other", "1"), ("hubbub", str(MARK))]) == MARK
    for wrong in ("hubbub/7", "hubbub/x/1", "hubbub/7/1/2", "", "hubbub/٣/1", f"hubbub/{'9' * 5000}/1"):
        assert decode.mark(b"hello", [("hubbub", wrong)]) is None


@given(
    st.binary() | st.text().map(str.encode) | st.text().map(lambda text: json.dumps({"text": text}).encode())
)
def test_nothing_that_comes_raises(payload):
    decode.mark(payload, [])
    decode.account(payload, JSON)
    for config in (JSON, TEXT):
        event = said(payload, config)
        assert event is None or event.content.text.strip()


def test_a_memory_is_kept_whole_and_stays_small():
    memory = TopicMemory()
    for number in range(1, 500):
        memory.taken.append(f"{number}:ff")
        memory.came_back(Stamp("hubbub", number, Txn(f"{number:x}.0.0.00000000c0ffee00")), "")
    again = TopicMemory.read(memory.token())
    assert (again.number, again.own, again.taken) == (499, memory.own, memory.taken)
    assert len(memory.token()) < 5000


def test_a_memory_of_what_never_comes_back_stays_small():
    memory = TopicMemory()
    for number in range(5000):
        memory.on_its_way[number] = True
    assert len(memory.on_its_way) <= 1000


@pytest.mark.parametrize(
    ("confirmed", "back", "lost"),
    [({1, 2}, [1, 2], False), ({1, 2}, [2], True), ({2}, [2], False), ({1, 2, 3}, [1, 3], True)],
)
def test_what_is_missing_is_noticed_by_what_follows(confirmed, back, lost):
    memory = TopicMemory(on_its_way={number: number in confirmed for number in (1, 2, 3)})
    assert [memory.came_back(Stamp("hubbub", n, Txn(str(n))), None) for n in back][-1] is lost


@pytest.mark.parametrize(
    "text",
    ["home/hall", "a", "$SYS/broker/uptime", "home/+/state", "#", "home/#", "+", "zigbee2mqtt/Living room"],
)
def test_topics(text):
    assert Adapter.room_id(text) == text


@pytest.mark.parametrize("text", ["", "home/ha+", "home/#/x", "a#", "a\x00", "two\nlines", " "])
def test_no_topics(text):
    with pytest.raises(ValueError, match="is not a topic"):
        Adapter.room_id(text)
