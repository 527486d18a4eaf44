"""The rules of the guard, as the owner writes them."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from bridge import ListenAddress, Model, address_of

from .pace import AllowedRate

__all__ = ["GuardLimits", "GuardRules"]

_ZONE = re.compile(r"(?=.{1,180}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}")
_SOCKET = re.compile(r"/[\x21-\x7e]{1,100}")


def _zone(text: str) -> str:
    zone = text.lower().rstrip(".")
    if _ZONE.fullmatch(zone) is None:
        raise ValueError("must be the name of a list in the DNS, such as zen.spamhaus.org")
    return zone


def _clamd(text: str) -> str:
    if _SOCKET.fullmatch(text):
        return text
    try:
        host, port = address_of(text)
    except ValueError:
        host, port = "", 0
    if not host or not 0 < port <= 65_535 or " " in text:
        raise ValueError("must be the socket of clamd, such as /run/clamav/clamd.ctl, or its HOST:PORT")
    return text


def _rate(text: str) -> str:
    AllowedRate.of(text)
    return text


RateWritten = Annotated[str, AfterValidator(_rate), Field(examples=["20/m", "100/h"])]
Many = Annotated[int, Field(ge=1, le=1_000_000)]


class GuardLimits(Model):
    """How much strangers may do. An address is an IPv4 address or the first half (/64) of an IPv6 one, which
    many people may share, in an office or behind a provider of telephones.
    """

    open: Many = 10
    """So many chats from one address may be open at a time."""
    open_in_all: Many = 2000
    """So many chats may be open at a time."""
    opened: RateWritten = "60/h"
    """So many chats may be begun from one address, and messages left, in so much time."""
    opened_in_all: RateWritten = "1200/h"
    """So many may be begun, and messages left, by all in so much time."""
    said: RateWritten = "60/m"
    """So many lines may be said from one address in so much time."""
    said_in_all: RateWritten = "1200/m"
    """So many lines may be said by all in so much time."""
    files: RateWritten = "20/h"
    """So many files may be sent from one address in so much time."""
    files_in_all: RateWritten = "300/h"
    """So many files may be sent by all in so much time."""
    mails: RateWritten = "5/h"
    """So many mails may be asked for from one address in so much time."""
    mails_in_all: RateWritten = "100/h"
    """So many mails may be asked for by all in so much time."""
    length: Annotated[int, Field(ge=100, le=4000)] = 2000
    """The most letters of what is said at once."""
    lines: Annotated[int, Field(ge=1, le=1000)] = 40
    """The most lines of what is said at once."""


class GuardRules(Model):
    """What strangers may do at the desks of this network, and who is asked about them."""

    limits: GuardLimits = GuardLimits()
    """How much they may do. By default what suits a small shop."""
    links: Annotated[int, Field(ge=0, le=100)] = 3
    """So many links may be in what somebody says before an agent has answered; these are made harmless."""
    proof: Annotated[int, Field(ge=0, le=24)] = 0
    """What a browser works before it may begin a chat: so many bits, each of which doubles the work. By
    default nothing.
    """
    dnsbl: tuple[Annotated[str, AfterValidator(_zone)], ...] = ()
    """Lists in the DNS of addresses that much abuse comes from: who stands on one of them cannot begin a
    chat. Their keepers learn who visits you.
    """
    dns: ListenAddress | None = None
    """The name server that is asked for `dnsbl`, such as `127.0.0.1:53`. By default the system's; many lists
    do not answer those that are open to all.
    """
    clamav: Annotated[str, AfterValidator(_clamd), Field(examples=["/run/clamav/clamd.ctl"])] | None = None
    """Where ClamAV's daemon listens, a path or `HOST:PORT`: it looks at what visitors send, and while it does
    not answer no file is taken. By default nobody looks.
    """
