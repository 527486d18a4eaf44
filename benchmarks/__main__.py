"""`make bench`: what the middle costs, between two scripted networks, without a server's moods.

Everything from an event handed over to its copy confirmed and recorded. The baseline, measured in the
same run, is SQLite alone writing the same rows in groups: ratios to it can be compared between machines,
times cannot. The collector is off, since its pauses are those of what the scripted networks remember.
"""

import asyncio
import gc
import statistics
import tempfile
from pathlib import Path

from bridge.app import on_disk
from bridge.journal.memory import MemoryJournal

from .bots import PER_SECOND as PER_SECOND_TO_BOT
from .bots import answered
from .bursts import baseline, burst, careless, looked_at
from .filing import filing
from .filters import FILTERS
from .network import percentiles
from .pages import SIZES, first_page
from .reloads import added, shown
from .scrape import ROOMS, scrapes
from .waits import BACKLOG, EDITS, QUEUE, backlog, edits, lone, pruning
from .whole import KINDS, whole
from .widget import page_load

REPEATS = 3


def run(measure, *args):
    """One measurement in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(measure(Path(name), *args))


def bursts():
    with tempfile.TemporaryDirectory() as name:
        base = baseline(Path(name))
    print(f"baseline: SQLite alone {base:6.1f} us CPU per message")
    for window, per_read in ((256, 64), (1, 64), (256, 1)):
        cpu, rate, commits, lag = run(burst, window, per_read)
        print(
            f"window {window:3}, {per_read:2} a read: {cpu:6.1f} us CPU per message "
            f"({cpu / base:.1f} x baseline), {rate:6.0f}/s, {commits:5.0f} commits per 1,000, "
            f"longest tick {lag:.1f} ms"
        )


def confirmations():
    """With them and without, one after the other, several times."""
    for window in (256, 1):
        cpu, rate = [], []
        for _ in range(REPEATS):
            sure = run(burst, window, 64)
            with careless():
                blind = run(burst, window, 64, False)
            cpu.append(sure[0] / blind[0])
            rate.append(sure[1] / blind[1])
        print(
            f"confirmed, against sent and forgotten, window {window:3}: "
            f"{statistics.median(cpu):.2f} x CPU, {statistics.median(rate):.2f} x messages per second"
        )


def filters():
    """With each kind and without any, in turns."""
    for kind, wanted in FILTERS.items():
        ratios = []
        for _ in range(REPEATS):
            without = run(burst, 256, 64)[0]
            ratios.append(run(burst, 256, 64, True, {"left": wanted})[0] / without)
        print(f"filters, {kind}: {statistics.median(ratios):.2f} x the CPU of a message without")


def looks():
    """With somebody who looks on and without, one after the other, several times."""
    ratios = []
    for _ in range(REPEATS):
        alone = run(burst, 256, 64)
        ratios.append(run(burst, 256, 64, True, None, looked_at)[0] / alone[0])
    print(f"while somebody looks on, against nobody: {statistics.median(ratios):.2f} x CPU")


def archives():
    """With an archive and without, in turns."""
    for name, pace in (("a burst", None), ("100/s", 100)):
        ratios, costs = [], []
        for _ in range(REPEATS):
            cpu, seconds = run(filing, True, pace)
            without, _ = run(filing, False, pace, seconds)
            costs.append(cpu - without)
            ratios.append(1 + costs[-1] / without)
        print(
            f"what is said is archived, {name}: {statistics.median(ratios):.2f} x the relay's CPU without, "
            f"{statistics.median(costs):+.1f} us per message"
        )


def pages():
    for count in SIZES:
        size, took, longest = run(first_page, count)
        print(
            f"the console's first page, {count:4} conversations: {size / 1000:.1f} kB as it travels, "
            f"{took:.0f} ms, longest tick {longest:.0f} ms"
        )


def journal():
    """Lone messages with the journal and with one in memory, in turns."""
    written, unwritten = [], []
    for _ in range(REPEATS):
        written += run(lone, on_disk)
        unwritten += run(lone, lambda _: MemoryJournal())
    with_it, without = percentiles(written), percentiles(unwritten)
    print(
        f"a lone message, 200/s in 200 rooms: p50 {with_it[0]:.2f} ms, p99 {with_it[1]:.2f}; with "
        f"one in memory {without[0]:.2f}, {without[1]:.2f}: it adds {with_it[0] - without[0]:.2f}, "
        f"{with_it[1] - without[1]:.2f}"
    )


def wholes():
    """What is done about messages, in turns with messages."""
    for window, per_read in ((256, 64), (1, 1)):
        runs = {kind: [run(whole, window, per_read, kind) for _ in range(3 * REPEATS)] for kind in KINDS}
        shown = ", ".join(f"{kind} {statistics.median(ratios):.2f} x" for kind, ratios in runs.items())
        print(f"against a message, window {window:3}, {per_read:2} a read: {shown}")


def widget():
    """What a shop's page pays for the widget of its desk."""
    size, fetched, there, shifted = run(page_load)
    print(
        f"the widget: {size:,} bytes, fetched in {fetched:.0f} ms, there after {there:.0f}; "
        f"it shifts {shifted:.2f}"
    )


def main():
    grown, rate, peak = run(backlog)
    print(
        f"backlog of {BACKLOG:,}: memory grows by {grown:.0f} MiB while it waits, drains at {rate:.0f}/s, "
        f"the process has {peak:.0f} MiB at most"
    )
    print(shown(*run(added)))
    gc.disable()
    bursts()
    confirmations()
    looks()
    archives()
    pages()
    widget()
    wholes()
    filters()
    journal()
    one, many = run(edits, 1), run(edits, QUEUE)
    print(f"{EDITS} edits of a waiting message: {one:.2f} ms each; behind {QUEUE} others {many:.2f}")
    alone, pruned, rate = run(pruning)
    print(
        f"longest tick at 2,000/s: {alone:.1f} ms, while the journal is pruned {pruned:.1f} "
        f"({rate:.0f} events per second)"
    )
    half, worst = percentiles(run(scrapes))
    print(f"a scrape of the metrics with {ROOMS:,} rooms: p50 {half:.1f} ms, p99 {worst:.1f}")
    cpu, rate, ordered = run(answered)
    print(
        f"into a bot and back at {PER_SECOND_TO_BOT}/s: {cpu:.2f} s of CPU per 1,000 messages with their "
        f"answers, {rate:.0f}/s, {'in' if ordered else 'OUT OF'} order"
    )


if __name__ == "__main__":
    main()
