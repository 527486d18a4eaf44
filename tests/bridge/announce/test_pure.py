"""Words, hours and codes, each by itself."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.announce.asking import AskedFor, what_is_wanted
from bridge.announce.codes import CONFIRM, LEAVE, LINK_CONFIRMS, ListCodes
from bridge.announce.hours import quiet_until
from bridge.stopping import stops


@pytest.mark.parametrize(
    ("text", "alone", "in_room"),
    [
        ("STOP", "", ""),
        ("stop", "", None),
        (" Stop! ", "", None),
        ("stop news", "news", None),
        ("!stop", "", ""),
        ("!unsubscribe News.", "News", "News"),
        ("退订", "", ""),
        ("退訂news", "news", None),
        ("！退订 新闻", "新闻", "新闻"),
        ("stopping by", None, None),
        ("!stopwatch", None, None),
        ("do not stop", None, None),
        ("", None, None),
    ],
)
def test_what_ends_it_alone_and_in_a_room(text, alone, in_room):
    assert (stops(text, alone=True), stops(text, alone=False)) == (alone, in_room)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("news", AskedFor("news")),
        ("NEWS europe/berlin", AskedFor("news", zone="Europe/Berlin")),
        ("Ada@Example.ORG news", AskedFor("news", mail="Ada@example.org")),
        ("shop offers", AskedFor("shop offers")),
        ("nws", AskedFor("")),
        ("", AskedFor("")),
    ],
)
def test_what_is_asked_for(words, found):
    assert what_is_wanted(words, ["news", "shop offers"]) == found
    assert what_is_wanted("", ["news"]) == AskedFor("news")


def at(text, zone="Europe/Berlin"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        ("22:00-08:00", "2026-11-30 21:59", None),
        ("22:00-08:00", "2026-11-30 22:00", "2026-12-01 08:00"),
        ("22:00-08:00", "2026-12-01 07:59", "2026-12-01 08:00"),
        ("22:00-08:00", "2026-12-01 08:00", None),
        ("12:30-13:30", "2026-12-01 13:00", "2026-12-01 13:30"),
        ("22:00-08:00", "2026-03-28 23:00", "2026-03-29 08:00"),  # the night in which an hour is missing
        ("22:00-08:00", "2026-10-24 23:00", "2026-10-25 08:00"),  # and that which has one twice
    ],
)
def test_quiet_hours_are_those_of_a_clock_on_the_wall(quiet, now, until):
    assert quiet_until(quiet, "Europe/Berlin", at(now)) == (until and at(until))


@given(st.floats(1.7e9, 1.9e9), st.sampled_from(["22:00-08:00", "01:00-02:30", "02:15-02:45", "00:00-23:59"]))
def test_quiet_hours_always_end_later_than_now_and_within_a_day_and_an_hour(now, quiet):
    until = quiet_until(quiet, "Europe/Berlin", now)
    assert until is None or now < until <= now + 25 * 3600


@given(st.integers(1, 10**15), st.text(max_size=30))
def test_a_code_and_a_token_are_for_one_purpose_and_one_number(number, other):
    codes = ListCodes(b"secret")
    token = codes.token(LEAVE, number)
    assert codes.number(LEAVE, token) == number
    assert codes.number(LINK_CONFIRMS, token) is None
    assert ListCodes(b"another").number(LEAVE, token) is None
    assert other == token or codes.number(LEAVE, other) is None
    assert codes.is_code(CONFIRM, number, codes.code(CONFIRM, number))
    assert not codes.is_code(CONFIRM, number, other) or other == codes.code(CONFIRM, number)
