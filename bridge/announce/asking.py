"""Reads the words behind `!subscribe`."""

from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import available_timezones

from pydantic import TypeAdapter, ValidationError

from bridge.config.mail import Address

__all__ = ["AskedFor", "address_of_person", "mailbox_of", "what_is_wanted"]

_ADDRESS: TypeAdapter[str] = TypeAdapter(Address)
_LONGEST = 254
"""Letters of an address (RFC 5321 section 4.5.3.1.3)."""


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A list that somebody asks for, and how they want to be told."""

    list: str
    """Empty: it is not clear which."""
    zone: str = ""
    mail: str = ""


def what_is_wanted(words: str, lists: Collection[str]) -> AskedFor:
    """Read `news`, `news Europe/Berlin` or `news ada@example.org`. Where there is one list, it need not be
    named.
    """
    name, zone, mail = "", "", ""
    known = {one.casefold(): one for one in lists}
    left = []
    for word in words.split():
        if address := address_of_person(word):
            mail = address
        elif found := _zone(word):
            zone = found
        else:
            left.append(word)
    name = known.get(" ".join(left).casefold(), "")
    if not left and len(lists) == 1:
        (name,) = lists
    return AskedFor(name, zone, mail)


def address_of_person(text: str) -> str:
    """Return a mail address as it is kept, empty where a text is none: its domain has one spelling."""
    try:
        local, _, domain = _ADDRESS.validate_python(text).rpartition("@")
    except ValidationError:
        return ""
    return f"{local}@{domain.lower()}" if len(text) <= _LONGEST and "." in domain else ""


def mailbox_of(address: str) -> str:
    """Return the same for addresses that most servers put into one mailbox (RFC 5233)."""
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _zone(word: str) -> str:
    if "/" not in word and word.upper() != "UTC":
        return ""
    return next((zone for zone in available_timezones() if zone.casefold() == word.casefold()), "")
