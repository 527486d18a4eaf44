"""What a visitor can expect."""

from datetime import UTC, datetime

import pytest

from bridge.desk.expecting import Arrived, Expectation, expectation
from bridge.language import locale

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3600.0, 86_400.0


def weeks(*waited, at=NOON):
    return [Arrived(at - n * DAY, one) for n, one in enumerate(waited, 1)]


@pytest.mark.parametrize(
    ("waited", "within"),
    [
        ([30] * 7, None),  # too few to say what is usual
        ([30] * 8, 60),
        ([30, 50, 61, 70, 80, 100, 110, 119, 400, 900], 600),
        ([30, 50, 61, 70, 80, 100, 110, 119, 119, 900], 120),
        ([30] * 7 + [None], 60),
        ([30] * 5 + [None] * 3, None),  # as good as nobody
    ],
)
def test_usual_is_what_four_in_five_saw(waited, within):
    assert expectation(weeks(*waited), UTC, NOON).within == within


def test_the_time_of_day_counts_where_enough_came():
    mornings, nights = weeks(*[100] * 10), weeks(*[3000] * 10, at=NOON + 11 * HOUR)
    assert expectation(mornings + nights, UTC, NOON + HOUR).within == 120
    assert expectation(mornings + nights, UTC, NOON + 12 * HOUR).within == 3600  # past midnight
    assert expectation(mornings + nights, UTC, NOON + 6 * HOUR).within == 3600  # nobody came then


@pytest.mark.parametrize(
    ("language", "found", "told"),
    [
        ("en", Expectation(), ""),
        ("en", Expectation(120), "We usually answer within 2 minutes."),
        ("en", Expectation(3600, 1), "We usually answer within 1 hour."),
        ("en", Expectation(120, 3), "You are number 3 in line. We usually answer within 2 minutes."),
        (
            "de",
            Expectation(120, 3),
            "Sie sind Nummer 3 in der Reihe. Meist antworten wir innerhalb von 2 Minuten.",
        ),
        ("zh", Expectation(120, 3), "您排在第 3 位。我们通常在 2 分钟内回复。"),
    ],
)
def test_words(language, found, told):
    assert found.told(locale(language, None)) == told
