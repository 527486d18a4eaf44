"""The journal as one SQLite file: `writer.py` takes and commits, `queries.py` is what it can be asked."""
