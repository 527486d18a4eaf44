"""Fills an archive with what another one held."""

from collections.abc import Callable, Iterable
from itertools import islice

from .records import NewEntry
from .writer import Store

__all__ = ["load"]

_AT_ONCE = 20_000
"""So many entries are one transaction: some 30 MB of memory."""


def _nobody(done: int) -> None:
    """Tell nobody."""


def load(store: Store, entries: Iterable[NewEntry], tell: Callable[[int], None] = _nobody) -> int:
    """File many entries, and leave the file as small as it can be. Returns how many there were.

    `tell` hears how many are filed. Raises ArchiveError: what was told stays filed.
    """
    done = 0
    coming = iter(entries)
    while filed := len(store.add(islice(coming, _AT_ONCE))):
        done += filed
        tell(done)
    store.compact()
    return done
