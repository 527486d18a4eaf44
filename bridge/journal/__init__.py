"""The durable store, from which everything can go on after any end."""

from .api import BEING_HEARD, Delivery, Gap, Journal, Oldest, Standing, Taken
from .progress import UNBEGUN, Progress
from .sqlite.opened import Opened

__all__ = [
    "BEING_HEARD",
    "UNBEGUN",
    "Delivery",
    "Gap",
    "Journal",
    "Oldest",
    "Opened",
    "Progress",
    "Standing",
    "Taken",
]
