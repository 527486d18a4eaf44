"""Knows the people who do not want their words to be kept."""

from collections.abc import Iterator

from bridge.journal import Journal
from bridge.model import Change, MemberChanged, Sender

__all__ = ["OptedOut"]

_KIND = "archive off"
"""The kind of the journal's notes about them, by network and by what they are known by."""


class OptedOut:
    """People, by what their networks know them by: an id, an account, what proves who they are."""

    def __init__(self, journal: Journal) -> None:
        self._notes = journal.notes
        self._known: dict[tuple[str, str], str] = dict(self._notes.all(_KIND))
        """By network and key: since when."""
        self._clock = journal.clock

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._known)

    def __contains__(self, who: tuple[str, Sender]) -> bool:
        network, sender = who
        return any((network, key) in self._known for key in _keys(sender))

    def known(self) -> list[str]:
        """Return them, each as `network/id`."""
        return sorted(f"{network}/{known}" for network, known in self._known)

    def leave_out(self, network: str, sender: Sender) -> None:
        """Keep nothing more of what somebody says. Raises JournalError."""
        for key in _keys(sender):
            self._add(network, key)

    def take_in(self, network: str, sender: Sender) -> None:
        """Keep what somebody says again. Raises JournalError."""
        for key in _keys(sender):
            if self._known.pop((network, key), None) is not None:
                self._notes.drop(_KIND, network, key)

    def renamed(self, network: str, event: MemberChanged) -> bool:
        """Know somebody by another id, if that changes with their name. Returns whether they are one of
        these. Raises JournalError.
        """
        if (
            event.change is not Change.RENAMED
            or event.id is None
            or (network, event.sender.id) not in self._known
        ):
            return False
        self._add(network, event.id)
        return True

    def _add(self, network: str, key: str) -> None:
        since = str(self._clock.now())
        self._notes.keep(_KIND, network, key, since)
        self._known[network, key] = since


def _keys(sender: Sender) -> set[str]:
    return {key for key in (sender.id, sender.account, sender.proof) if key}
