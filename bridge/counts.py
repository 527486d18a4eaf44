"""What was counted since the start, by network: for whoever watches the service over time."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from .relay.router import DROPPED, Router
from .relay.tally import Spread
from .reloads import Reloads

__all__ = ["Counts", "counted"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers that only grow while the service runs."""

    taken: Mapping[str, int]
    """Events, by the network that they came from."""
    dropped: Mapping[str, int]
    """Events that were not taken, by why: `DROPPED`."""
    delivered: Mapping[tuple[str, str], Spread]
    """How long after it was said something arrived, by the networks that it came from and went to."""
    given_up: Mapping[str, int]
    """Deliveries that will not arrive, by the network that they were for."""
    known: Mapping[str, int]
    """Events that came again and had been taken before, by the network that they came from."""
    ended: Mapping[str, Mapping[str, int]]
    """Connections that ended, by network and kind of error."""
    fetched: Mapping[str, int]
    """Bytes of files that were taken in, by the network that they came from."""
    uploaded: Mapping[str, int]
    """Bytes of files that a network took, by that network."""
    commits: Spread
    """Commits of the journal."""
    reloads: Mapping[str, int]
    """How often another map was to be followed, by how that ended: `success`, `failure`."""


def counted(router: Router, ended: Mapping[str, Mapping[str, int]], reloads: Reloads) -> Counts:
    """Return what the relay has counted; `ended` are connections, by network and kind of error."""
    tallies = router.rooms.tallies
    none = dict.fromkeys(tallies, 0)
    known = Counter(none)
    for room, number in router.journal.known.items():
        known[router.rooms.network(room)] += number
    delivered = defaultdict[tuple[str, str], Spread](Spread)
    for network, tally in tallies.items():
        for source, waits in tally.waits.items():
            delivered[router.rooms.network(source), network].merge(waits)
    return Counts(
        {network: tally.taken for network, tally in tallies.items()},
        dict.fromkeys(DROPPED, 0) | router.dropped,
        delivered,
        {network: tally.given_up for network, tally in tallies.items()},
        known,
        ended,
        none | router.attached.fetched,
        none | router.attached.uploaded,
        router.dispatch.commits,
        reloads.counts(),
    )
