"""The journal as one SQLite file: `writer.py` takes and commits, `queries.py` says what is known."""

from .writer import SqliteJournal

__all__ = ["SqliteJournal"]
