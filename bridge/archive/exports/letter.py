"""Mail (RFC 5322) as the exports write it: in ASCII, with the same bytes each time."""

import quopri
from base64 import encodebytes
from collections.abc import Iterable
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from hashlib import sha256
from typing import TypeAlias
from urllib.parse import quote

__all__ = ["DOMAIN", "Fields", "address", "dated", "encoded", "letter_of", "mailbox_of", "text_part"]

DOMAIN = "hubbub.invalid"
"""What addresses and ids end with: nobody is reached there (RFC 2606)."""
Fields: TypeAlias = list[tuple[str, str]]
"""Headers, each with its text."""
_LOCAL = 64
"""The longest local part (RFC 5321, 4.5.3.1.1)."""
_LINE = 76


def address(network: str, person: str) -> str:
    """Return an address that stands for somebody on a network, and reaches nobody."""
    local = quote(person, safe="-_+=!~").strip(".") or "unknown"
    if len(local) > _LOCAL:
        local = sha256(person.encode()).hexdigest()[:40]
    domain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in network).strip(
        "-"
    )
    return f"{local}@{domain.lower()[:60] or 'network'}.{DOMAIN}"


def mailbox_of(name: str, where: str) -> str:
    """Return a name with an address, for From and To (RFC 5322, 3.4)."""
    if name.isascii():
        return formataddr((name, where))
    return f"{encoded('From', name)} <{where}>"


def encoded(field: str, text: str) -> str:
    """Return a header's text, folded; what is not ASCII in encoded words (RFC 2047)."""
    if not text.isascii():
        return Header(text, "utf-8", maxlinelen=_LINE, header_name=field).encode()
    if len(field) + len(": ") + len(text) <= _LINE:
        return text
    return Header(text, "us-ascii", maxlinelen=_LINE, header_name=field).encode()


def dated(at: datetime) -> Fields:
    """Return the headers that every letter has."""
    return [("Date", format_datetime(at.replace(microsecond=0))), ("MIME-Version", "1.0")]


def text_part(text: str) -> tuple[Fields, str]:
    """Return text as a letter or a part of one has it: its headers, and lines of which none is too long or
    begins with `From `.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    lines = text.split("\n")
    if text.isascii() and not any(len(line) > _LINE or line.startswith("From ") for line in lines):
        return _text_fields("us-ascii", "7bit"), text
    raw = text.encode("utf-8", "replace")
    quoted, packed = _quoted(raw), encodebytes(raw).decode()
    if len(quoted) <= len(packed):
        return _text_fields("utf-8", "quoted-printable"), quoted
    return _text_fields("utf-8", "base64"), packed


def letter_of(fields: Iterable[tuple[str, str]], body: str) -> str:
    """Return a letter, or a part of one. The headers are whole, as `encoded` and `mailbox_of` give them."""
    return "".join(f"{field}: {text}\n" for field, text in fields) + f"\n{body}"


def _text_fields(charset: str, encoding: str) -> Fields:
    return [
        ("Content-Type", f'text/plain; charset="{charset}"'),
        ("Content-Transfer-Encoding", encoding),
    ]


def _quoted(raw: bytes) -> str:
    lines = quopri.encodestring(raw).decode().split("\n")
    return "\n".join(f"=46{line[1:]}" if line.startswith("From ") else line for line in lines)
