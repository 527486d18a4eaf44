"""Lists of addresses that much abuse comes from, asked over the DNS (RFC 5782)."""

import asyncio
import ipaddress
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bridge import SYSTEM, BoundedDict, Clock, Complaints, address_of

from .addresses import Address

if TYPE_CHECKING:
    import aiodns

__all__ = ["Blocklists"]

log = logging.getLogger(__name__)

_PATIENCE = 2.0
"""Seconds that somebody waits at most for an answer: without one they may come in."""
_KEPT = 900.0
"""Seconds for which an answer is believed."""
_MOST = 10_000
_REST = 60.0
"""Seconds for which a list that did not answer is not asked again, so that nobody waits for it."""
_ANSWERS = ipaddress.ip_network("127.0.0.0/8")
"""Where answers are that say yes (RFC 5782 section 2.1)."""
_ERRORS = ipaddress.ip_network("127.255.255.0/24")
"""Where widespread lists say that they do not answer whoever asks so, or so often."""


class Blocklists:
    """Asks the lists that the owner names."""

    def __init__(self, zones: Sequence[str], resolver: str | None = None, clock: Clock = SYSTEM) -> None:
        """`resolver` is the name server to ask, as HOST:PORT; None: the system's."""
        self._zones = zones
        self._clock = clock
        self._complaints = Complaints(log, clock)
        self._server = None if resolver is None else address_of(resolver)
        self._opened: aiodns.DNSResolver | None = None
        self._known = BoundedDict[str, tuple[bool, float]](_MOST)
        """By the name that was asked for: whether it is on the list, and when that was said."""
        self._resting: dict[str, float] = {}
        """Until when lists are not asked."""

    async def close(self) -> None:
        """Ask no more."""
        if self._opened is not None:
            await self._opened.close()

    async def listing(self, address: Address) -> str | None:
        """Return a list that has this address; None: none has, as far as they answer."""
        if not self._zones or not address.is_global:
            return None
        reversed_address = address.reverse_pointer.rsplit(".", 2)[0]
        found = await asyncio.gather(*[self._has(zone, reversed_address) for zone in self._zones])
        return next((zone for zone, listed in zip(self._zones, found, strict=True) if listed), None)

    async def _has(self, zone: str, reversed_address: str) -> bool:
        now, name = self._clock.monotonic(), f"{reversed_address}.{zone}"
        listed, at = self._known.get(name, (False, -_KEPT))
        if now - at < _KEPT:
            return listed
        if now < self._resting.get(zone, now):
            return False
        try:
            async with asyncio.timeout(_PATIENCE):
                listed = await self._ask(name)
        except (TimeoutError, _Unclear) as error:
            self._resting[zone] = now + _REST
            why = str(error) or f"no answer in {_PATIENCE:g} seconds"
            self._complaints.tell(
                zone,
                f"dnsbl: {zone} does not tell who is on it ({why}): visitors come in unasked; see that the "
                "name is right, and that its keepers answer your name server",
                level=logging.WARNING,
            )
            return False
        self._complaints.over(zone)
        self._known[name] = listed, now
        return listed

    async def _ask(self, name: str) -> bool:
        """Whether this name is on its list. Raises _Unclear."""
        import aiodns  # for those alone who have lists

        if self._opened is None:
            where: dict[str, Any] = {}
            if self._server is not None:
                host, port = self._server
                where = {"nameservers": [host], "udp_port": port, "tcp_port": port}
            self._opened = aiodns.DNSResolver(**where, timeout=_PATIENCE, tries=1)
        try:
            result = await self._opened.query_dns(name, "A")
        except aiodns.error.DNSError as error:
            if error.args[0] in (aiodns.error.ARES_ENOTFOUND, aiodns.error.ARES_ENODATA):
                return False
            raise _Unclear(f"{error.args[-1]}".rstrip(".")) from None
        answers = [ipaddress.ip_address(one.data.addr) for one in result.answer if hasattr(one.data, "addr")]
        for answer in answers:
            if answer in _ERRORS or answer not in _ANSWERS:
                raise _Unclear(f"it answered {answer}")
        return bool(answers)


class _Unclear(Exception):
    """No answer that says yes or no."""
