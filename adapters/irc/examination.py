"""Looks at the server for `hubbub doctor`, before any login."""

from collections.abc import AsyncIterator

from bridge import Finding, see_server

from .config import NetworkConfig

__all__ = ["examine"]


def examine(config: NetworkConfig) -> AsyncIterator[Finding]:
    """Yield what is found. Raises ConnectionLost where `ca_file` cannot be read."""
    return see_server(*config.address, config, tls=config.tls, ca_file=config.ca_file)
