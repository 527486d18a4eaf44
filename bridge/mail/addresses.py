"""Addresses that people give."""

import re

__all__ = ["mail_address"]

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@)(?=.{{3,254}}\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


def mail_address(text: str) -> str | None:
    """Return an address as every server takes it (RFC 5321: in ASCII, the name of a server by RFC 3490); None
    where it is none, or one that only some servers take (RFC 6531).
    """
    local, at, server = text.strip().rpartition("@")
    try:
        server = server.encode("idna").decode()
    except UnicodeError:
        return None
    found = f"{local}{at}{server}"
    return found if _ADDRESS.fullmatch(found) else None
