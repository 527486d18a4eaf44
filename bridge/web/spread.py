"""Tells how long things took, for Prometheus."""

from prometheus_client.core import HistogramMetricFamily

from bridge.relay.tally import BOUNDS, Spread

__all__ = ["add_spread"]


def add_spread(family: HistogramMetricFamily, labels: tuple[str, ...], spread: Spread) -> None:
    """Add a series to a histogram."""
    total, buckets = 0, []
    for bound, count in zip((*BOUNDS, float("inf")), spread.counts, strict=True):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), total))
    family.add_metric(labels, buckets, spread.seconds)
