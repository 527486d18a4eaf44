"""Uploads a file to the server's service over HTTP (XEP-0363 section 6)."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import BinaryIO

import aiohttp
from yarl import URL

from adapters.xmpp.config import NetworkConfig
from adapters.xmpp.history.archive import Requester
from bridge import File, Rejected, TemporaryFailure, Thumbnail, connector

from .slots import Shared, Slot, slot, verifier

__all__ = ["put"]

_SLOWEST = 20_000
"""Bytes per second: what is slower counts as stuck."""


async def put(requester: Requester, service: str, file: File, config: NetworkConfig) -> Shared:
    """Upload a file, and its thumbnail if there is one. Raises Rejected and TemporaryFailure."""
    async with aiohttp.ClientSession(
        connector=connector(config, ssl=verifier(config.ca_file)), cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        upload = _Upload(requester, http, service)
        address = await upload.put(file, file.name)
        small, thumbnail = file.thumbnail, None
        if small is not None:
            with contextlib.suppress(Rejected, TemporaryFailure):  # a file is as good without one
                thumbnail = await upload.put(small, f"thumbnail.{small.type.rpartition('/')[2]}")
        return Shared(address, thumbnail)


@dataclass(frozen=True, slots=True)
class _Upload:
    """One upload to a service."""

    requester: Requester
    http: aiohttp.ClientSession
    service: str

    async def put(self, file: File | Thumbnail, name: str) -> str:
        """Upload one file. Returns its address."""
        try:
            body = await asyncio.to_thread(file.path.open, "rb")
        except OSError as error:
            raise Rejected(f"the file {name} is no longer on this machine: {error.strerror}") from None
        with body:
            try:
                place = await slot(self.requester, self.service, name, file.size, file.type)
                status = await self._stream(place, body, file)
            except aiohttp.ClientConnectorCertificateError as error:
                raise Rejected(
                    f"{self.service} does not prove who it is: {error.certificate_error}"
                ) from None
            except (aiohttp.ClientError, OSError, ValueError) as error:  # a TimeoutError is an OSError
                why = type(error).__name__
                raise TemporaryFailure(f"{self.service} did not take the file {name} ({why})") from None
        if 200 <= status < 300:
            return place.get
        if status >= 500 or status in (408, 429):
            raise TemporaryFailure(f"{self.service} could not take the file {name} now (status {status})")
        raise Rejected(f"{self.service} does not take the file {name} (HTTP status {status})")

    async def _stream(self, slot: Slot, body: BinaryIO, file: File | Thumbnail) -> int:
        """Send the file. Returns the HTTP status."""
        async with self.http.put(
            URL(slot.put, encoded=slot.put.isascii()),
            data=body,
            headers={**slot.headers, "Content-Type": file.type},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=60 + file.size / _SLOWEST, sock_connect=20, sock_read=60),
        ) as answer:
            return answer.status
