"""When a desk is open: by the clock on its wall, whatever becomes of that clock."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.desk.hours import (
    Calendar,
    DeskHours,
    Holiday,
    Override,
    Shift,
    Situation,
    moment,
    situation,
    told_agents,
    told_visitors,
)
from bridge.language import locale

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def hours(open_: dict, holidays: dict | None = None, zone: str = "Europe/Berlin") -> Calendar:
    return DeskHours(time_zone=zone, open=open_, holidays=holidays or {}).calendar()


def shown(found: Situation, zone: ZoneInfo = BERLIN) -> tuple[bool, str | None]:
    until = None if found.until is None else datetime.fromtimestamp(found.until, zone)
    return found.is_open, None if until is None else f"{until:%Y-%m-%d %H:%M}"


SHOP = hours(
    {"mon-fri": "9:00-12:30, 13:30-18:00", "sat": ["10:00-14:00"]},
    {"12-25..12-26": "Christmas", "2026-12-24": {"name": "Christmas Eve", "open": "9:00-12:00"}},
)
BAR = hours({"fri, sat": "22:00-2:00"})


@pytest.mark.parametrize(
    ("now", "is_open", "until", "holiday"),
    [
        ("2026-11-30 08:59:59", False, "2026-11-30 09:00", ""),  # a Monday
        ("2026-11-30 09:00", True, "2026-11-30 12:30", ""),
        ("2026-11-30 12:30", False, "2026-11-30 13:30", ""),
        ("2026-11-30 18:00", False, "2026-12-01 09:00", ""),
        ("2026-12-05 14:00", False, "2026-12-07 09:00", ""),  # the weekend
        ("2026-12-24 11:00", True, "2026-12-24 12:00", ""),
        ("2026-12-24 14:00", False, "2026-12-28 09:00", "Christmas Eve"),
        ("2026-12-25 10:00", False, "2026-12-28 09:00", "Christmas"),
        ("2027-12-24 14:00", True, "2027-12-24 18:00", ""),  # that was one year's
        ("2027-12-26 14:00", False, "2027-12-27 09:00", "Christmas"),
    ],
)
def test_a_shop(now, is_open, until, holiday):
    found = situation(SHOP, None, at(now))
    assert shown(found) == (is_open, until)
    assert found.holiday == holiday


@pytest.mark.parametrize(
    ("now", "is_open", "until"),
    [
        ("2026-12-04 21:00", False, "2026-12-04 22:00"),
        ("2026-12-05 01:59", True, "2026-12-05 02:00"),
        ("2026-12-06 02:00", False, "2026-12-11 22:00"),
    ],
)
def test_past_midnight(now, is_open, until):
    assert shown(situation(BAR, None, at(now))) == (is_open, until)


def test_shifts_that_meet_are_one():
    calendar = hours({"mon": "9:00-24:00", "tue": "0:00-8:00", "wed": "8:00-12:00, 12:00-14:00, 13:00-15:00"})
    assert shown(situation(calendar, None, at("2026-11-30 10:00"))) == (True, "2026-12-01 08:00")
    assert shown(situation(calendar, None, at("2026-12-02 09:00"))) == (True, "2026-12-02 15:00")


def test_always_and_never():
    always, never = hours({"daily": "0:00-24:00"}), hours({"mon": "closed"})
    assert situation(always, None, at("2026-03-29 02:30")) == Situation(is_open=True, until=None)
    assert situation(never, None, at("2026-03-29 02:30")) == Situation(is_open=False, until=None)
    assert situation(None, None, 0.0) == Situation(is_open=True, until=None)


@pytest.mark.parametrize(
    ("shift", "opens", "closes"),
    [  # 2026-03-29: Berlin's clocks go from 2:00 to 3:00
        ("1:00-2:30", "2026-03-29T00:00Z", "2026-03-29T01:00Z"),
        ("2:30-5:00", "2026-03-29T01:00Z", "2026-03-29T03:00Z"),
        # 2026-10-25: from 3:00 to 2:00
        ("1:00-2:30", "2026-10-24T23:00Z", "2026-10-25T01:30Z"),
        ("2:30-5:00", "2026-10-25T00:30Z", "2026-10-25T04:00Z"),
    ],
)
def test_when_clocks_are_moved(shift, opens, closes):
    begin, end = (datetime.fromisoformat(text).timestamp() for text in (opens, closes))
    calendar = hours({"sun": shift})
    assert situation(calendar, None, begin - 1) == Situation(is_open=False, until=begin)
    assert situation(calendar, None, begin) == Situation(is_open=True, until=end)
    assert situation(calendar, None, end - 1) == Situation(is_open=True, until=end)
    assert not situation(calendar, None, end).is_open


def test_a_day_that_a_zone_left_out():
    """Samoa had no 30 December 2011, a Friday."""
    calendar, apia = hours({"daily": "9:00-17:00"}, zone="Pacific/Apia"), ZoneInfo("Pacific/Apia")
    found = situation(calendar, None, at("2011-12-29 18:00", apia))
    assert shown(found, apia) == (False, "2011-12-31 09:00")


shifts_ = st.builds(
    lambda begin, length: Shift(begin, begin + length), st.integers(0, 1439), st.integers(1, 1440)
)
calendars = st.builds(
    lambda zone, week, holidays: Calendar(
        ZoneInfo(zone), tuple(week), {day: Holiday("x", tuple(some)) for day, some in holidays.items()}
    ),
    st.sampled_from(ZONES),
    st.lists(st.lists(shifts_, max_size=2).map(tuple), min_size=7, max_size=7),
    st.dictionaries(st.dates(date(2026, 3, 1), date(2026, 4, 15)), st.lists(shifts_, max_size=1), max_size=3),
)
moments = st.one_of(
    st.integers(int(at("2026-03-01", ZoneInfo("UTC"))), int(at("2026-04-15", ZoneInfo("UTC")))),
    st.integers(int(at("2026-10-01", ZoneInfo("UTC"))), int(at("2026-11-10", ZoneInfo("UTC")))),
)


def on_the_wall(calendar: Calendar, now: float) -> bool:
    """Whether whoever looks at the clock finds themselves within a shift."""
    wall = datetime.fromtimestamp(now, calendar.zone).replace(tzinfo=None)
    for ahead in (-2, -1, 0):
        day = wall.date() + timedelta(ahead)
        midnight = datetime.combine(day, datetime.min.time())
        for begin, end in calendar.shifts(day):
            if midnight + timedelta(minutes=begin) <= wall < midnight + timedelta(minutes=end):
                return True
    return False


@given(calendars, moments)
@example(hours({"sun": "2:30-5:00"}), int(at("2026-10-25 02:45", fold=1)))
def test_whoever_looks_at_the_clock_within_a_shift_finds_it_open(calendar, now):
    found = situation(calendar, None, now)
    if on_the_wall(calendar, now):
        assert found.is_open
    elif found.is_open:  # then an hour comes twice just now, and the shift goes on after it
        assert any(on_the_wall(calendar, now + step) for step in (-3600, -1800, 1800, 3600))


@given(calendars, moments)
def test_until_is_when_it_changes_and_not_before(calendar, now):
    found = situation(calendar, None, now)
    if found.until is None:
        later = [now + days * 86_400 for days in (1, 3, 30)]
    else:
        assert found.until > now
        assert situation(calendar, None, found.until).is_open is not found.is_open
        later = [now + (found.until - now) * part for part in (0.25, 0.5, 0.99)]
    assert all(situation(calendar, None, then).is_open is found.is_open for then in later)


@given(calendars, moments, st.booleans(), st.integers(1, 5 * 86_400))
def test_what_somebody_said_holds_until_then(calendar, now, is_open, seconds):
    override = Override(is_open=is_open, until=now + seconds)
    found = situation(calendar, override, now)
    assert found.is_open is is_open
    assert situation(calendar, override, now + seconds) == situation(calendar, None, now + seconds)
    if found.until is not None:
        assert found.until >= now + seconds
        assert situation(calendar, override, found.until).is_open is not is_open


def test_what_somebody_said_for_good():
    assert situation(SHOP, Override(is_open=False), at("2026-11-30 10:00")) == Situation(
        is_open=False, until=None
    )


@pytest.mark.parametrize(
    ("block", "place", "sentence"),
    [
        ({"open": {"mon-fry": "9-17"}}, "mon-fry", "must be days such as mon-fri, sat or daily"),
        ({"open": {"mon": "9-25"}}, "mon", "must be times such as 9:00-18:00"),
        ({"open": {"mon": "9:00"}}, "mon", "must be times such as 9:00-18:00"),
        ({"open": {"mon": "9:00-9:00"}}, "mon", "a whole day is 0:00-24:00"),
        ({"open": {"mon-fri": "9-17", "fri": "9-12"}}, None, "open names friday twice"),
        ({"open": {"mon": "9-17"}, "holidays": {"2-30": "x"}}, "2-30", "must be a date such as 2026-12-25"),
        (
            {"open": {"mon": "9-17"}, "holidays": {"2026-12-24..12-26": "x"}},
            "2026-12-24..12-26",
            "on neither",
        ),
        ({"open": {"mon": "9-17"}, "holidays": {"12-25": ""}}, "12-25", "at least 1"),
    ],
)
def test_mistakes_are_named(block, place, sentence):
    with pytest.raises(ValidationError, match=sentence) as caught:
        DeskHours(time_zone="UTC", **block)
    assert place is None or place in caught.value.errors()[0]["loc"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("15:00", "2026-11-30 15:00"),
        ("15：00", "2026-11-30 15:00"),
        ("9:00", "2026-12-01 09:00"),
        ("tomorrow 9:00", "2026-12-01 09:00"),
        ("Monday", "2026-12-07 00:00"),
        ("wed 8:30", "2026-12-02 08:30"),
        ("2026-12-27", "2026-12-27 00:00"),
        ("2026-12-27 24:00", "2026-12-28 00:00"),
    ],
)
def test_the_moment_that_is_meant(said, meant):
    assert moment(said, BERLIN, at("2026-11-30 10:00")) == at(meant)


@pytest.mark.parametrize("said", ["", "later", "25:00", "2026-13-01", "2026-11-29", "0"])
def test_what_is_no_moment(said):
    with pytest.raises(ValueError):
        moment(said, BERLIN, at("2026-11-30 10:00"))


@pytest.mark.parametrize(
    ("language", "now", "told"),
    [
        ("en", "2026-11-30 10:00", "We are here until 12:30 today."),
        ("en", "2026-11-30 08:00", "We are closed now. We are back at 9:00."),
        ("en", "2026-11-30 19:00", "We are closed now. We are back tomorrow at 9:00."),
        (
            "en",
            "2026-12-25 19:00",
            "Today is Christmas, and we are closed. We are back on Monday, December 28 at 9:00.",
        ),
        ("de", "2026-11-30 19:00", "Gerade ist geschlossen. Morgen um 9:00 sind wir wieder da."),
        (
            "de",
            "2026-12-25 19:00",
            "Heute ist geschlossen: Christmas. Wir sind wieder da: Montag, 28. Dezember, 9:00.",
        ),
        ("zh", "2026-12-25 19:00", "今天是Christmas，我们休息。我们将于12月28日星期一 9:00 回来。"),
    ],
)
def test_visitors_are_told(language, now, told):
    words = locale(language, "Europe/Berlin")
    assert told_visitors(situation(SHOP, None, at(now)), words, at(now)) == told


def test_agents_are_told():
    now, words = at("2026-11-30 10:00"), locale("en", "Europe/Berlin")
    said = Override(is_open=False, until=at("2026-11-30 15:00"))
    assert told_agents(situation(SHOP, None, now), None, "", words, now) == "The desk is open until 12:30."
    assert told_agents(situation(SHOP, said, now), said, "Anna", words, now) == (
        "The desk is closed until 15:00. Anna said so: !hours normal takes that back."
    )
    assert told_agents(situation(None, None, now), None, "", words, now) == "The desk is open."
    christmas = at("2026-12-25 10:00")
    assert told_agents(situation(SHOP, None, christmas), None, "", words, christmas) == (
        "The desk is closed until Monday, December 28, 9:00. (Christmas)"
    )
