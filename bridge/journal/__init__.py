"""The durable store, from which everything can go on after any end."""

from .store import Delivery, Journal

__all__ = ["Delivery", "Journal"]
