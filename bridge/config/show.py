"""What a room is shown, as a person writes it at a network or at the room itself."""

from typing import Annotated, Literal

from pydantic import Field

from .block import Model
from .values import Duration, Language, Patterns, TimeZone

__all__ = ["ShowRules"]


class ShowRules(Model):
    """What a room is shown of what it cannot do itself, and how it is spoken to."""

    edits: Annotated[
        Literal["diff", "full", "off"],
        Field(description="What is shown of an edit: the words that changed, all of them, or nothing."),
    ] = "diff"
    removals: Annotated[
        Literal["note", "off"], Field(description="Whether it is said that somebody took a message back.")
    ] = "off"
    reactions: Annotated[
        Literal["summary", "off"], Field(description="Whether it is said who reacted with what.")
    ] = "off"
    topics: Annotated[
        Literal["note", "sync", "off"],
        Field(
            description="A new topic elsewhere: `note` says so, `sync` sets it here too, `off` does neither."
        ),
    ] = "note"
    members: Annotated[
        Literal["note", "present", "off"],
        Field(
            description="Who came and went elsewhere: `note` says so, `present` has people from elsewhere be "
            "there as themselves before they say anything, where they can be, `off` does neither."
        ),
    ] = "off"
    moderators: Annotated[
        Literal["here", "everywhere", "dry-run"],
        Field(
            description="How far a kick or ban here goes: in this room alone, or `everywhere` in the "
            "conversation: whom it is about is then not heard in its other rooms. With `dry-run` the log "
            "says what would be done."
        ),
    ] = "here"
    hold_back: Annotated[
        Duration,
        Field(
            le=60,
            description="How long a message waits before it comes: what is taken back by then never does.",
        ),
    ] = 0.0
    instructions: Annotated[
        Literal["on", "off"],
        Field(description="Whether Hubbub answers people who ask it something there, such as `!who`."),
    ] = "on"
    long: Annotated[
        Literal["split", "link", "clip"],
        Field(description="A long text: in several messages, as a link to all of it, or only its beginning."),
    ] = "split"
    names: Annotated[
        Literal["plain", "bold", "colour"],
        Field(
            description="How the name before a message looks, where the network has bold or coloured text."
        ),
    ] = "plain"
    protect: Annotated[
        Patterns,
        Field(
            description="Names such as `admin` or `*support*` that nobody from another network has without "
            "that network after it, in whatever letters."
        ),
    ] = ()
    language: Annotated[Language, Field(description="The language of Hubbub's own sentences.")] = "en"
    time_zone: Annotated[
        TimeZone | None, Field(description="The zone of the times that are told; else UTC, and it is said.")
    ] = None
