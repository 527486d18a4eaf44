"""How desks stand and what was counted at each, as metrics."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from bridge.desk.tally import DeskCounts

from .spread import add_spread

__all__ = ["desk_families"]

_LABELS = ("network", "desk")


def desk_families(desks: Sequence[DeskCounts], now: float) -> Iterator[Metric]:
    """Yield what is told of desks; `now` is the time in seconds since 1970."""
    chats = GaugeMetricFamily(
        "hubbub_desk_chats",
        "Chats that are open, by how each stands: `waiting`, `offered` to an agent, `talking`.",
        labels=(*_LABELS, "state"),
    )
    oldest = GaugeMetricFamily(
        "hubbub_desk_oldest_waiting_seconds", "How long the first in line has waited.", labels=_LABELS
    )
    agents = GaugeMetricFamily(
        "hubbub_desk_agents", "Agents who are there and can be given a chat.", labels=_LABELS
    )
    for one in desks:
        which = (one.network, one.desk)
        if one.agents is not None:
            agents.add_metric(which, one.agents)
        if one.now is not None:
            for state in ("waiting", "offered", "talking"):
                chats.add_metric((*which, state), getattr(one.now, state))
            oldest.add_metric(which, max(now - one.now.oldest, 0.0) if one.now.oldest is not None else 0.0)
    yield from (chats, oldest, agents)
    for name, meaning in (
        ("opened", "Chats that visitors opened."),
        ("missed", "Chats that ended before anybody answered."),
        ("transferred", "How often an agent gave a chat to another one, or to another desk."),
    ):
        counter = CounterMetricFamily(f"hubbub_desk_chats_{name}", meaning, labels=_LABELS)
        for one in desks:
            counter.add_metric((one.network, one.desk), getattr(one, name))
        yield counter
    ratings = CounterMetricFamily(
        "hubbub_desk_ratings",
        "Visitors who rated their chat, by how many stars of five.",
        labels=(*_LABELS, "stars"),
    )
    for one in desks:
        for stars, count in enumerate(one.ratings, start=1):
            ratings.add_metric((one.network, one.desk, str(stars)), count)
    yield ratings
    first = HistogramMetricFamily(
        "hubbub_desk_first_response_seconds",
        "How long visitors waited until an agent answered.",
        labels=_LABELS,
    )
    for one in desks:
        add_spread(first, (one.network, one.desk), one.first_response)
    yield first
