"""What one archive held comes into another one as it was."""

from pathlib import Path

from bridge.archive.entries import Person
from bridge.archive.exports.lines import read_lines
from bridge.archive.store import Store
from bridge.archive.store.load import load
from bridge.archive.store.walk import walk
from bridge.clock import SYSTEM

from .said import about, copied, message


def _lines(store: Store) -> list[bytes]:
    with store.reader() as reader:
        return [
            b'{"conversation":"%b","position":%d,"header":%b,"words":%b}'
            % (entry.conversation.encode(), entry.position, entry.raw_header, entry.raw_words)
            for entry in reader.entries()
        ]


def test_what_was_written_down_makes_the_same_archive(store: Store, tmp_path: Path) -> None:
    store.add(message(n, by=Person(f"p{n % 9}", f"P{n}"), conversation="ab"[n % 2]) for n in range(1, 600))
    store.add([copied("m4", "copy", conversation="a"), about("edit", "m4", "better", conversation="a")])
    told: list[int] = []
    other = Store(tmp_path / "other.sqlite3", SYSTEM)
    lines = _lines(store)
    assert load(other, read_lines(lines, "export.jsonl"), told.append) == 601
    assert told == [601]
    assert _lines(other) == lines
    with other.reader() as reader:
        assert list(reader.matching("better", limit=9)) == [601]
    other.close()
    assert walk(tmp_path / "other.sqlite3").flaws == ()


def test_a_file_of_many_batches_is_small_in_the_end(store: Store, file: Path) -> None:
    for start in range(1, 3000, 100):
        store.add(message(n, " ".join(str(n * m) for m in range(20))) for n in range(start, start + 100))
    store.close()
    before = file.stat().st_size
    again = Store(file, SYSTEM)
    again.compact()
    again.close()
    assert file.stat().st_size < before * 0.9
