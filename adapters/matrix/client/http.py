"""nio's HTTP session, whose requests raise what went wrong as our errors."""

import errno
import io
import logging
import ssl
from typing import Any

import aiohttp
import nio

from bridge import (
    ConnectionLost,
    ProxyFailed,
    Rejected,
    TemporaryFailure,
    WayOut,
    connector,
    reason,
    unverified,
)

from .errors import refusal
from .timeout import Timeout

__all__ = ["HttpSession", "open_session"]

# our own errors tell what is wrong with an answer
logging.getLogger("nio").setLevel(logging.CRITICAL)

_CONNECT = 15.0
"""Seconds to reach the homeserver."""
_ANSWER = 25.0
"""Seconds that an ordinary request may take; less than the core waits for a receipt."""
_CHUNK = 65_536
_LARGEST = 64 * 1024 * 1024
"""Bytes of an answer, at most."""


class _Response(aiohttp.ClientResponse):
    """An answer that remembers what carried it."""

    link: object = None
    """What carries TLS; None: nothing does."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        if connection.transport is not None:
            self.link = connection.transport.get_extra_info("ssl_object")
        return await super().start(connection)


class HttpSession(nio.AsyncClient):  # type: ignore[misc] # nio has no types
    """nio's client whose requests raise what went wrong, so that nothing is ever tried again in its own way.

    Raises AdapterErrors; TemporaryFailure when there is no answer in time.
    """

    link: object = None
    """What carried TLS on the way of the last answer; None: nothing did."""

    async def send(  # noqa: PLR0913, PLR0917 -- as its base has it
        self,
        method: str,
        path: str,
        data: Any = None,
        headers: dict[str, str] | None = None,
        trace_context: Any = None,
        timeout: Timeout | float | None = None,  # noqa: ASYNC109
    ) -> aiohttp.ClientResponse:
        total, read = timeout if isinstance(timeout, Timeout) else (_ANSWER, None)
        limit = aiohttp.ClientTimeout(total=total, sock_connect=_CONNECT, sock_read=read)
        if isinstance(data, io.BufferedReader):
            data = aiohttp.BufferedReaderPayload(
                data, filename=None
            )  # else the name of the file on this machine would be sent
        try:
            response = await super().send(method, path, data, headers, trace_context, limit)
            if (response.content_length or 0) > _LARGEST:
                response.close()
                raise ConnectionLost("the homeserver's answer is too large")
            body = await response.read()
            self.link = response.link
        except TimeoutError:
            raise TemporaryFailure(f"the homeserver {self.homeserver} does not answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ConnectionLost(_unreachable(self.homeserver, error)) from None
        if not 200 <= response.status < 300:
            raise refusal(response.status, response.headers, body)
        return response  # type: ignore[no-any-return]

    async def fetch(self, path: str, headers: dict[str, str], most: int) -> bytes:
        """Return a file of no more than so many bytes. Raises AdapterErrors; Rejected when it is larger."""
        limit = aiohttp.ClientTimeout(total=_ANSWER, sock_connect=_CONNECT)
        data = bytearray()
        try:
            async with await super().send("GET", path, None, headers, None, limit) as response:
                async for chunk in response.content.iter_chunked(_CHUNK):
                    data += chunk
                    if len(data) > most:
                        raise Rejected(f"it has more than {most} bytes")
        except TimeoutError:
            raise TemporaryFailure(f"the homeserver {self.homeserver} does not answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ConnectionLost(_unreachable(self.homeserver, error)) from None
        if not 200 <= response.status < 300:
            raise refusal(response.status, response.headers, bytes(data))
        return bytes(data)


def open_session(
    homeserver: str, user: str, device: str, tls: ssl.SSLContext, way_out: WayOut
) -> HttpSession:
    """Open a session with its connections, not logged in."""
    settings = nio.AsyncClientConfig(
        max_limit_exceeded=0, max_timeouts=0, encryption_enabled=False, store_sync_tokens=False
    )
    session = HttpSession(homeserver, user, device, None, settings)
    session.ssl = tls
    session.client_session = aiohttp.ClientSession(
        connector=connector(way_out, limit=0), response_class=_Response
    )
    return session


def _unreachable(address: str, error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of {address} {unverified(error.certificate_error)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the host of {address} is unknown: check homeserver"
    if isinstance(error, aiohttp.ClientSSLError):
        return f"{address} does not speak TLS as it should: check homeserver"
    if isinstance(error, aiohttp.ClientConnectorError | ProxyFailed):
        return _no_connection(address, getattr(error, "os_error", error))
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerConnectionError | OSError):
        hint = "; if it speaks TLS there, write https" if address.startswith("http:") else ""
        return f"the connection to {address} broke{hint}"
    return f"what answers at {address} does not speak HTTP as it should: check homeserver"


def _no_connection(address: str, error: OSError) -> str:
    if isinstance(error, ProxyFailed):
        return f"{address} cannot be reached: {error}"
    if error.errno == errno.ECONNREFUSED:
        return f"{address} cannot be reached, nothing listens there: check homeserver"
    if error.errno is None or isinstance(error, ConnectionError):
        return f"{address} closes the connection at once: check homeserver"
    return f"{address} cannot be reached ({reason(error)}): check homeserver"
