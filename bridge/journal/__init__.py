"""The durable store, from which everything can go on after any end."""

from .progress import UNBEGUN, Progress
from .sqlite.gaps import Gap
from .sqlite.opened import Opened
from .sqlite.pruning import Oldest
from .sqlite.queries import BEING_HEARD, Delivery, Standing
from .sqlite.writer import Journal, Taken

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
