"""The hours of a desk, as its owner writes them."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from bridge.config import Model
from bridge.config.values import Line, TimeZone

from .calendar import Calendar, Holiday, Shift
from .written import DAYS, dates, days, shifts

__all__ = ["DeskHours", "HolidayRules"]


def _joined(value: object) -> object:
    """Read a list of times as what it is in one text."""
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return ", ".join(value) or "closed"
    return value


def _days(text: str) -> str:
    days(text)
    return text


def _times(text: str) -> str:
    shifts(text)
    return text


def _dates(text: str) -> str:
    dates(text)
    return text


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


Days = Annotated[str, AfterValidator(_days)]
Dates = Annotated[str, AfterValidator(_dates)]
Times = Annotated[
    str,
    BeforeValidator(_joined),
    AfterValidator(_times),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "examples": ["9:00-18:00", "9:00-12:30, 13:30-18:00", "22:00-2:00", "closed"],
        }
    ),
]


class HolidayRules(Model):
    """A day that is not like others."""

    name: Annotated[Line, Field(max_length=60, description="What it is called: people are told.")]
    open: Annotated[Times, Field(description="When the desk is open nevertheless.")] = "closed"


class DeskHours(Model):
    """The hours in which agents answer, by the desk's own clock."""

    time_zone: Annotated[TimeZone, Field(description="The zone of all these times.")]
    open: Annotated[
        dict[Days, Times],
        Field(
            min_length=1,
            description="The times of each day: `mon-fri: 9:00-12:30, 13:30-18:00`. A day that is not named "
            "is closed; what ends before it begins (`22:00-2:00`) ends on the next day.",
        ),
    ]
    holidays: Annotated[
        dict[Dates, Annotated[HolidayRules, BeforeValidator(_named)]],
        Field(
            description="Days with a name on which it is closed: `12-25` of every year, `2026-12-24`, or "
            "from one to another, `12-24..12-26`. By default none."
        ),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_no_day_twice(self) -> "DeskHours":
        named: set[int] = set()
        for day in (day for text in self.open for day in days(text)):
            if day in named:
                raise ValueError(f"open names {DAYS[day]} twice: put its times into one line")
            named.add(day)
        return self

    def calendar(self) -> Calendar:
        """Return what follows from it."""
        week: list[tuple[Shift, ...]] = [()] * 7
        for named, times in self.open.items():
            for day in days(named):
                week[day] = shifts(times)
        once: dict[date, Holiday] = {}
        yearly: dict[tuple[int, int], Holiday] = {}
        for written, rules in self.holidays.items():
            holiday = Holiday(rules.name, shifts(rules.open))
            for day_of_year in dates(written):
                if isinstance(day_of_year, date):
                    once[day_of_year] = holiday
                else:
                    yearly[day_of_year] = holiday
        return Calendar(ZoneInfo(self.time_zone), tuple(week), once, yearly)
