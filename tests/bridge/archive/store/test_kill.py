"""A writer that is killed at any moment leaves a file that opens, with all it answered for, once each."""

import subprocess
import sys
from pathlib import Path

from bridge.archive.store import Store
from bridge.archive.store.walk import walk
from bridge.clock import SYSTEM

_WRITER = """
import sys
from pathlib import Path
from bridge.archive.store import Store
from bridge.clock import SYSTEM
from tests.bridge.archive.store.said import message
store = Store(Path(sys.argv[1]), SYSTEM)
seq = (store.cursor("j") or 0) + 1
while True:
    batch = [message(n, conversation="ab"[n % 2]) for n in range(seq, seq + 1 + seq % 90)]
    store.add(batch, ("j", batch[-1].header.seq))
    seq = batch[-1].header.seq + 1
    if seq % 5 == 0:
        store.take_words([seq // 2], "wish")
        store.scrub()
    print(seq - 1, flush=True)
"""


def test_what_was_answered_for_outlives_a_kill(file: Path) -> None:
    answered = 0
    for number in range(7):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, file], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        # Each time after another number of lines, and then at once: somewhere in the next transaction.
        for _ in range(1 + number * 3 % 10):
            answered = int(writer.stdout.readline())
        writer.kill()
        answered = int(([str(answered), *writer.stdout.read().split()])[-1])
        writer.wait()
        writer.stdout.close()
        store = Store(file, SYSTEM)
        seq = store.cursor("j") or 0
        assert seq >= answered
        with store.reader() as reader:
            seqs = [entry.header.seq for entry in reader.entries() if entry.header and entry.header.seq]
        assert seqs == list(range(1, seq + 1))
        store.close()
    assert answered > 256
    assert walk(file).flaws == ()
