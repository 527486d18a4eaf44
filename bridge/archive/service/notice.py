"""Tells people in the rooms of the archive: that there is one, what is kept and for how long, that it
changes, that it ends. Each room is told once, also one that is joined later, over restarts.
"""

import contextlib
from collections.abc import Mapping
from functools import partial

import msgspec

from bridge.archive.keeping import KeptFor
from bridge.errors import JournalError
from bridge.language import N_, Locale
from bridge.language.spans import span
from bridge.notices.announcer import Announcer
from bridge.relay import Router

from .policy import Policy

__all__ = ["Archived", "Notices", "whose"]

_KIND = "archived"
"""The kind of the journal's notes about what is archived, by conversation."""
_WORDS = N_("From now on, what is said here is archived and kept for {time}, by {owner}.")
_FILES = N_("From now on, what is said here is archived and kept for {time}, files too, by {owner}.")
_FACTS = N_(
    "From now on it is archived who says something here and when, but not what, and kept for {time}, by "
    "{owner}."
)
_OPT_OUT = N_("Say !archive off to have your words left out; !archive tells more.")
_ENDED = N_(
    "From now on, nothing more that is said here is archived. What is in the archive goes when its time is "
    "over."
)


class Archived(msgspec.Struct, omit_defaults=True):
    """What is archived of a conversation, and who was told."""

    kept: KeptFor
    since: int
    """The last event of before."""
    begun: float
    """In seconds since 1970."""
    told: list[int] = []
    """The numbers of the rooms whose people know of this."""


_decoder = msgspec.json.Decoder(Archived)


class Notices:
    """Compares what is archived with what people were told."""

    def __init__(self, router: Router, announcer: Announcer) -> None:
        self._router = router
        self._announcer = announcer
        journal = self._journal = router.journal
        self.archived: dict[str, Archived] = {
            key: _decoder.decode(text) for (_, key), text in journal.notes.all(_KIND).items()
        }
        """By conversation; also what ended, while somebody has to be told of that."""
        self._policy: Policy | None = None
        self._unsaved: set[str] = set()

    def follow(self, policy: Policy) -> Mapping[str, str]:
        """Follow this policy from now on. Returns what changed with which conversation: `begun`, `changed` or
        `ended`.
        """
        self._policy = policy
        changes: dict[str, str] = {}
        now = self._journal.clock.now()
        for name, kept in policy.kept.items():
            known = self.archived.get(name)
            if known is None or known.kept.ended is not None:
                changes[name] = "begun"
                self._keep(name, Archived(kept, self._journal.latest(), now))
            elif known.kept != kept:
                changes[name] = "changed"
                self._keep(name, Archived(kept, known.since, known.begun))
        for name, known in list(self.archived.items()):
            if name not in policy.kept and known.kept.ended is None:
                changes[name] = "ended"
                known.kept = msgspec.structs.replace(known.kept, ended=now)
                self._keep(name, known)
        return changes

    def patrol(self) -> None:
        """Tell those rooms that can be told and do not know yet: every few seconds."""
        if self._policy is None:
            return
        for name in self._unsaved & self.archived.keys():
            self._keep(name, self.archived[name])
        for name, archived in list(self.archived.items()):
            if archived.kept.ended is None:
                self._tell_of(name, archived, self._policy)
            else:
                self._tell_end(name, archived, self._policy)

    def _tell_of(self, name: str, archived: Archived, policy: Policy) -> None:
        workers = self._router.rooms.by_name
        numbers = [workers[place].room.number for place in policy.rooms[name] if place in workers]
        reached = [one for one in self._announcer.reachable(numbers) if one not in archived.told]
        for number in reached:
            asking = self._router.workers[number].composer.view.show.instructions == "on"
            told = partial(_told, archived.kept, policy.owner, asking=asking)
            self._announcer.say(number, [number], told)
        if reached:
            archived.told += reached
            self._keep(name, archived)

    def _tell_end(self, name: str, archived: Archived, policy: Policy) -> None:
        """Tell whoever knew of it, unless their room is archived in another conversation."""
        workers = self._router.workers
        left = [
            number
            for number in archived.told
            if number in workers
            and (workers[number].room.adapter.network, workers[number].room.id) not in policy.known
        ]
        reached = self._announcer.reachable(left)
        for number in reached:
            self._announcer.say(number, [number], lambda locale: locale.gettext(_ENDED))
        left = [number for number in left if number not in reached]
        if left != archived.told:
            archived.told = left
            self._keep(name, archived)

    def forget_ended(self) -> None:
        """Forget what ended, as far as everybody knows it: the archive does."""
        for name, archived in list(self.archived.items()):
            if archived.kept.ended is not None and not archived.told:
                with contextlib.suppress(JournalError):  # which has said so
                    self._journal.notes.drop(_KIND, "", name)
                    del self.archived[name]

    def _keep(self, name: str, archived: Archived) -> None:
        self.archived[name] = archived
        try:
            self._journal.notes.keep(_KIND, "", name, msgspec.json.encode(archived).decode())
        except JournalError:  # which has said so: it is tried again
            self._unsaved.add(name)
        else:
            self._unsaved.discard(name)


def _told(kept: KeptFor, owner: str | None, locale: Locale, *, asking: bool) -> str:
    """Say what is archived from now on, and what one can do about it."""
    sentence = _FACTS if not kept.text else _FILES if kept.files else _WORDS
    told = locale.gettext(sentence, time=span(kept.keep, locale), owner=whose(owner, locale))
    return f"{told} {locale.gettext(_OPT_OUT)}" if asking and kept.text else told


def whose(owner: str | None, locale: Locale) -> str:
    """Say who keeps the archive."""
    return owner or locale.gettext("the people who invited me")
