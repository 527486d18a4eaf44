"""The durable store, from which everything can go on after any end."""

from .gaps import Gap
from .reading import BEING_HEARD, Delivery, Standing
from .store import Journal, Taken
from .upkeep import Oldest

__all__ = ["BEING_HEARD", "Delivery", "Gap", "Journal", "Oldest", "Standing", "Taken"]
