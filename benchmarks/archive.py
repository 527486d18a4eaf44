"""`python -m benchmarks.archive [messages]`: what an archive costs, and how fast it finds something.

A corpus that is the same each time (`corpus.py`) is built from JSON lines as `hubbub transcript` writes them.
Beside it, in the same run: `grep` over the same messages as weechat logs them, and SQLite's trigram index
over them. Ratios can be compared between machines, times cannot.
"""

import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import msgspec

from bridge.archive.entries import packed
from bridge.archive.exports.lines import read_lines
from bridge.archive.search import ask
from bridge.archive.search.query import read_query
from bridge.archive.store import Reader, Store
from bridge.archive.store.load import load
from bridge.archive.store.walk import walk
from bridge.clock import SYSTEM

from .corpus import entries

MESSAGES = 1_000_000
QUESTIONS = 400
GREPS = 40
"""Of the questions, since each takes as long as the logs are large."""
_LINE = msgspec.json.Encoder().encode


class Watch:
    """Seconds that passed, and that this process computed."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def told(self, count=0):
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        rate = f", {count / wall:,.0f}/s, {count / cpu:,.0f} per second of CPU" if count else ""
        return f"{wall:.1f} s, {cpu:.1f} s of CPU{rate}"


def write(folder, count):
    """The corpus as an export and as weechat's logs. Returns the texts' size, and some of them."""
    export, texts, size, places = folder / "export.jsonl", [], 0, Counter()
    logs = {}
    with export.open("wb") as lines:
        for number, (conversation, header, words) in enumerate(entries(count)):
            places[conversation] += 1
            line = {
                "conversation": conversation,
                "position": places[conversation],
                "header": msgspec.Raw(packed(header)),
                "words": msgspec.Raw(packed(words)),
            }
            lines.write(_LINE(line) + b"\n")
            if conversation not in logs:
                logs[conversation] = (folder / f"irc.{conversation}.weechatlog").open("w")
            at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(header.at))
            logs[conversation].write(f"{at}\t{header.by.name}\t{words.text}\n")
            size += len(words.text.encode())
            if number % max(1, count // 20_000) == 0:
                texts.append(words.text)
    for log in logs.values():
        log.close()
    return export, size, texts


def questions(texts):
    """Two words of one message each, as somebody types them who remembers it: of Chinese, two characters."""
    chance = random.Random(7)
    found = []
    while len(found) < QUESTIONS:
        text = chance.choice(texts)
        words = re.findall(r"[^\W\d_]{4,}", text)
        if not text.isascii() and re.fullmatch(r"[\u4e00-\u9fff，。？]+", text):
            runs = [run for run in re.findall(r"[\u4e00-\u9fff]+", text) if len(run) >= 2]
            pairs = {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
            words = sorted(pairs)
        if len(words) >= 2:
            found.append(" ".join(chance.sample(words, 2)))
    return found


def computed():
    """Seconds that this process and those that it started have computed."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


def milliseconds(ask_one, asked):
    """How long each takes, for who waits and for processors: the median and the 95th percentile."""
    waits, works = [], []
    for question in asked:
        begun, before = time.perf_counter(), computed()
        ask_one(question)
        waits.append((time.perf_counter() - begun) * 1000)
        works.append((computed() - before) * 1000)
    return [[sorted(took)[int(len(took) * share)] for share in (0.5, 0.95)] for took in (waits, works)]


def told(both):
    (wait, long_wait), (work, long_work) = both
    return f"p50 {wait:.1f} ms, p95 {long_wait:.1f} ms; of CPU {work:.1f} and {long_work:.1f} ms"


def searches(folder, file, asked):
    with Reader(file) as reader:

        def ours(question):
            assert ask(read_query(question, time.time()), reader, limit=20).hits

        both = milliseconds(ours, asked)
    print(f"a search for two words, 20 hits with their texts: {told(both)}", flush=True)
    logs = sorted(folder.glob("*.weechatlog"))

    def grep(question):
        one, other = question.split()
        first = subprocess.Popen(["grep", "-hiF", "-e", one, *logs], stdout=subprocess.PIPE)
        second = subprocess.run(
            ["grep", "-iF", "-e", other], stdin=first.stdout, capture_output=True, check=False
        )
        first.stdout.close()
        first.wait()
        assert second.stdout

    grepped = milliseconds(grep, asked[:GREPS])
    times = [theirs / mine for theirs, mine in zip(grepped[1], both[1], strict=True)]
    size = sum(log.stat().st_size for log in logs)
    print(
        f"grep over {size / 1e6:.0f} MB of weechat's logs: {told(grepped)}: "
        f"{times[0]:,.0f} and {times[1]:,.0f} times as much",
        flush=True,
    )


def trigram(folder, file, asked, size):
    """SQLite's own index for parts of words, with the texts beside it, as one would build it."""
    path = folder / "trigram.sqlite3"
    watch = Watch()
    with sqlite3.connect(path) as database, Reader(file) as reader:
        database.execute("CREATE TABLE said (number INTEGER PRIMARY KEY, text TEXT)")
        database.execute(
            "CREATE VIRTUAL TABLE found USING fts5(text, content='said', content_rowid='number', "
            "tokenize='trigram', detail='none')"
        )
        texts = ((entry.number, entry.words.text) for entry in reader.entries() if entry.words)
        while batch := list(islice(texts, 20_000)):
            database.executemany("INSERT INTO said VALUES (?, ?)", batch)
            database.executemany("INSERT INTO found (rowid, text) VALUES (?, ?)", batch)
        database.execute("INSERT INTO found (found) VALUES ('optimize')")
    database.execute("VACUUM")
    took = watch.told()
    missed = Counter()

    def look(question):
        # With `detail=none` there are no phrases: all trigrams of the words, then a look at the text.
        words = question.split()
        parts = {word[at : at + 3] for word in words for at in range(len(word) - 2)}
        if not parts:
            missed["asked"] += 1
            return
        rows = database.execute(
            "SELECT said.text FROM found JOIN said ON number = found.rowid WHERE found MATCH ? "
            "ORDER BY found.rowid DESC",
            (" AND ".join(f'"{part}"' for part in sorted(parts)),),
        )
        list(islice((text for (text,) in rows if all(word in text for word in words)), 20))

    both = milliseconds(look, asked)
    database.close()
    print(
        f"SQLite's trigram index with its texts: {took}; {path.stat().st_size / size:.2f} times the text; "
        f"{told(both)}; {missed['asked']} of {len(asked)} questions cannot be "
        "asked of it (words of two characters)",
        flush=True,
    )


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        export, size, texts = write(folder, count)
        print(f"{count:,} messages, {size / 1e6:.1f} MB of text, load {os.getloadavg()[0]:.1f}", flush=True)
        file = folder / "archive.sqlite3"
        store = Store(file, SYSTEM)
        watch = Watch()
        with export.open("rb") as lines:
            load(store, read_lines(lines, export.name))
        store.close()
        print(f"built from exported JSON: {watch.told(count)}", flush=True)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{file.stat().st_size / 1e6:.1f} MB: {file.stat().st_size / size:.2f} times the text; "
            f"{memory:.0f} MiB of memory"
        )
        with sqlite3.connect(file) as database:
            tables = database.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 5"
            )
            print("of it " + ", ".join(f"{table} {pages / size:.2f}" for table, pages in tables), flush=True)
        watch = Watch()
        found = walk(file)
        assert found.entries == count
        assert not found.flaws
        print(f"verified: {watch.told(count)}", flush=True)
        asked = questions(texts)
        searches(folder, file, asked)
        trigram(folder, file, asked, size)


if __name__ == "__main__":
    main()
