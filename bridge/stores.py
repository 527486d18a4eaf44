"""Stores: the SQLite files beside a journal, such as what desks keep of chats. What they are called there,
and beside a backup of it.
"""

import glob
import re
from pathlib import Path

__all__ = ["LISTS", "beside_backup", "beside_journal", "copy_of", "key_of_store", "place_of"]

LISTS = "lists.sqlite3"
"""The name of the lists' file among them; that of a network is `NETWORK.login.sqlite3`."""
_NETWORKS = ".login.sqlite3"
_OURS = re.compile(r"[\w.-]+\.login\.sqlite3")


def place_of(journal: Path, name: str) -> Path:
    """Return where a store of this name stands, there or not."""
    if name == LISTS:
        return journal.with_name(f"{journal.stem}-lists{journal.suffix}")
    there = journal.resolve()  # as its networks do
    return there.with_name(f"{there.name}.{name}")


def beside_journal(journal: Path) -> dict[str, Path]:
    """Return the stores of a journal that are there, by their names."""
    there = journal.resolve()
    begin = f"{there.name}."
    found = there.parent.glob(f"{glob.escape(begin)}*{_NETWORKS}")
    names = sorted(file.name.removeprefix(begin) for file in found)
    return _there(journal, [LISTS, *(name for name in names if _OURS.fullmatch(name))])


def _there(journal: Path, names: list[str]) -> dict[str, Path]:
    places = {name: place_of(journal, name) for name in names}
    return {name: file for name, file in places.items() if file.is_file()}


def copy_of(backup: Path, name: str) -> Path:
    """Return where the copy of a store stands beside a backup: no network has a name with this sign."""
    return backup.with_name(f"{backup.name}+{name}")


def beside_backup(backup: Path) -> dict[str, Path]:
    """Return the copies of stores that stand beside a backup, by the stores' names."""
    begin = f"{backup.name}+"
    found = {
        file.name.removeprefix(begin): file for file in backup.parent.glob(f"{glob.escape(begin)}*.sqlite3")
    }
    return {name: found[name] for name in sorted(found) if name == LISTS or _OURS.fullmatch(name)}


def key_of_store(store: Path) -> Path:
    """Return the file of a network's secret that stands with its store, such as the key of the addresses in
    it; the store itself where there is no such thing.
    """
    return store.with_name(store.name.removesuffix(".sqlite3")) if store.name.endswith(_NETWORKS) else store
