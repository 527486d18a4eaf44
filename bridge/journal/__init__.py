"""The durable store, from which everything can go on after any end."""

from .gaps import Gap
from .progress import UNBEGUN, Progress
from .reading import BEING_HEARD, Delivery, Standing
from .store import Journal, Taken
from .upkeep import Oldest

__all__ = [
    "BEING_HEARD",
    "UNBEGUN",
    "Delivery",
    "Gap",
    "Journal",
    "Oldest",
    "Progress",
    "Standing",
    "Taken",
]
