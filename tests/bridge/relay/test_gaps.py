"""What people are owed of times in which a room was not heard: it outlives the process."""

import pytest

from bridge.config import DeliveryRules
from tests.bridge.world import config, killed, opened, running


@pytest.fixture(autouse=True)
def forgetful(left):
    """Nobody can ask what was said before."""
    left.remembers = False


def away(journal, seconds):
    """Let the process that ended last have ended so many seconds earlier."""
    with opened(journal) as database:
        database.execute("UPDATE room SET heard = heard - ? WHERE heard IS NOT NULL", (seconds,))
        database.execute("UPDATE meta SET value = value - ? WHERE key = 'alive'", (seconds,))
        database.execute("UPDATE event SET taken_at = taken_at - ?", (seconds,))


def pass_by(journal, seconds):
    """Let what people were told, and were not, be so much older; negative: a clock was set back."""
    with opened(journal) as database:
        database.execute("UPDATE gap SET until = until - ?, told = told - ?", (seconds, seconds))


def known(journal):
    """How often and how long each room was not heard without a word to people."""
    with opened(journal) as database:
        return database.execute("SELECT times, round(seconds) FROM gap").fetchall()


async def heard_once(pair, left, right):
    async with running(pair):
        left.say("one", "alice", "before")
        await right.until(1)


async def told(pair, left, right):
    """What is told in another life, in which a person speaks too."""
    before = len(right.said)
    async with running(pair) as bridge:
        await bridge.patrol()
        left.say("one", "alice", "after")
        while "<alice> after" not in right.texts("two")[before:]:
            await right.until(len(right.said) + 1)
    return [text for text in right.texts("two")[before:] if text != "<alice> after"]


async def test_killed_right_after_joining(pair, left, right, after):
    await heard_once(pair, left, right)
    away(pair.journal, 94)
    async with running(pair):
        await left.settled()
        pair = killed(pair, after)
    (line,) = await told(pair, left, right)
    assert line.startswith("The bridge was away 2 times, for 9")
    assert line.endswith(" seconds; what was said in one on left meanwhile is missing here.")
    assert await told(pair, left, right) == []


async def test_stopped_right_after_joining(pair, left, right):
    await heard_once(pair, left, right)
    away(pair.journal, 94)
    async with running(pair):
        await left.settled()
    (line,) = await told(pair, left, right)
    assert line.startswith("The bridge was away 2 times, for 9")
    assert await told(pair, left, right) == []


async def test_how_much_is_missing_is_still_known(pair, left, right):
    left.remembers = True
    await heard_once(pair, left, right)
    for left_out in (300, 20):
        away(pair.journal, 1800)
        left.left_out = left_out
        async with running(pair):
            await left.settled()
    left.left_out = 0
    (line,) = await told(pair, left, right)
    assert line == (
        "The bridge was away 2 times, for 60 minutes; the first 320 messages that were said in one on left "
        "meanwhile are missing here."
    )


async def test_short_gaps_add_up_over_restarts(pair, left, right):
    await heard_once(pair, left, right)
    lines = []
    for _ in range(8):
        away(pair.journal, 8)
        lines += await told(pair, left, right)
    (line,) = lines
    assert line.startswith("The bridge was away 8 times, for ")


async def test_short_gaps_that_are_far_apart_do_not(pair, left, right):
    await heard_once(pair, left, right)
    for _ in range(2):
        away(pair.journal, 45)
        assert await told(pair, left, right) == []
        pass_by(pair.journal, 45 + 601)


async def test_long_ones_are_short_where_the_owner_says_so(tmp_path, left, right):
    rules = DeliveryRules(tell_gap=3600.0)
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, rules=rules)
    await heard_once(pair, left, right)
    away(pair.journal, 1800)
    assert await told(pair, left, right) == []
    away(pair.journal, 1800)
    pass_by(pair.journal, 1800)
    (line,) = await told(pair, left, right)
    assert line.startswith("The bridge was away 2 times, for 60 minutes;")


async def test_what_is_worth_a_line_is_never_forgotten(pair, left, right):
    await heard_once(pair, left, right)
    away(pair.journal, 1800)
    async with running(pair):
        await left.settled()
    pass_by(pair.journal, 1800)
    (line,) = await told(pair, left, right)
    assert line.startswith("The bridge was away 2 times, for 30 minutes;")


async def test_people_are_told_at_most_every_ten_minutes(pair, left, right):
    await heard_once(pair, left, right)
    away(pair.journal, 94)
    (line,) = await told(pair, left, right)
    assert line.startswith("The bridge was away for 9")
    for seconds in (16, 36, 95):
        away(pair.journal, seconds)
        assert await told(pair, left, right) == []
    pass_by(pair.journal, 600)
    (line,) = await told(pair, left, right)
    assert line.startswith("The bridge was away 4 times, for 2 minutes;")


async def test_killed_right_after_telling(pair, left, right, after):
    await heard_once(pair, left, right)
    away(pair.journal, 94)
    async with running(pair) as bridge:
        await left.settled()
        right.gate.clear()
        await bridge.patrol()
        pair = killed(pair, after)
    right.gate.set()
    (line,) = await told(pair, left, right)
    assert line.startswith("The bridge was away for 9")


async def test_a_clock_that_was_set_back_silences_nobody(pair, left, right):
    await heard_once(pair, left, right)
    away(pair.journal, 94)
    assert len(await told(pair, left, right)) == 1
    pass_by(pair.journal, -86400)
    away(pair.journal, 94)
    assert len(await told(pair, left, right)) == 1


async def test_a_room_that_leaves_the_map_takes_it_along(tmp_path, pair, left, right):
    other = config(tmp_path, {"lobby": ["left three", "right two"]})
    await heard_once(pair, left, right)
    away(pair.journal, 94)
    async with running(pair) as bridge:
        await left.settled()
        await bridge.reload(other)
        assert known(pair.journal) == []
        await bridge.reload(pair)
        await bridge.patrol()
        await left.settled()
    assert right.texts("two") == ["<alice> before"]


async def test_a_room_that_left_the_map_meanwhile(tmp_path, pair, left, right):
    await heard_once(pair, left, right)
    away(pair.journal, 94)
    async with running(pair):
        await left.settled()
    assert known(pair.journal) == [(1, pytest.approx(94, abs=5))]
    async with running(config(tmp_path, {"lobby": ["left three", "right two"]})):
        assert known(pair.journal) == []
    assert await told(pair, left, right) == []


async def test_how_long_is_worth_a_line_is_for_the_owner_to_say(tmp_path, left, right):
    def within(seconds):
        rules = DeliveryRules(tell_gap=seconds)
        return config(tmp_path, {"lobby": ["left one", "right two"]}, rules=rules)

    await heard_once(within(60.0), left, right)
    away(tmp_path / "journal.sqlite3", 30)
    assert await told(within(60.0), left, right) == []
    assert len(await told(within(20.0), left, right)) == 1
