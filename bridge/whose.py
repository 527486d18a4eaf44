"""Whose log lines these are: what an adapter logs bears its network's name, since owners look for that."""

import logging
from contextvars import ContextVar

__all__ = ["log_for", "named"]

_network: ContextVar[str] = ContextVar("network", default="")


def log_for(network: str) -> None:
    """Let this task, and every task that it makes, speak for this network from now on."""
    _network.set(network)


def named(record: logging.LogRecord, sentence: str) -> str:
    """Return the sentence with the network's name before it, unless the core says it, which names what it
    means.
    """
    network = _network.get()
    core = record.name.partition(".")[0] == __name__.partition(".")[0]
    if not network or core or sentence.startswith(f"{network}: "):
        return sentence
    return f"{network}: {sentence}"
