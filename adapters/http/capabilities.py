"""The records of rooms of programs."""

from dataclasses import replace

from bridge import Authorship, Capabilities, Support

__all__ = ["FILE_LIMIT", "READ", "WEBHOOK"]

FILE_LIMIT = 8_000_000
"""In bytes: a file goes in the message itself, in base64, and is held in memory until somebody has it."""

READ = Capabilities(
    text_limit=60_000,
    reply=Support.FULL,
    edit=Support.FULL,
    delete=Support.FULL,
    file=Support.FULL,
    file_limit=FILE_LIMIT,
    captions=True,
    authorship=Authorship.MASQUERADE,
    times=True,
    window=16,
)
"""A room that programs read. Nobody can ask them afterwards what they have."""

WEBHOOK = replace(READ, doubt=Support.FULL, window=1)
"""A room that is posted to an address: the same `webhook-id` again is the same message."""
