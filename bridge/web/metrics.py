"""What was counted and how everything stands, for Prometheus (text format 0.0.4 and OpenMetrics 1.0).

Units are base units; labels are networks, kinds and reasons, of which there are few: never rooms or people.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bridge.counts import Counts
from bridge.desk.tally import DeskCounts
from bridge.relay.tally import Spread
from bridge.status import ArchiveReport, NetworkReport, Status
from bridge.supervisor import NetworkState

from .app import SECURITY, Site
from .desk_metrics import desk_families
from .spread import add_spread

__all__ = ["Collected", "add_metrics", "described", "families"]

_DROPPED = "`ignored`, another Hubbub's `copy`, `too old`, an instruction `for Hubbub` alone, a `loop`"
_ENDS = dict.fromkeys(
    ("ConnectionLost", "AuthenticationFailed", "RateLimited", "Replaced", "TemporaryFailure"), 0
)
"""What most connections end by. A series that begins with 0 shows the first one as a growth."""
_STATES = ", ".join(f"`{state}`" for state in NetworkState)


def add_metrics(
    site: Site,
    status: Callable[[], Awaitable[Status]],
    counts: Callable[[], Counts],
    desks: Callable[[], Awaitable[Sequence[DeskCounts]]],
    now: Callable[[], float],
) -> None:
    """Add `/metrics`; `now` is the time in seconds since 1970."""

    async def metrics(request: web.Request) -> web.StreamResponse:
        registry = CollectorRegistry()
        found = [*families(await status(), counts(), now()), *desk_families(await desks(), now())]
        registry.register(Collected(found))
        ProcessCollector(registry=registry)
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        body = encode(registry)
        return web.Response(body=body, headers=SECURITY | {"Content-Type": kind, "Cache-Control": "no-store"})

    site.add("/metrics", metrics)


class Collected(Collector):
    """What was found at one moment, for a registry."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


def families(status: Status, counts: Counts, now: float) -> Iterator[Metric]:
    """Yield everything that is told, from how it stands at one moment."""
    yield InfoMetricFamily("hubbub_build", "The version that runs.", {"version": status.version})
    yield GaugeMetricFamily("hubbub_start_time_seconds", "When it was started, since 1970.", status.since)
    taking = "1 or 0: then nothing is taken."
    yield GaugeMetricFamily("hubbub_journal_writable", taking, status.taking)
    read = "When the map that is followed was read, since 1970."
    yield GaugeMetricFamily("hubbub_last_reload_success_timestamp_seconds", read, status.map.since)
    commits = HistogramMetricFamily("hubbub_journal_commit_seconds", "How long commits of the journal took.")
    add_spread(commits, (), counts.commits)
    yield commits
    yield from _counters(counts)
    waits = HistogramMetricFamily(
        "hubbub_delivery_seconds",
        "How long after it was said something had arrived, and that was confirmed.",
        labels=("source", "target"),
    )
    for pair, spread in counts.delivered.items():
        add_spread(waits, pair, spread)
    yield waits
    yield from _networks(status.networks, now)
    yield GaugeMetricFamily(
        "hubbub_undelivered", "What was given up and is kept for `hubbub undelivered`.", status.undelivered
    )
    behind = GaugeMetricFamily(
        "hubbub_observer_behind_events", "How far who looks on is behind.", labels=("observer",)
    )
    for observer in status.observers:
        behind.add_metric((observer.name,), observer.behind)
    yield behind
    failing = GaugeMetricFamily(
        "hubbub_observer_failing",
        "1 or 0: it could take note of what it was shown last.",
        labels=("observer",),
    )
    for observer in status.observers:
        failing.add_metric((observer.name,), bool(observer.reason))
    yield failing
    yield from _archive(status.archive)


def _archive(archive: ArchiveReport | None) -> Iterator[Metric]:
    """Yield what is told of an archive: without one the metrics have no value."""
    stand = archive or ArchiveReport(0, 0, None, 0, ())
    for name, meaning, value in (
        ("entries", "What was archived since its beginning.", stand.entries),
        ("bytes", "The size of its file.", stand.size),
        ("last_checkpoint_timestamp_seconds", "When it was signed last, since 1970.", stand.checkpoint),
        (
            "checkpoints_unstamped",
            "Checkpoints that wait for the stamp of the authority in the map.",
            stand.unstamped,
        ),
        ("troubles", "What is wrong with it: `hubbub status` says what to do.", len(stand.wrong)),
    ):
        yield GaugeMetricFamily(f"hubbub_archive_{name}", meaning, value if archive is not None else None)


def _counters(counts: Counts) -> Iterator[Metric]:
    for name, label, meaning, numbers in (
        ("events_taken", "network", "What was taken of what people did.", counts.taken),
        ("events_dropped", "reason", f"What was not: {_DROPPED}.", counts.dropped),
        (
            "events_deduplicated",
            "network",
            "What came again and had been taken before, as a history that is read anew.",
            counts.known,
        ),
        ("reloads", "result", "How often another map was to be followed.", counts.reloads),
        ("deliveries_given_up", "network", "What will not arrive.", counts.given_up),
        ("media_fetched_bytes", "network", "The files that were taken in from a network.", counts.fetched),
        ("media_uploaded_bytes", "network", "The files that a network took.", counts.uploaded),
    ):
        counter = CounterMetricFamily(f"hubbub_{name}", meaning, labels=(label,))
        for value, number in numbers.items():
            counter.add_metric((value,), number)
        yield counter
    ended = CounterMetricFamily(
        "hubbub_connections_ended",
        "Connections that ended, by kind of error, such as `ConnectionLost` or `AuthenticationFailed`.",
        labels=("network", "reason"),
    )
    for network, reasons in counts.ended.items():
        for reason, number in {**_ENDS, **reasons}.items():
            ended.add_metric((network, reason), number)
    yield ended


def _networks(networks: Mapping[str, NetworkReport], now: float) -> Iterator[Metric]:
    labels = ("network", "protocol")
    connected = GaugeMetricFamily("hubbub_network_connected", "1 or 0.", labels=labels)
    states = GaugeMetricFamily(
        "hubbub_network_state",
        f"1 for the state that it is in, 0 for the others: {_STATES}.",
        labels=(*labels, "state"),
    )
    rooms = GaugeMetricFamily("hubbub_rooms", "Rooms of the map.", labels=labels)
    joined = GaugeMetricFamily("hubbub_rooms_joined", "Those that can be spoken in.", labels=labels)
    owed = GaugeMetricFamily("hubbub_deliveries_waiting", "What waits for its rooms.", labels=labels)
    oldest = GaugeMetricFamily(
        "hubbub_oldest_waiting_seconds", "How long ago the oldest of it was said.", labels=labels
    )
    puppets = GaugeMetricFamily(
        "hubbub_network_puppets",
        "People from elsewhere who are in its rooms by accounts of their own.",
        labels=labels,
    )
    for name, network in networks.items():
        which, reports = (name, network.protocol), network.rooms.values()
        connected.add_metric(which, network.state is NetworkState.CONNECTED)
        for state in NetworkState:
            states.add_metric((*which, state), network.state is state)
        puppets.add_metric(which, network.puppets)
        rooms.add_metric(which, len(reports))
        joined.add_metric(which, sum(room.joined for room in reports))
        owed.add_metric(which, sum(room.owed for room in reports))
        since = [room.since for room in reports if room.since is not None]
        oldest.add_metric(which, now - min(since) if since else 0)
    yield from (connected, states, rooms, joined, owed, oldest, puppets)


def described() -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """Yield the name of each metric, its kind, its labels and what it means, sorted."""
    nothing = Status("", 0.0, True, {}, 0, {}, ())
    none = Counts({}, {}, {}, {}, {}, {}, {}, {}, Spread(), {})
    found = (*families(nothing, none, 0.0), *desk_families((), 0.0))
    for family in sorted(found, key=lambda family: family.name):
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        labels = tuple(family._labelnames)  # type: ignore[attr-defined]  # noqa: SLF001
        yield f"{family.name}{suffix}", family.type, labels, family.documentation
