"""Who is not heard in a conversation, since moderators of one of its rooms wanted that. It is kept in the
journal.
"""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import msgspec

from bridge.errors import JournalError
from bridge.identity import safe_name
from bridge.journal import Journal
from bridge.model import UserId
from bridge.relay import Muted

__all__ = ["Mute", "Mutes"]

log = logging.getLogger(__name__)

_KIND = "mute"
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Mute:
    """Somebody who is not heard in one conversation, or would not be. Times are in seconds since 1970."""

    conversation: str
    network: str
    """The person's own."""
    user: UserId
    name: str
    room: int
    """The number of the room whose moderators did it."""
    by: str
    """Who of them, where that is known."""
    reason: str
    since: float
    until: float | None
    """None: until they take it back."""
    dry_run: bool = False
    """Whether it is only noted."""
    account: UserId | None = None
    """The account that speaks under that id and can do so under others; None: that is theirs."""

    first: UserId | None = None
    """The id that it was decided about, where they have had another since; None: the same."""

    @property
    def key(self) -> str:
        """What it is kept under, beside the network."""
        return json.dumps([self.conversation, self.room, self.user])


class Mutes:
    """All of them."""

    def __init__(self, journal: Journal, muted: Muted) -> None:
        """`muted` is whom the relay does not hear."""
        self._clock = journal.clock
        self._notes = journal.notes
        self._muted = muted
        self._all: dict[tuple[str, str], Mute] = {}
        """By network and key."""
        for (network, key), text in self._notes.all(_KIND).items():
            try:
                self._all[network, key] = replace(msgspec.json.decode(text, type=Mute), network=network)
            except msgspec.MsgspecError:
                log.warning("somebody who was muted on %s is heard again: the note cannot be read", network)
        self._follow()

    def all(self) -> list[Mute]:
        """Return all of them, in the order in which they were made."""
        return list(self._all.values())

    def add(self, mute: Mute) -> bool:
        """Mute somebody. Returns False where that changes nothing, or there are too many."""
        before = self._all.get((mute.network, mute.key))
        if before is not None and before.dry_run == mute.dry_run and before.until is None:
            return False
        if before is None and len(self._all) >= _MOST:
            log.warning("%s is not muted: %s people are muted already", safe_name(mute.name), f"{_MOST:,}")
            return False
        self._all[mute.network, mute.key] = mute
        self._follow()
        try:
            self._notes.keep(_KIND, mute.network, mute.key, msgspec.json.encode(mute).decode())
        except JournalError:
            log.warning(
                "that %s is muted is forgotten at a restart: the journal cannot be written",
                safe_name(mute.name),
            )
        return True

    def lift(self, which: Callable[[Mute], bool]) -> list[Mute]:
        """Let people be heard again. Returns what ended by it."""
        gone = [mute for mute in self._all.values() if which(mute)]
        self.drop(gone)
        return gone

    def drop(self, mutes: Iterable[Mute]) -> None:
        """Forget these."""
        mutes = list(mutes)
        for mute in mutes:
            del self._all[mute.network, mute.key]
        if mutes:
            self._follow()
        for mute in mutes:
            try:
                self._notes.drop(_KIND, mute.network, mute.key)
            except JournalError:
                log.warning(
                    "%s is muted again at a restart: the journal cannot be written", safe_name(mute.name)
                )

    def rename(self, old: str, new: str) -> None:
        """Know the people of a network again that has another name, as the journal does by now."""
        moved = [replace(mute, network=new) for mute in self._all.values() if mute.network == old]
        if moved:
            others = {name: mute for name, mute in self._all.items() if mute.network != old}
            self._all = {(mute.network, mute.key): mute for mute in moved} | others
            self._follow()

    def expire(self) -> list[Mute]:
        """Forget those whose time is over. Returns them."""
        now = self._clock.now()
        return self.lift(lambda mute: mute.until is not None and mute.until <= now)

    def is_muted(self, mute: Mute) -> bool:
        """Whether somebody else's decision still keeps this person from being heard there."""
        return mute.user in self._muted.on(mute.network).get(mute.conversation, ())

    def _follow(self) -> None:
        self._muted.follow(
            (mute.conversation, mute.network, user)
            for mute in self._all.values()
            if not mute.dry_run
            for user in filter(None, (mute.user, mute.account))
        )
