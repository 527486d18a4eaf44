"""What stands at `web:` in the map."""

from collections.abc import Awaitable, Callable, Sequence

from bridge.config.models import Web
from bridge.counts import Counts
from bridge.desk.tally import DeskCounts
from bridge.status import Status

from .app import Site
from .health import add_health
from .metrics import add_metrics

__all__ = ["owner_pages"]


def owner_pages(
    web: Web,
    status: Callable[[], Awaitable[Status]],
    counts: Callable[[], Counts],
    desks: Callable[[], Awaitable[Sequence[DeskCounts]]],
    now: Callable[[], float],
) -> Site:
    """Return the site with the pages, to which more may be added before it is served."""
    site = Site("web", web.listen, token=web.token.get_secret_value() if web.token is not None else "")
    add_health(site, status)
    add_metrics(site, status, counts, desks, now)
    return site
