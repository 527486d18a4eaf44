#!/bin/sh
# SQLite 3.54.1 (PyPI apsw 3.54.1.0), FTS5.
#
# A full-text index keeps the words of what was deleted until its segments are merged. Whoever has to erase (what
# somebody said, as they wish) either merges after each deletion ('optimize'), or has FTS5 take the words out as it
# deletes: the option 'secure-delete', since 3.42, which by the notes of that release removes all traces. Not all.
#
# An index has a second b-tree (the table %_idx) with one word for each page: that at which the page begins, cut
# behind the first letter in which it differs from the word before. Among words that differ at their end alone
# (numbers of tickets or telephones, names of accounts) that is the whole word. 'secure-delete' takes the entry out of
# the page and leaves the word there. No search finds it; it stands in the file.
#
# The old remedy is gone with it. Without the option a deletion makes another segment, and 'optimize' writes all of them
# anew. With it there is one segment, as before, which 'optimize' and 'merge' find to be optimal: they do nothing,
# also when the option is off again. VACUUM does not help, nor PRAGMA secure_delete, which is on here. With another row
# 'optimize' works once more; else it is 'rebuild'.
#
# A table with contentless_delete=1 takes the option and does nothing about it: all that is deleted stays until
# 'optimize' (or a merge that its own share of deleted rows brings about).
#
# Seen, of deleted words how many stand in the file:
#   without secure-delete, optimize: 0 of 17
#   secure-delete: 17 of 17
#   secure-delete, optimize: 17 of 17
#   secure-delete, merge: 17 of 17
#   secure-delete, VACUUM: 17 of 17
#   secure-delete, set to 0 again, optimize: 17 of 17
#   secure-delete, another row, optimize: 0 of 17
#   secure-delete, rebuild: 0 of 17
#   unlike words, secure-delete: 0 of 30
#   unlike words, contentless_delete=1, secure-delete: 30 of 30
#   unlike words, contentless_delete=1, secure-delete, merge: 30 of 30
#   unlike words, contentless_delete=1, secure-delete, optimize: 0 of 30
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q --disable-pip-version-check install 'apsw==3.54.1.0'
cat > erase.py <<'PYTHON'
import hashlib
import itertools
import pathlib

import apsw

SECURE = "INSERT INTO t(t, rank) VALUES ('secure-delete', 1)"
INSECURE = "INSERT INTO t(t, rank) VALUES ('secure-delete', 0)"
OPTIMIZE = "INSERT INTO t(t) VALUES ('optimize')"
MERGE = "INSERT INTO t(t, rank) VALUES ('merge', {})"
REBUILD = "INSERT INTO t(t) VALUES ('rebuild')"
ROW = "INSERT INTO t(body) VALUES ('other')"
NUMBERS = [f"ticket{70_000_000 + number}" for number in range(10_000)]
UNLIKE = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(3_000)]
files = itertools.count()
assert apsw.sqlite_lib_version() == "3.54.1"


def starts(database):
    """The words that stand in the second b-tree. Before each is a byte which says of what index it is."""
    found = (row[0] for row in database.execute("SELECT term FROM t_idx"))
    return {(term.encode() if isinstance(term, str) else term)[1:].decode() for term in found}


def left(words, *steps, secure=True, options=""):
    """How many words are deleted, and how many of them stand in the file after these steps."""
    path = pathlib.Path(f"{next(files)}.db")
    database = apsw.Connection(str(path))
    database.execute("PRAGMA secure_delete = ON")
    database.execute(f"CREATE VIRTUAL TABLE t USING fts5(body{options})")
    if secure:
        database.execute(SECURE)
    with database:
        database.executemany("INSERT INTO t(rowid, body) VALUES (?, ?)", enumerate(words))
    deleted = sorted(starts(database) & set(words)) if words is NUMBERS else words[::100]
    with database:
        database.executemany("DELETE FROM t WHERE rowid = ?", [(words.index(word),) for word in deleted])
    for step in steps:
        database.execute(step)
    assert not any(list(database.execute("SELECT 1 FROM t(?)", (word,))) for word in deleted)
    database.close()
    # A word of an index stands without what it has in common with the one before.
    held, end = path.read_bytes(), 0 if words is NUMBERS else 20
    return f"{sum(word[end:].encode() in held for word in deleted)} of {len(deleted)}"


print("without secure-delete, optimize:", left(NUMBERS, OPTIMIZE, secure=False))
print("secure-delete:", left(NUMBERS))
print("secure-delete, optimize:", left(NUMBERS, OPTIMIZE))
print("secure-delete, merge:", left(NUMBERS, MERGE.format(-5000), MERGE.format(5000)))
print("secure-delete, VACUUM:", left(NUMBERS, "VACUUM"))
print("secure-delete, set to 0 again, optimize:", left(NUMBERS, INSECURE, OPTIMIZE))
print("secure-delete, another row, optimize:", left(NUMBERS, ROW, OPTIMIZE))
print("secure-delete, rebuild:", left(NUMBERS, REBUILD))
contentless = ", content='', contentless_delete=1"
print("unlike words, secure-delete:", left(UNLIKE))
for name, steps in {"": (), ", merge": (MERGE.format(5000),), ", optimize": (OPTIMIZE,)}.items():
    found = left(UNLIKE, *steps, options=contentless)
    print(f"unlike words, contentless_delete=1, secure-delete{name}: {found}")
PYTHON
env/bin/python erase.py > seen
cat seen
[ "$(cat seen)" = "without secure-delete, optimize: 0 of 17
secure-delete: 17 of 17
secure-delete, optimize: 17 of 17
secure-delete, merge: 17 of 17
secure-delete, VACUUM: 17 of 17
secure-delete, set to 0 again, optimize: 17 of 17
secure-delete, another row, optimize: 0 of 17
secure-delete, rebuild: 0 of 17
unlike words, secure-delete: 0 of 30
unlike words, contentless_delete=1, secure-delete: 30 of 30
unlike words, contentless_delete=1, secure-delete, merge: 30 of 30
unlike words, contentless_delete=1, secure-delete, optimize: 0 of 30" ]
