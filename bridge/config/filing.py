"""How the archive is filed, as a person writes it: tags, saved searches, and the mail that tells of them."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from .block import Model
from .mail import Address
from .values import Line, TimeZone

__all__ = ["DailyMail", "TagName", "TimeOfDay", "tag_name"]

_LONGEST_TAG = 40


def tag_name(text: str) -> str:
    """Return a tag as it is kept, however it is written: `Offer` and `#offer` are one. Raises ValueError."""
    name = unicodedata.normalize("NFKC", text).strip().removeprefix("#").casefold()
    if not name or len(name) > _LONGEST_TAG or not all(c.isalnum() or c in "-_." for c in name):
        raise ValueError(f"must be one word of at most {_LONGEST_TAG} letters, digits, - _ or .")
    return name


def _time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError("must be a time of day such as 07:30")
    return text


TagName = Annotated[str, AfterValidator(tag_name)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
"""Hours and minutes, from 00:00 to 23:59."""


class DailyMail(Model):
    """A mail each day with what saved searches newly found."""

    to: Annotated[
        tuple[Address, ...],
        Field(min_length=1, description="Whom it goes to.", examples=[["ada@example.org"]]),
    ]
    at: Annotated[TimeOfDay, Field(description="When it is sent.")] = "07:00"
    time_zone: Annotated[TimeZone, Field(description="The zone of that time, and of those in the mail.")] = (
        "UTC"
    )
    searches: Annotated[
        tuple[Line, ...] | None, Field(min_length=1, description="Which of `searches`; by default all.")
    ] = None
