"""Names for networks and conversations, and addresses taken apart."""

import re
from collections.abc import Container
from ipaddress import ip_address

from bridge.config.explain import keys_of
from bridge.config.models import ConversationBlock, RoomBlock, TopBlock

__all__ = ["conversation_name", "host_and_port", "network_name", "variable_name"]

_RESERVED = frozenset({*keys_of(ConversationBlock), *keys_of(RoomBlock), *keys_of(TopBlock)})
_LONGEST = 60
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def network_name(wanted: str, second: str, taken: Container[str]) -> str:
    """Return a name for a network that is like the wanted one; `second` tells two of one name apart."""
    name = re.sub(r"[^\w.-]+", "-", wanted).strip("-.")[:_LONGEST] or second
    if name in taken or name in _RESERVED:
        name = f"{name}-{second}"
    return _free(name, taken)


def conversation_name(wanted: str, taken: Container[str]) -> str:
    """Return a name for a conversation that is like the wanted one."""
    name = "".join(letter if letter.isprintable() else " " for letter in wanted).strip()[:_LONGEST]
    return _free(name or "conversation", taken)


def _free(name: str, taken: Container[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def variable_name(*words: str) -> str:
    """Return a variable's name made of these words."""
    return (
        re.sub(r"[^A-Z0-9]+", "_", "_".join(words).upper(), flags=re.ASCII).strip("_").lstrip("0123456789_")
        or "X"
    )


def host_and_port(text: str) -> tuple[str, int | None]:
    """Return the host, without brackets, and the port of `host:port`, also behind a scheme; what is no port
    stays with the host.
    """
    text = _SCHEME.sub("", text.strip()).partition("/")[0]
    try:
        return str(ip_address(text.strip("[]"))), None
    except ValueError:
        pass
    host, colon, port = text.rpartition(":")
    if colon and port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 65535:
        return host.strip("[]"), int(port)
    return text, None
