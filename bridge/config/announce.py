"""What is told to many, and to whom, as a person writes it at a conversation."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from .block import Model
from .values import Duration, Patterns, TimeZone

__all__ = ["AnnounceRules", "QuietHours"]

_QUIET = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d")


def _quiet_hours(text: str) -> str:
    if not _QUIET.fullmatch(text) or text[:5] == text[6:]:
        raise ValueError("must be two times of day such as 22:00-08:00")
    return text


QuietHours = Annotated[str, AfterValidator(_quiet_hours)]
"""From when until when, in hours and minutes; the second may be on the next day."""


class AnnounceRules(Model):
    """A list: what is announced in the rooms of the conversation, to people who want to be told."""

    announcers: Annotated[
        Patterns,
        Field(
            description="Who of the people in its rooms may announce: names, ids, or network and id, `*` and "
            "`?` allowed in ids. Each entry counts as one person. By default nobody but the owner.",
            examples=[["libera/ada!*@staff.example.org", "@bob:example.org"]],
        ),
    ] = ()
    approve_above: Annotated[
        int,
        Field(ge=0, description="To more people than this, another who may announce has to agree first."),
    ] = 100
    approve_within: Annotated[
        Duration, Field(ge=60, description="How long an announcement waits for that.")
    ] = 3600.0
    a_day: Annotated[int, Field(ge=1, le=100, description="So many announcements within 24 hours.")] = 3
    to_one: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            description="So many of all lists are told to one person within 24 hours; what is more waits.",
        ),
    ] = 5
    per_minute: Annotated[
        int, Field(ge=1, le=10_000, description="So many people of one network are told within a minute.")
    ] = 20
    quiet: Annotated[
        QuietHours | None,
        Field(
            description="When nobody is told anything, by each subscriber's clock; it waits until then.",
            examples=["22:00-08:00"],
        ),
    ] = None
    time_zone: Annotated[
        TimeZone, Field(description="The zone of subscribers who named none of their own.")
    ] = "UTC"
    try_for: Annotated[
        Duration,
        Field(ge=60, description="How long is tried to reach somebody; who comes later is not told."),
    ] = 172_800.0
