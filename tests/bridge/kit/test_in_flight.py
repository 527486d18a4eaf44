"""Commands on their way: each has one end, and every one has an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import ConnectionLost, InFlight, Receipt, RoomId, RoomUnavailable

LOBBY, HALL = RoomId("lobby"), RoomId("hall")
DONE = Receipt(None)
LOST = ConnectionLost("the connection ended")


@pytest.fixture
def flights(clock):
    return InFlight(clock)


def test_it_is_settled_once(flights):
    said = []
    flights.add("a", LOBBY, said.append)
    assert "a" in flights
    assert flights.room("a") == LOBBY
    assert flights.settle("a", DONE)
    assert not flights.settle("a", LOST)
    assert not flights.settle("never sent", DONE)
    flights.close(LOST)
    assert said == [DONE]


def test_a_room_that_is_lost_fails_what_is_on_its_way_to_it(flights):
    said = []
    for key, room in (("a", LOBBY), ("b", HALL), ("c", LOBBY)):
        flights.add(key, room, lambda outcome, key=key: said.append((key, outcome)))
    gone = RoomUnavailable("kicked")
    flights.drop(LOBBY, gone)
    assert said == [("a", gone), ("c", gone)]
    assert len(flights) == 1
    assert flights.room("a") is None


def test_the_end_fails_everything_in_order_and_what_comes_later(flights):
    said = []
    for number in range(3):
        flights.add(number, LOBBY, lambda outcome, number=number: said.append((number, outcome)))
    flights.close(LOST)
    assert said == [(0, LOST), (1, LOST), (2, LOST)]
    with pytest.raises(ConnectionLost):
        flights.add(3, LOBBY, said.append)


def test_what_settles_may_send_the_next(flights):
    """A room's worker sends as soon as it is told."""
    said = []

    def next_one(outcome):
        said.append(outcome)
        flights.add("b", LOBBY, said.append)

    flights.add("a", LOBBY, next_one)
    flights.drop(LOBBY, RoomUnavailable("kicked"))
    assert len(said) == 1
    assert "b" in flights


def test_one_key_is_on_its_way_once(flights):
    flights.add("a", LOBBY, print)
    with pytest.raises(ValueError, match="on its way already"):
        flights.add("a", LOBBY, print)


async def test_one_can_be_awaited(flights):
    landed, refused = flights.start("a", LOBBY), flights.start("b", LOBBY)
    flights.settle("a", DONE)
    flights.settle("b", LOST)
    assert await landed == DONE
    with pytest.raises(ConnectionLost):
        await refused


async def test_nobody_has_to_look(flights):
    """Warnings of futures that nobody awaited are errors here."""
    flights.start("a", LOBBY)
    flights.close(LOST)


def test_what_takes_too_long(flights, clock):
    flights.add("a", LOBBY, print)
    clock.move(20)
    flights.add("b", HALL, print)
    assert flights.overdue(30) == []
    clock.move(20)
    assert flights.overdue(30) == [("a", LOBBY)]
    clock.move(20)
    assert flights.overdue(30) == [("a", LOBBY), ("b", HALL)]
    flights.excuse()
    assert flights.overdue(30) == []
    clock.move(31)
    assert flights.overdue(30) == [("a", LOBBY), ("b", HALL)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["add", "settle", "drop"]))))
def test_whatever_happens_each_has_one_end(steps):
    flights, sent, ended = InFlight(), 0, []
    for key, step in steps:
        if step == "add" and key not in flights:
            flights.add(key, RoomId(key), lambda _, number=sent: ended.append(number))
            sent += 1
        elif step == "settle":
            flights.settle(key, DONE)
        elif step == "drop":
            flights.drop(RoomId(key), RoomUnavailable("gone"))
    flights.close(LOST)
    assert sorted(ended) == list(range(sent))
