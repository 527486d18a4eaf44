"""The durable store, from which everything can go on after any end."""

from .api import Journal
from .progress import UNBEGUN, Progress
from .records import BEING_HEARD, Delivery, Gap, Observed, Oldest, Opened, Standing, Taken

__all__ = [
    "BEING_HEARD",
    "UNBEGUN",
    "Delivery",
    "Gap",
    "Journal",
    "Observed",
    "Oldest",
    "Opened",
    "Progress",
    "Standing",
    "Taken",
]
