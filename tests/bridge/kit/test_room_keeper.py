"""Being in the rooms of the map: by a guest who does what a test tells, in a test's own time."""

import asyncio
import contextlib
import math

import pytest

from bridge import (
    Backoff,
    Caught,
    ConnectionLost,
    RateLimited,
    Rejected,
    RoomId,
    RoomKeeper,
    RoomState,
    RoomUnavailable,
)

LOBBY, HALL = RoomId("lobby"), RoomId("hall")
JOINING, JOINED, REFUSED = RoomState.JOINING, RoomState.JOINED, RoomState.REFUSED


class Guest:
    """Enters as it is told, and notes what happens."""

    def __init__(self):
        self.said = []
        self.left = []
        self.tries = []
        self.outcomes = {}
        """What comes of the next tries, by room; without any it works."""
        self.inside = 0
        self.most = 0
        self.changed = asyncio.Event()

    async def enter(self, room, config):
        self.tries.append((room, config))
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            outcome = next(iter(self.outcomes.get(room, ())), Caught(whole=True))
            self.outcomes[room] = self.outcomes.get(room, [])[1:]
            if isinstance(outcome, asyncio.Event):
                await outcome.wait()
                return Caught()
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        finally:
            self.inside -= 1

    def leave(self, room):
        self.left.append(room)

    def tell(self, event):
        self.said.append((event.room, event.state, event.reason))
        self.event = event
        self.changed.set()

    async def tried(self):
        while not self.tries:
            await asyncio.sleep(0)

    async def until(self, state, room=LOBBY):
        while not self.said or self.said[-1][:2] != (room, state):
            self.changed.clear()
            await self.changed.wait()


@pytest.fixture
def guest():
    return Guest()


@contextlib.asynccontextmanager
async def keeping(guest, clock, *rooms, **settings):
    """A keeper in these rooms, for as long as a connection."""
    keeper = RoomKeeper(guest, clock=clock, **settings)
    async with asyncio.TaskGroup() as group:
        serve = lambda *rooms: keeper.serve(group, dict.fromkeys(rooms, "config"))  # noqa: E731
        serve(*rooms)
        keeper.now = serve
        yield keeper
        serve()


async def test_a_room_is_entered_and_told(guest, clock):
    async with keeping(guest, clock, LOBBY) as keeper:
        await guest.until(JOINED)
        assert keeper.is_joined(LOBBY)
        assert guest.event.caught_up
        assert keeper.settled
    assert guest.said == [(LOBBY, JOINED, "")], "that we are on our way goes without saying"
    assert guest.tries == [(LOBBY, "config")]
    assert guest.left == [LOBBY]


async def test_what_was_left_out_is_told(guest, clock):
    guest.outcomes[LOBBY] = [Caught(whole=True, left_out=7)]
    async with keeping(guest, clock, LOBBY):
        await guest.until(JOINED)
    assert (guest.event.caught_up, guest.event.left_out) == (True, 7)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RoomUnavailable("lobby is full: ask its owner"), "lobby is full: ask its owner"),
        (Rejected("no"), "no"),
        (TimeoutError(), "lobby does not answer"),
    ],
)
async def test_what_keeps_us_out_is_told_and_tried_again(guest, clock, error, sentence):
    guest.outcomes[LOBBY] = [error]
    async with keeping(guest, clock, LOBBY) as keeper:
        await guest.until(REFUSED)
        assert guest.said[-1] == (LOBBY, REFUSED, sentence)
        assert keeper.settled
        assert not keeper.is_joined(LOBBY)
        clock.move(60)
        await guest.until(JOINED)


async def test_a_room_that_has_to_be_entered_anew_does_not_refuse_us(guest, clock):
    async with keeping(guest, clock, LOBBY) as keeper:
        await guest.until(JOINED)
        guest.said.clear()
        keeper.lost(LOBBY, "", 0.0)
        assert not keeper.is_joined(LOBBY)
        await guest.until(JOINING)
        await guest.until(JOINED)
    assert [state for _, state, _ in guest.said] == [JOINING, JOINED]


async def test_a_limit_is_waited_for_and_is_no_refusal(guest, clock):
    guest.outcomes[LOBBY] = [RateLimited("too fast", 100)]
    async with keeping(guest, clock, LOBBY):
        await guest.tried()
        clock.move(99)
        await asyncio.sleep(0.01)
        assert len(guest.tries) == 1
        clock.move(50)
        await guest.until(JOINED)
    assert REFUSED not in [state for _, state, _ in guest.said]


async def test_who_is_thrown_out_comes_back_when_it_is_time(guest, clock):
    async with keeping(guest, clock, LOBBY) as keeper:
        await guest.until(JOINED)
        keeper.lost(LOBBY, "kicked by ada", 100.0)
        assert not keeper.is_joined(LOBBY)
        await guest.until(REFUSED)
        assert guest.said[-1] == (LOBBY, REFUSED, "kicked by ada")
        keeper.lost(LOBBY, "told twice")
        clock.move(99)
        await asyncio.sleep(0.01)
        assert len(guest.tries) == 1
        clock.move(50)
        await guest.until(JOINED)
    assert "told twice" not in [reason for *_, reason in guest.said]


async def test_who_is_thrown_out_while_entering_never_was_in(guest, clock):
    answer = asyncio.Event()
    guest.outcomes[LOBBY] = [answer]
    async with keeping(guest, clock, LOBBY) as keeper:
        await guest.tried()
        keeper.lost(LOBBY, "kicked")
        answer.set()
        await guest.until(REFUSED)
    assert [state for _, state, _ in guest.said] == [REFUSED]


async def test_an_invitation_is_followed_at_once(guest, clock):
    gone = RoomUnavailable("lobby is gone", math.inf)
    guest.outcomes[LOBBY] = [gone]
    async with keeping(guest, clock, LOBBY) as keeper:
        await guest.until(REFUSED)
        clock.move(1e9)
        await asyncio.sleep(0.01)
        assert len(guest.tries) == 1, "of a room that is gone nobody asks by themselves"
        keeper.again(LOBBY)
        await guest.until(JOINED)
        keeper.again(LOBBY)
        keeper.again(HALL)
        await asyncio.sleep(0.01)
        assert len(guest.tries) == 2, "who is in needs no other try"


async def test_a_reload_leaves_enters_and_tries_again(guest, clock):
    guest.outcomes[LOBBY] = [RoomUnavailable("banned")]
    async with keeping(guest, clock, LOBBY) as keeper:
        await guest.until(REFUSED)
        keeper.now(LOBBY, HALL)
        await guest.until(JOINED, HALL)
        assert keeper.is_joined(LOBBY)
        keeper.now(HALL)
        assert guest.left == [LOBBY]
        assert not keeper.is_joined(LOBBY)
        assert keeper.is_joined(HALL)
    assert guest.said.count((HALL, JOINED, "")) == 1, "what did not change is left alone"


async def test_only_a_few_are_entered_at_once(guest, clock):
    rooms = [RoomId(f"room{number}") for number in range(20)]
    answer = asyncio.Event()
    guest.outcomes = {room: [answer] for room in rooms}
    async with keeping(guest, clock, *rooms, at_once=3) as keeper:
        await asyncio.sleep(0.01)
        assert guest.inside == 3
        answer.set()
        while not all(map(keeper.is_joined, rooms)):
            await asyncio.sleep(0)
    assert guest.most == 3


async def test_a_slow_room_holds_up_no_other(guest, clock):
    guest.outcomes[LOBBY] = [asyncio.Event()]
    async with keeping(guest, clock, LOBBY, HALL, at_once=1, slow=3.0):
        await asyncio.sleep(0.01)
        assert [room for room, _ in guest.tries] == [LOBBY]
        clock.move(4)
        await guest.until(JOINED, HALL)


async def test_what_is_about_the_connection_ends_it(guest, clock):
    guest.outcomes[LOBBY] = [ConnectionLost("over")]
    with pytest.raises(ExceptionGroup) as caught:
        async with keeping(guest, clock, LOBBY):
            await asyncio.sleep(1)
    assert caught.group_contains(ConnectionLost)


# -- how long to wait


def test_pauses_grow_to_the_longest_and_are_never_shorter_than_the_least(clock):
    pauses = [Backoff(30, 600, clock=clock) for _ in range(200)]
    for longest in (60, 120, 240, 480, 600, 600):
        waits = [one.pause() for one in pauses]
        assert 30 <= min(waits) < 30 + longest / 4
        assert longest * 0.75 < max(waits) <= longest


def test_what_held_for_long_starts_anew(clock):
    backoff = Backoff(30, 600, calm=100, clock=clock)
    for _ in range(5):
        backoff.pause()
    backoff.worked()
    clock.move(101)
    assert backoff.pause() <= 60
    for _ in range(5):
        backoff.worked()
        backoff.pause()
    waits = []
    for _ in range(50):
        backoff.worked()
        waits.append(backoff.pause())
    assert max(waits) > 60, "who is thrown out again and again is patient"


def test_what_the_network_asks_for_counts(clock):
    backoff = Backoff(30, 600, clock=clock)
    assert 5 <= backoff.pause(5) <= 7
    assert backoff.pause(math.inf) == math.inf
    assert backoff.pause() <= 60
