"""What every adapter can look at for `hubbub doctor`: the name of a server, its certificate, its clock."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol

from bridge.clock import SYSTEM
from bridge.config import WayOut
from bridge.config.words import counted
from bridge.examination import Finding, Grade
from bridge.faults import common, reason, unverified

from .tls import trust
from .way_out import route

__all__ = ["Upgrade", "see_certificate", "see_clock", "see_name", "see_server"]

_PATIENCE = 15.0
_SOON = 14
"""Days before its end that a certificate should have been renewed: most are 30 days before."""
_APART = 60.0
"""Seconds by which two clocks may differ; certificates and logins fail by minutes."""


class Upgrade(Protocol):
    """What asks a server for encryption, on a connection that begins without."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask, and return when the handshake may begin. Raises ConnectionError."""


async def see_name(host: str, port: int, way_out: WayOut) -> Finding:
    """See whether a server's name leads to addresses. Behind a proxy nobody here asks that."""
    with contextlib.suppress(ValueError):
        return Finding("name", Grade.WELL, f"{ip_address(host)} is an address, and needs no name service")
    if way_out.proxy is not None:
        return Finding("name", Grade.WELL, f"{host} is looked up by the proxy, and not here")
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        said = f"no name server says where {host} is: look at the name service of this machine"
    except OSError as error:
        said = (
            f"{host} has no address ({reason(error)}): check the name, and the name service of this machine"
        )
    else:
        count = len({address[0] for *_, address in found})
        return Finding("name", Grade.WELL, f"{host} has {count} address{'es' if count > 1 else ''}")
    return Finding("name", Grade.WRONG, said)


async def see_server(
    host: str, port: int, way_out: WayOut, *, tls: bool, ca_file: Path | None
) -> AsyncIterator[Finding]:
    """Yield what is found of a server's name and, with `tls`, of its certificate. Raises ConnectionLost where
    `ca_file` cannot be read.
    """
    yield (named := await see_name(host, port, way_out))
    if tls and named.grade is not Grade.WRONG:
        context = await asyncio.to_thread(trust, ca_file, alone=True)
        yield await see_certificate(host, port, context, way_out=way_out)


async def see_certificate(  # noqa: PLR0913 -- by name, but for the first
    host: str,
    port: int,
    context: ssl.SSLContext,
    *,
    way_out: WayOut,
    name: str = "",
    upgrade: Upgrade | None = None,
) -> Finding:
    """Connect, and see whether a server's certificate verifies, as one of `name` where that is not its
    host, and until when.
    """
    name, where = name or host, f"{host} port {port}"
    try:
        async with asyncio.timeout(_PATIENCE):
            ends = await _end(await route(way_out, host, port), context, name, upgrade)
    except TimeoutError:
        said = f"{where} gives no answer: check server and port, and what lies between"
    except OSError as error:
        fault = common(error)
        if isinstance(fault, ssl.SSLCertVerificationError):
            said = f"the certificate of {name} {unverified(fault)}"
        elif isinstance(fault, ssl.SSLError):
            said = f"{where} does not speak TLS: check port and tls ({fault.reason or 'no answer'})"
        else:
            said = f"{where} cannot be reached ({reason(fault)}): check server and port"
    else:
        return _lasting(name, ends)
    return Finding("certificate", Grade.WRONG, said)


async def _end(way: dict[str, Any], context: ssl.SSLContext, name: str, upgrade: Upgrade | None) -> float:
    """Return when the certificate ends, in seconds since 1970; `way` leads to its server."""
    at_once = upgrade is None
    reader, writer = await asyncio.open_connection(
        **way, ssl=context if at_once else None, server_hostname=name if at_once else None
    )
    try:
        if upgrade is not None:
            await upgrade(reader, writer)
            await writer.start_tls(context, server_hostname=name)
        return ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    finally:
        writer.transport.abort()


def _lasting(name: str, ends: float) -> Finding:
    days, date = int((ends - SYSTEM.now()) / 86400), time.strftime("%Y-%m-%d", time.gmtime(ends))
    if days < _SOON:
        left = counted(days, "day")
        said = f"the certificate of {name} ends in {left}, on {date}: have its owner see that it is renewed"
        return Finding("certificate", Grade.DOUBTFUL, said)
    return Finding("certificate", Grade.WELL, f"the certificate of {name} verifies, until {date}")


def see_clock(whose: str, theirs: float, asked: float) -> Finding:
    """See whether a server's clock, in seconds since 1970, is the one of this machine; `asked` is when it was
    asked, by ours, just now.
    """
    now = SYSTEM.now()
    apart = max(theirs - now, 0.0) or min(theirs - asked, 0.0)  # it was read somewhere between
    if abs(apart) > _APART:
        far = f"{abs(apart):,.0f} s {'ahead of' if apart > 0 else 'behind'}"
        said = (
            f"the clock of {whose} is {far} the one of this machine: set the one that is wrong"
            " (`timedatectl set-ntp true` keeps this one right)"
        )
        return Finding("clock", Grade.WRONG, said)
    return Finding("clock", Grade.WELL, f"the clock of {whose} is the one of this machine")
