"""A server's name, which people write with its port, or as an address with a room behind it."""

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator

__all__ = ["Host"]

_WRITTEN = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?:[^@/]*@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/@#\[\]]+)(?:[:/]?[:/]\+?(?P<port>\d{1,5}))?(?:[/#].*)?"
)


def _host(text: str) -> str:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _is_address(bare):
        return bare
    if re.fullmatch(r"[^\s:/@#\[\],]+", text) and text.isprintable():
        return text
    if (found := _WRITTEN.fullmatch(text)) is None:
        raise ValueError("must be the name or address of a server, such as chat.example.org")
    host = found["host"].strip("[]")
    port = f", and port: {found['port']} beside it" if found["port"] else ""
    raise ValueError(f'must be the server alone: write "{host}"{port}')


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


Host = Annotated[str, AfterValidator(_host)]
"""A server's name or address, and nothing else."""
