"""A bridge whose conversation is archived, and what is in its archive."""

import asyncio
import contextlib
from dataclasses import replace

from bridge.archive.entries import EntryKind
from bridge.archive.store import Reader
from bridge.config import Archive, ArchiveRules

DAY = 86_400.0
TALK = (EntryKind.MESSAGE, EntryKind.EDIT, EntryKind.REMOVAL, EntryKind.REACTION)


def archived(config, conversation="lobby", **rules):
    """The same configuration, with a conversation that is archived; no rules: not any more."""
    kept = ArchiveRules(**{"keep": 2 * 365 * DAY, **rules}) if rules.get("keep", 1) else None
    conversations = dict(config.conversations)
    conversations[conversation] = replace(conversations[conversation], archive=kept)
    archive = Archive().located(config.journal.parent, config.journal)
    return replace(config, conversations=conversations, archive=archive)


def entries(config, *kinds):
    """What is in the archive, of these kinds or of all."""
    file = config.archive.file
    if not file.exists():
        return []
    with Reader(file) as reader:
        return [one for one in reader.entries() if not kinds or one.header.kind in kinds]


async def filed(config, count, *kinds):
    """What is in the archive once it is so much, of these kinds or of all."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(Exception):
                if len(found := entries(config, *kinds)) >= count:
                    return found
            await asyncio.sleep(0.02)


def texts(found):
    return [one.words.text if one.words is not None else None for one in found]


def people(found):
    """Only what people said, not Hubbub."""
    return [one for one in found if one.header.by is None or one.header.by.id]
