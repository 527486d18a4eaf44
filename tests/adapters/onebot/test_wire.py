"""Segments, CQ codes and ids, by the rules of OneBot v11."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.onebot.wire import Segment, from_cq, identity, number, segments, text, to_array, to_cq


@pytest.mark.parametrize(
    ("cq", "found"),
    [
        ("", ()),
        ("hello", (text("hello"),)),
        ("a &amp; b &#91;c&#93;, d", (text("a & b [c], d"),)),
        ("[CQ:at,qq=10001] hi", (Segment("at", {"qq": "10001"}), text(" hi"))),
        ("[CQ:shake]", (Segment("shake"),)),
        (
            "[CQ:image,file=a.png,url=https://q.example/?a=1&amp;b=2&#44;3]",
            (Segment("image", {"file": "a.png", "url": "https://q.example/?a=1&b=2,3"}),),
        ),
        ("&amp;#91; stays", (text("&#91; stays"),)),  # undone once
        ("&lt;", (text("&lt;"),)),  # no entity of OneBot's
        ("[CQ:at qq=1]", (text("[CQ:at qq=1]"),)),
        ("[CQ:at,qq=1", (text("[CQ:at,qq=1"),)),
        ("[[CQ:face,id=14]]", (text("["), Segment("face", {"id": "14"}), text("]"))),
        ("a\nb", (text("a\nb"),)),
    ],
)
def test_cq_strings(cq, found):
    assert from_cq(cq) == segments(cq) == found


def test_what_is_escaped():
    message = [text("a,b & [c]"), Segment("share", {"title": "x,y & [z]", "url": "u"})]
    assert to_cq(message) == "a,b &amp; &#91;c&#93;[CQ:share,title=x&#44;y &amp; &#91;z&#93;,url=u]"


def test_nothing_is_escaped_in_arrays():
    array = [{"type": "text", "data": {"text": "a&#44;b [CQ:at,qq=1] & c"}}]
    assert to_array(segments(array)) == array


def test_values_of_any_type_are_strings_inside():
    data = {
        "qq": 2854196310,
        "cache": True,
        "proxy": False,
        "size": 1.5,
        "none": None,
        "content": [{"a": "é"}],
    }
    (segment,) = segments({"type": "x", "data": data})
    assert segment.data == {
        "qq": "2854196310",
        "cache": "1",
        "proxy": "0",
        "size": "1.5",
        "content": '[{"a": "é"}]',
    }


@pytest.mark.parametrize(
    "message", [None, 5, [None, 5, {}, {"type": 3, "data": {}}, {"data": {"text": "x"}}], {}, b"x" * 0]
)
def test_what_is_no_message_is_empty(message):
    assert segments(message) == ()


def test_segments_without_data():
    assert segments([{"type": "shake"}, {"type": "poke", "data": None}, "words"]) == (
        Segment("shake"),
        Segment("poke"),
        text("words"),
    )


_NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
_CODES = st.builds(
    Segment, _NAMES.filter(lambda kind: kind != "text"), st.dictionaries(_NAMES, st.text(), max_size=4)
)


@settings(max_examples=50)
@given(st.lists(st.one_of(st.text(min_size=1).map(text), _CODES)))
def test_both_forms_come_back_as_they_were(message):
    assert segments(json.loads(json.dumps(to_array(message)))) == tuple(message)
    joined = []
    for segment in message:  # words that follow each other are one run of them in a string
        if joined and segment.type == joined[-1].type == "text":
            joined[-1] = text(joined[-1].data["text"] + segment.data["text"])
        else:
            joined.append(segment)
    assert from_cq(to_cq(message)) == tuple(joined)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (10001, "10001"),
        ("10001", "10001"),
        (2**60, str(2**60)),
        (-5, "-5"),
        ("all", "all"),
        (0, None),
        ("0", None),
        ("", None),
        (None, None),
        (True, None),
        (1.5, None),
        ([1], None),
    ],
)
def test_ids(value, found):
    assert identity(value) == found


@pytest.mark.parametrize(
    ("id_", "sent"),
    [
        ("10001", 10001),
        ("-2147483648", -2147483648),
        (str(2**53 - 1), 2**53 - 1),
        (str(2**53), str(2**53)),
        ("0123", "0123"),
        ("all", "all"),
        ("٣", "٣"),
        ("", ""),
    ],
)
def test_ids_go_out_as_numbers_where_they_arrive_exactly(id_, sent):
    assert number(id_) == sent
    assert type(number(id_)) is type(sent)


def test_what_is_nested_deeply_is_nothing():
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert segments([{"type": "x", "data": {"a": deep}}])[0].data == {"a": ""}
