"""Mail (RFC 5322) as the exports write it: in ASCII, with the same bytes each time."""

import quopri
from base64 import encodebytes
from collections.abc import Iterable
from datetime import datetime
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.utils import format_datetime, formataddr
from hashlib import sha256
from io import BytesIO
from urllib.parse import quote

__all__ = ["DOMAIN", "address", "encoded", "headed", "mailbox_of", "raw_letter", "text_part"]

DOMAIN = "hubbub.invalid"
"""What addresses and ids end with: nobody is reached there (RFC 2606)."""
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
    charset = "us-ascii" if text.isascii() else "utf-8"
    return Header(text, charset, maxlinelen=_LINE, header_name=field).encode()


def headed(fields: Iterable[tuple[str, str]], at: datetime) -> Message:
    """Return a letter with nothing in it yet: `fields` are whole, as `encoded` gives them."""
    letter = Message()
    for field, text in fields:
        letter[field] = text
    letter["Date"] = format_datetime(at.replace(microsecond=0))
    letter["MIME-Version"] = "1.0"
    return letter


def text_part(letter: Message, text: str) -> None:
    """Put text into a letter or a part of one, so that no line of it is too long or begins with `From `."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    plain = text.isascii() and all(
        len(line) <= _LINE and not line.startswith("From ") for line in text.split("\n")
    )
    letter["Content-Type"] = f'text/plain; charset="{"us-ascii" if plain else "utf-8"}"'
    if plain:
        letter["Content-Transfer-Encoding"] = "7bit"
        letter.set_payload(text)
        return
    raw = text.encode("utf-8", "replace")
    quoted = _quoted(raw)
    packed = encodebytes(raw).decode()
    letter["Content-Transfer-Encoding"] = "quoted-printable" if len(quoted) <= len(packed) else "base64"
    letter.set_payload(min(quoted, packed, key=len))


def raw_letter(letter: Message, end: str) -> bytes:
    """Return a letter's bytes; `end` ends its lines."""
    buffer = BytesIO()
    policy = letter.policy.clone(linesep=end)
    BytesGenerator(buffer, mangle_from_=False, maxheaderlen=0, policy=policy).flatten(letter)
    return buffer.getvalue()


def _quoted(raw: bytes) -> str:
    lines = quopri.encodestring(raw).decode().split("\n")
    return "\n".join(f"=46{line[1:]}" if line.startswith("From ") else line for line in lines)
