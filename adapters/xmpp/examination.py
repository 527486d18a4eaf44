"""Looks at the server for `hubbub doctor`: where the DNS says it is, its certificate, its clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from xml.sax.saxutils import quoteattr

from slixmpp.xmlstream.resolver import default_resolver, get_SRV

from bridge import SYSTEM, AdapterError, Finding, Grade, Upgrade, see_certificate, see_clock, see_name, trust

from .config import NetworkConfig
from .connection.client import XmppClient
from .preflight import Deaf

__all__ = ["examine"]

_SHOWN = 3
"""So many of the servers that the DNS names are looked at."""
_PATIENCE = 15.0
_TIME = "urn:xmpp:time"
_HEADER = (
    "<?xml version='1.0'?><stream:stream to={} version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)
_START = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


async def examine(config: NetworkConfig) -> AsyncIterator[Finding]:
    """Yield what is found. Raises ConnectionLost where `ca_file` cannot be read."""
    if config.address is not None:
        servers = [config.address]
    else:
        servers, finding = await _named(config)
        yield finding
    there = []
    for host, port in servers:
        yield (named := await see_name(host, port, config))
        there += [(host, port)] if named.grade is not Grade.WRONG else []
    if config.tls != "none" and (not config.is_component or config.tls == "direct"):
        context = await asyncio.to_thread(trust, config.ca_file, alone=True)
        upgrade = None if config.tls == "direct" else _upgrade(config.domain)
        for host, port in there:
            yield await see_certificate(
                host, port, context, way_out=config, name=config.domain, upgrade=upgrade
            )
    if there and not config.is_component and (clock := await _clock(config)) is not None:
        yield clock


async def _named(config: NetworkConfig) -> tuple[list[tuple[str, int]], Finding]:
    """Return the servers that the DNS names for the domain (RFC 6120 section 3.2.1, XEP-0368)."""
    domain, service = config.domain, "xmpps-client" if config.tls == "direct" else "xmpp-client"
    loop = asyncio.get_running_loop()
    found = await get_SRV(domain, config.default_port, [service], resolver=default_resolver(loop))
    record = f"_{service}._tcp.{domain}"
    servers = [(host.rstrip("."), port) for _, host, port in found][:_SHOWN]
    if not servers:
        said = f"the DNS has no {record}, so that {domain} itself is taken for the server"
        return [(domain, config.default_port)], Finding("srv", Grade.WELL, said)
    if servers == [("", servers[0][1])]:
        said = f"{domain} says by {record} that it has no such service: check jid and tls, or set server"
        return [], Finding("srv", Grade.WRONG, said)
    shown = ", ".join(f"{host} port {port}" for host, port in servers)
    return servers, Finding("srv", Grade.WELL, f"the DNS names {shown} for {domain}")


def _upgrade(domain: str) -> Upgrade:
    async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask for encryption (RFC 6120 section 5.4)."""
        try:
            writer.write(_HEADER.format(quoteattr(domain)).encode())
            await reader.readuntil(b"</stream:features>")
            writer.write(_START)
            await reader.readuntil(b"<proceed")
            await reader.readuntil(b">")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise ConnectionError(None, "it offers no encryption") from None

    return upgrade


async def _clock(config: NetworkConfig) -> Finding | None:
    """Ask the server for its time (XEP-0202). None: it tells none, or does not let us in, as others say."""
    beside = config.model_copy(update={"resource": f"{config.resource[:240]}-doctor"})
    client = XmppClient(beside, Deaf(), None)
    try:
        await client.open(_PATIENCE)
        asked = SYSTEM.now()
        answer = await client.ask("get", config.domain, f"<time xmlns='{_TIME}'/>", _PATIENCE)
        told = datetime.fromisoformat(answer.findtext(f"{{{_TIME}}}time/{{{_TIME}}}utc", ""))
    except (AdapterError, TimeoutError, ValueError):
        return None
    finally:
        await client.close(final=True)
    return see_clock(config.domain, told.replace(tzinfo=told.tzinfo or UTC).timestamp(), asked)
