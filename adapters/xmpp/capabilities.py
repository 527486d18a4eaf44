"""The capability record of a room."""

from functools import lru_cache

from bridge import Authorship, Capabilities, Support, Unit

from . import encode

__all__ = ["of_two", "record"]


@lru_cache(1024)
def record(  # noqa: PLR0913 - what differs from room to room
    window: int,
    named: bool,
    topic: Support,
    file_limit: int | None,
    doubt: Support = Support.PARTIAL,
    *,
    authorship: Authorship = Authorship.PREFIX,
) -> Capabilities:
    """Return the record of a room.

    `named`: the room names messages, so that others' can be referred to. `file_limit`: None for no service
    that takes files, 0 for one that takes any.
    """
    return Capabilities(
        text_limit=encode.TEXT_LIMIT,
        unit=Unit.BYTES,
        lines=True,
        marks=encode.MARKS,
        features=encode.FEATURES,
        mark_cost=encode.MARK_COST,
        reply=Support.FULL if named else Support.PARTIAL,
        thread=Support.FULL,
        edit=Support.FULL,
        delete=Support.FULL if named else Support.PARTIAL,
        reaction=Support.FULL if named else Support.NO,
        file=Support.NO if file_limit is None else Support.FULL,
        file_limit=file_limit or None,
        topic=topic,
        doubt=doubt,
        typing=Support.FULL,
        read=Support.FULL if named else Support.NO,
        whisper=Support.PARTIAL,
        away=Support.FULL,
        # where the service lets us, and the room shows who is invited
        rooms=Support.PARTIAL,
        authorship=authorship,
        name_pings=True,
        times=True,
        window=window,
    )


@lru_cache
def of_two(authorship: Authorship) -> Capabilities:
    """Return the record of a room of two, where what is said is in no archive."""
    return Capabilities(
        text_limit=encode.TEXT_LIMIT,
        unit=Unit.BYTES,
        lines=True,
        marks=encode.MARKS,
        features=encode.FEATURES,
        mark_cost=encode.MARK_COST,
        whisper=Support.PARTIAL,
        authorship=authorship,
        window=1,
    )
