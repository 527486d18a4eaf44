"""SQLite files beside the journal: opened, made or brought to this release's tables, and refused where they
are something else.
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import HubbubError
from .new_files import new_file, put_in_place

__all__ = ["DatabaseKind"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DatabaseKind:
    """What files of one kind have in common."""

    application: int
    """Says in the file's first bytes what it is (`PRAGMA application_id`)."""
    versions: Sequence[str]
    """What makes the tables of each version (`PRAGMA user_version`) of those before it, in SQL."""
    refused: type[HubbubError]
    """Is raised for a file that is none, or a newer release's."""
    other: str
    """What is said of one that is none, behind its name: with what to do."""
    copied: bool = False
    """Whether one of an older release is copied before it is brought to this one's tables."""

    def open_to_write(self, file: Path, *pragmas: str) -> sqlite3.Connection:
        """Open one as its one writer, made for its owner alone or brought to this release's tables. `pragmas`
        are set before that. Raises what is `refused`, OSError and sqlite3.Error.
        """
        if not file.exists():  # what stands beside it has its mode
            os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        try:
            self._refuse(database, file)
            for pragma in (*pragmas, "journal_mode = WAL", "secure_delete = ON", "temp_store = MEMORY"):
                database.execute(f"PRAGMA {pragma}")
            self._migrate(database, file)
        except BaseException:
            database.close()
            raise
        return database

    def open_to_read(self, file: Path) -> sqlite3.Connection:
        """Open one that is there, so that nothing in it can change. Raises what is `refused`, and
        sqlite3.Error.
        """
        where = f"{file.absolute().as_uri()}?mode=ro"
        database = sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False)
        try:
            self._refuse(database, file)
        except BaseException:
            database.close()
            raise
        return database

    def _refuse(self, database: sqlite3.Connection, file: Path) -> None:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != self.application:
            raise self.refused(f"{file} {self.other}")
        if version > len(self.versions):
            before = _copy_of(file, len(self.versions))
            back = f"put {before} in its place" if before.exists() else "move it away to begin a new one"
            raise self.refused(
                f"{file} was written by a newer Hubbub (schema {version}; this one knows "
                f"{len(self.versions)}): start that release again, or {back}"
            )

    def _migrate(self, database: sqlite3.Connection, file: Path) -> None:
        """Bring it to this release's version, in one transaction."""
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version < len(self.versions):
            if version and self.copied:
                _copy(database, file, version)
            steps = "".join(self.versions[version:])
            database.executescript(
                f"BEGIN IMMEDIATE;PRAGMA application_id = {self.application};{steps}"
                f"PRAGMA user_version = {len(self.versions)};COMMIT;"
            )


def _copy_of(file: Path, version: int) -> Path:
    return file.with_name(f"{file.name}.schema-{version}")


def _copy(database: sqlite3.Connection, file: Path, version: int) -> None:
    """Copy one as an older release left it: the way back. Only the last copy stays. Raises OSError and
    sqlite3.Error.
    """
    copy = _copy_of(file, version)
    log.info("%s is of an older release: it is copied to %s, then upgraded", file, copy)
    with new_file(copy) as part:
        with contextlib.closing(sqlite3.connect(part)) as copied:
            database.backup(copied)
            copied.execute("PRAGMA journal_mode = DELETE")  # one file
        put_in_place(part, copy)
    for older in range(1, version):
        _copy_of(file, older).unlink(missing_ok=True)
