"""Whose log lines these are: the network, the room and the delivery that a line tells of, as keys beside its
sentence (`extra` of the standard library), by which an owner finds all of one message's way.
"""

import logging
from collections.abc import Mapping
from contextvars import ContextVar

__all__ = ["KEYS", "about", "about_here", "keys_of", "log_for", "named"]

KEYS = ("network", "room", "delivery")
"""What a line may tell of; `delivery` is the event's number in the journal, the same in every room."""

_network: ContextVar[str] = ContextVar("network", default="")
_delivery: ContextVar[int | None] = ContextVar("delivery", default=None)


def log_for(network: str, delivery: int | None = None) -> None:
    """Let this task, and every task that it makes, speak for this network from now on, and of this delivery
    alone where it is made for one.
    """
    _network.set(network)
    _delivery.set(delivery)


def about(network: str, room: str = "", delivery: int | None = None) -> Mapping[str, str | int]:
    """Return the keys of a line, for `extra`."""
    found: dict[str, str | int] = {"network": network}
    if room:
        found["room"] = room
    if delivery is not None:
        found["delivery"] = delivery
    return found


def about_here(room: str) -> Mapping[str, str | int]:
    """Return the keys of a line about a room of the network that this task speaks for."""
    return about(_network.get(), room)


def keys_of(record: logging.LogRecord) -> dict[str, str | int]:
    """Return what a line tells of, as far as it says so itself, or its task does."""
    told = {key: getattr(record, key, None) for key in KEYS}
    if told["network"] is None and not _is_of_the_core(record):
        told["network"] = _network.get()
    if told["delivery"] is None:
        told["delivery"] = _delivery.get()
    return {key: value for key, value in told.items() if value is not None and value != ""}


def named(record: logging.LogRecord, sentence: str) -> str:
    """Return the sentence with the network's name before it, unless the core says it, which names what it
    means.
    """
    network = _network.get()
    if not network or _is_of_the_core(record) or sentence.startswith(f"{network}: "):
        return sentence
    return f"{network}: {sentence}"


def _is_of_the_core(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == __name__.partition(".")[0]
