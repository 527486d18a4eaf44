"""Reads matterbridge's configuration: accounts, gateways and what [general] says of all."""

from .gateways import is_one, read

__all__ = ["is_one", "read"]
