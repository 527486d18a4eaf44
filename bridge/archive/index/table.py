"""The table of the full-text index in SQLite (FTS5)."""

__all__ = ["TABLE"]

TABLE = "CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, detail=none, tokenize='ascii')"
"""Makes it. A row is the terms of an entry, under the entry's number; who removes one names them again.

The tokenizer parts what we have parted, and nothing else: all beyond ASCII is a letter to it, whatever of
Unicode the SQLite at hand knows.
"""
