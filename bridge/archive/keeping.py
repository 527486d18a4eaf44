"""For how long a conversation is archived, and what of it."""

import msgspec

__all__ = ["KeptFor"]


class KeptFor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is archived of a conversation. It is a note of the archive (`policy`, under the conversation's
    name), so that what is there goes in time also when the configuration knows the conversation no more.
    """

    keep: float
    """For so many seconds."""
    text: bool = True
    files: bool = False
    ended: float | None = None
    """Since when nothing more is archived, in seconds since 1970; None: it is."""
