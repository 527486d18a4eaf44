"""The rules for a desk's mail, as the owner writes them."""

from typing import Annotated

from pydantic import Field

from bridge import Address, Duration, Model

__all__ = ["DeskMail"]

_MOST = 10


class DeskMail(Model):
    """What goes out by the server of the top-level `mail:`; without that, nothing does."""

    name: Annotated[
        Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")] | None,
        Field(
            description="Who visitors get mail from. By default the desk's name.", examples=["Wool & Yarn"]
        ),
    ] = None
    reply_to: Annotated[
        Address | None,
        Field(description="Where visitors' answers to a mail go.", examples=["help@shop.example"]),
    ] = None
    unseen: Annotated[
        Duration | None,
        Field(
            gt=0,
            description="How long a visitor who gave a mail address has to be gone, and agents quiet, before "
            "what agents said meanwhile goes there. By default nothing does.",
            examples=["5m"],
        ),
    ] = None
    transcripts: Annotated[
        tuple[Address, ...],
        Field(max_length=_MOST, description="Who gets what was said in each chat when it is closed."),
    ] = ()
    away: Annotated[
        tuple[Address, ...],
        Field(
            max_length=_MOST,
            description="Who gets what visitors leave while nobody is there, besides the rooms of the desk.",
        ),
    ] = ()
