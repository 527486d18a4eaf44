"""What can be done in a room of Matrix."""

from functools import lru_cache

from bridge import Authorship, Capabilities, Feature, Mark, Support, Unit

from .encode import TEXT_LIMIT

__all__ = ["record"]

_ABREAST = 10
"""So many requests at once; more gain nothing, as measured with Synapse."""


@lru_cache(64)
def record(  # noqa: PLR0913 -- all but the first by name
    file_limit: int | None = None,
    *,
    topic: Support = Support.FULL,
    authorship: Authorship = Authorship.PREFIX,
    abreast: bool = False,
    whisper: bool = False,
    alone: bool = False,
) -> Capabilities:
    """Return the record of a room.

    Who speaks by themselves does so over the connections of the bridge. Each request waits for the answer to
    the one before (`window`), by which the homeserver has ordered it: so nobody overtakes anybody. `abreast`:
    the owner wants people who speak at once not to wait for each other. `whisper`: somebody of ours can write
    to people alone. `alone`: it is a room of two.
    """
    hints = Support.NO if alone else Support.FULL
    return Capabilities(
        text_limit=TEXT_LIMIT,
        unit=Unit.BYTES,
        lines=True,
        marks=frozenset(Mark),
        features=frozenset(Feature),
        reply=Support.FULL,
        edit=Support.FULL,
        delete=Support.FULL,
        reaction=Support.FULL,
        thread=Support.FULL,
        file=Support.FULL,
        file_limit=file_limit,
        captions=True,
        topic=Support.NO if alone else topic,
        mention=Support.FULL,
        doubt=Support.FULL,
        typing=hints,
        read=hints,
        whisper=Support.FULL if whisper else Support.NO,
        # where the homeserver tells who is there
        away=Support.PARTIAL,
        rooms=Support.FULL,
        authorship=authorship,
        name_pings=False,
        window=1,
        abreast=_ABREAST if abreast else 1,
    )
