"""Whatever a header is, its pieces give it back."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.archive.entries import Copy, EntryKind, Header, Person, Silence, packed
from bridge.archive.store.headers import joined, shape_of, split

_NAMES = st.one_of(
    st.text(max_size=8),
    st.uuids().map(str),
    st.from_regex(r"\A\$[A-Za-z0-9_-]{43}\Z"),
    st.from_regex(r"\A[a-z2-7]{26}\Z"),
    st.from_regex(r"\A[0-9a-f]{64}\Z"),
    st.from_regex(r"\A[0-9a-f]{32}\Z"),
)
_TIMES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.floats(1e9, 2e9).map(lambda at: round(at, 3))
)
_HEADERS = st.builds(
    Header,
    kind=st.sampled_from(EntryKind),
    at=_TIMES,
    network=st.text(max_size=5),
    room=_NAMES,
    id=_NAMES,
    aliases=st.lists(_NAMES, max_size=2).map(tuple),
    by=st.none() | st.builds(Person, id=_NAMES, name=st.text(max_size=6), proof=_NAMES),
    target=_NAMES,
    about=st.integers(0, 1 << 50),
    seq=st.integers(0, 1 << 50),
    copy=st.none()
    | st.builds(Copy, network=_NAMES, room=_NAMES, ids=st.lists(_NAMES, max_size=2).map(tuple)),
    silence=st.none() | st.builds(Silence, since=st.none() | _TIMES, until=_TIMES),
)


def _round(raw: bytes) -> bytes:
    pieces = split(raw)
    return joined(shape_of(pieces.shape).parts, pieces)


@settings(max_examples=50)
@given(_HEADERS)
def test_a_header_comes_back(header: Header) -> None:
    assert _round(packed(header)) == packed(header)


@given(st.binary(max_size=60))
@example(b'{"by":{"id":"\\"}"},"by":{},"seq":1,"seq":2,"at":01.0,"at":1.50}')
def test_bytes_that_are_no_header_come_back(raw: bytes) -> None:
    assert _round(raw) == raw


@pytest.mark.parametrize(
    "id_",
    ["$" + "a" * 42 + "A", "9a0d0d9e-0000-4000-8000-00000000000f", "a" * 26, "0f" * 32, "17", "Ein Text"],
)
def test_messages_of_one_room_have_one_shape(id_: str) -> None:
    def shape(**more):
        known = {"at": 1000.5, "id": id_, "by": Person("a", "Anna"), "seq": 5}
        return split(packed(Header(kind=EntryKind.MESSAGE, network="n", room="r", **{**known, **more}))).shape

    assert shape() == shape(at=17.25, by=Person('{"b"}', "\\"), seq=99)
