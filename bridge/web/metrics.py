"""What was counted and how everything stands, for Prometheus (text format 0.0.4 and OpenMetrics 1.0).

Units are base units; labels are networks, kinds and reasons, of which there are few: never rooms or people.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry
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
from bridge.relay.tally import BOUNDS, Spread
from bridge.status import NetworkReport, Status
from bridge.supervisor import NetworkState

from .app import SECURITY, Site

__all__ = ["add_metrics", "families"]


def add_metrics(
    site: Site,
    status: Callable[[], Awaitable[Status]],
    counts: Callable[[], Counts],
    now: Callable[[], float],
) -> None:
    """Add `/metrics`; `now` is the time in seconds since 1970."""

    async def metrics(request: web.Request) -> web.StreamResponse:
        registry = CollectorRegistry()
        registry.register(_Collected(list(families(await status(), counts(), now()))))
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        body = encode(registry)
        return web.Response(body=body, headers=SECURITY | {"Content-Type": kind, "Cache-Control": "no-store"})

    site.add("/metrics", metrics)


class _Collected(Collector):
    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


def families(status: Status, counts: Counts, now: float) -> Iterator[Metric]:
    """Yield everything that is told, from how it stands at one moment."""
    yield InfoMetricFamily("hubbub_build", "The version that runs.", {"version": status.version})
    yield GaugeMetricFamily("hubbub_start_time_seconds", "When it was started, since 1970.", status.since)
    taking = "Whether the journal can be written: else nothing is taken."
    yield GaugeMetricFamily("hubbub_journal_writable", taking, status.taking)
    commits = HistogramMetricFamily("hubbub_journal_commit_seconds", "How long commits of the journal took.")
    _add(commits, (), counts.commits)
    yield commits
    yield from _counters(counts)
    waits = HistogramMetricFamily(
        "hubbub_delivery_seconds",
        "How long after it was said something arrived.",
        labels=("source", "target"),
    )
    for pair, spread in counts.delivered.items():
        _add(waits, pair, spread)
    yield waits
    yield from _networks(status.networks, now)
    yield GaugeMetricFamily(
        "hubbub_undelivered", "Deliveries that were given up and kept.", status.undelivered
    )
    behind = GaugeMetricFamily(
        "hubbub_observer_behind_events", "Events that wait for an observer.", labels=("observer",)
    )
    for observer in status.observers:
        behind.add_metric((observer.name,), observer.behind)
    yield behind


def _counters(counts: Counts) -> Iterator[Metric]:
    taken = CounterMetricFamily("hubbub_events_taken", "Events that were taken.", labels=("network",))
    for network, number in counts.taken.items():
        taken.add_metric((network,), number)
    yield taken
    dropped = CounterMetricFamily("hubbub_events_dropped", "Events that were not.", labels=("reason",))
    for reason, number in counts.dropped.items():
        dropped.add_metric((reason,), number)
    yield dropped
    given_up = CounterMetricFamily(
        "hubbub_deliveries_given_up", "Deliveries that will not arrive.", labels=("network",)
    )
    for network, number in counts.given_up.items():
        given_up.add_metric((network,), number)
    yield given_up
    ended = CounterMetricFamily(
        "hubbub_connections_ended", "Connections that ended.", labels=("network", "reason")
    )
    for network, reasons in counts.ended.items():
        for reason, number in reasons.items():
            ended.add_metric((network, reason), number)
    yield ended


def _networks(networks: Mapping[str, NetworkReport], now: float) -> Iterator[Metric]:
    labels = ("network", "protocol")
    connected = GaugeMetricFamily(
        "hubbub_network_connected", "Whether a network is connected.", labels=labels
    )
    rooms = GaugeMetricFamily("hubbub_rooms", "Rooms of the map.", labels=labels)
    joined = GaugeMetricFamily("hubbub_rooms_joined", "Rooms that can be spoken in.", labels=labels)
    owed = GaugeMetricFamily("hubbub_deliveries_waiting", "Deliveries that wait.", labels=labels)
    oldest = GaugeMetricFamily(
        "hubbub_oldest_waiting_seconds", "The age of the one that waits longest.", labels=labels
    )
    for name, network in networks.items():
        which, reports = (name, network.protocol), network.rooms.values()
        connected.add_metric(which, network.state is NetworkState.CONNECTED)
        rooms.add_metric(which, len(reports))
        joined.add_metric(which, sum(room.joined for room in reports))
        owed.add_metric(which, sum(room.owed for room in reports))
        since = [room.since for room in reports if room.since is not None]
        oldest.add_metric(which, now - min(since) if since else 0)
    yield from (connected, rooms, joined, owed, oldest)


def _add(family: HistogramMetricFamily, labels: tuple[str, ...], spread: Spread) -> None:
    total, buckets = 0, []
    for bound, count in zip((*BOUNDS, float("inf")), spread.counts, strict=True):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), total))
    family.add_metric(labels, buckets, spread.seconds)
