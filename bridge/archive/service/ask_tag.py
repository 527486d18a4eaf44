"""`!tag` and `!untag`: people file what was said in their room."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bridge.archive.filing.questions import IsFiled, ListTags, PutTag, TagChange, TakeTag, Which
from bridge.archive.filing.tags import Tagged
from bridge.archive.process.questions import Inquiry
from bridge.config.filing import tag_name
from bridge.errors import ArchiveError
from bridge.identity.speaker import key_of
from bridge.instructions import Asked, Instruction
from bridge.language import N_, Locale
from bridge.model import MessageId, RoomId

__all__ = ["AskTag", "AskUntag", "Origin"]

_SHOWN = 20
_PATIENCE, _GLANCE = 40, 0.3
"""So often, and after so many seconds each, is looked whether what was said before is in the archive."""
_NO_TAG = N_("A tag is one word of at most 40 letters, digits, - _ or .")
_NOTHING_HERE = N_("Nothing that is said here is archived.")
_NOT_THERE = N_("That is not in the archive.")

Origin = Callable[[int, MessageId], int | None]
"""Gives the journal's number of a message, by the room's and the name that it has there."""


class _Verb(Instruction):
    def __init__(
        self,
        ask: Callable[[Inquiry[Any]], Awaitable[Any]],
        conversations: Callable[[str, RoomId], Sequence[str]],
        origin: Origin,
    ) -> None:
        """`ask` asks the archive's process; `conversations` gives those that have what is said in a room."""
        self._ask = ask
        self._conversations = conversations
        self._origin = origin

    async def follow(self, asked: Asked) -> str:
        locale = asked.locale
        names = tuple(self._conversations(asked.network, asked.room))
        if asked.number is None or not names:
            return locale.gettext(_NOTHING_HERE)
        try:
            if not asked.words:
                return _listed((await self._ask(ListTags(conversations=names))).tags, locale)
            return await self._file(asked, tag_name(asked.words), names)
        except ArchiveError:
            return locale.gettext(_NOT_THERE)
        except ValueError:
            return locale.gettext(_NO_TAG)

    async def _file(self, asked: Asked, tag: str, names: tuple[str, ...]) -> str:
        raise NotImplementedError

    def _answered(self, asked: Asked) -> int | None:
        """Return the journal's number of the message that it is said as an answer to; None: there is none."""
        if asked.reply_to is None or asked.number is None:
            return None
        return self._origin(asked.number, asked.reply_to)

    async def _filed(self, seq: int) -> None:
        """Wait until what was said is in the archive, which follows a moment later: but not for long."""
        for _ in range(_PATIENCE):
            if await self._ask(IsFiled(seq)):
                return
            await asyncio.sleep(_GLANCE)


class AskTag(_Verb):
    """Tags the message that it answers; else all that was said since the last pause."""

    name = "tag"
    help = N_("!tag WORD – files the message that it answers, or what was said since the last pause")

    async def _file(self, asked: Asked, tag: str, names: tuple[str, ...]) -> str:
        by, name = key_of(asked.network, asked.sender.id), asked.sender.name
        seq = self._answered(asked)
        if seq is None and asked.reply_to is not None:
            return asked.locale.gettext(_NOT_THERE)
        await self._filed(seq or asked.seq)
        which = (
            Which(conversations=names, seq=seq) if seq else Which(conversations=names, before_seq=asked.seq)
        )
        found = await self._ask(PutTag(tag, which, by, name))
        if seq:
            return asked.locale.gettext("Tagged {tag}: that message.", tag=tag)
        return _stretch(found, asked.locale)


class AskUntag(_Verb):
    """Takes a tag back that whoever asks gave."""

    name = "untag"
    help = N_("!untag WORD – takes back a tag of yours: of the message that it answers, or the last one")

    async def _file(self, asked: Asked, tag: str, names: tuple[str, ...]) -> str:
        locale, by = asked.locale, key_of(asked.network, asked.sender.id)
        if seq := self._answered(asked):
            which = Which(conversations=names, seq=seq)
        else:
            kept = (await self._ask(ListTags(tag, names))).tags
            own = [one for one in kept if one.by == by]
            if not own:
                return locale.gettext(_THEIRS if kept else _NO_SUCH, tag=tag)
            last = max(own, key=lambda one: one.at)
            which = Which(conversations=(last.conversation,), first=last.first, last=last.last)
        change = await self._ask(TakeTag(tag, which, by))
        if change.tagged:
            return locale.gettext("The tag {tag} is taken back.", tag=tag)
        return locale.gettext(_THEIRS if change.left else _NO_SUCH, tag=tag)


_THEIRS = N_("Only who gave the tag {tag} can take it back.")
_NO_SUCH = N_("That has no tag {tag}.")


def _stretch(found: TagChange, locale: Locale) -> str:
    if found.since is None or found.until is None:
        return locale.gettext(_NOT_THERE)
    counted = locale.ngettext("{number} message", "{number} messages", found.messages)
    times: dict[str, Any] = {
        "since": locale.clock(found.since, found.until),
        "until": locale.clock(found.until, found.until),
    }
    return locale.gettext(
        "Tagged {tag}: {messages}, from {since} to {until}.", tag=found.tag, messages=counted, **times
    )


def _listed(tags: Sequence[Tagged], locale: Locale) -> str:
    counts = Counter(one.tag for one in tags)
    if not counts:
        return locale.gettext("Nothing is tagged here.")
    shown = [f"{tag} ({count})" for tag, count in sorted(counts.items())]
    if len(shown) > _SHOWN:
        more = locale.gettext("and {number} more", number=len(shown) - _SHOWN)
        shown = [*shown[:_SHOWN], more]
    return locale.gettext("Tags here: {tags}", tags=", ".join(shown))
