"""nio's HTTP session, whose requests raise what went wrong as our errors."""

import ssl
from pathlib import Path
from typing import Any

import aiohttp
import nio

from bridge import ConnectionLost, TemporaryFailure

from .answers import refusal

__all__ = ["CONNECT", "HttpSession", "trust"]

CONNECT = 15.0
"""Seconds to reach the homeserver."""
_ANSWER = 25.0
"""Seconds that an ordinary request may take; less than the core waits for a receipt."""
_LARGEST = 64 * 1024 * 1024
"""Bytes of an answer."""


class HttpSession(nio.AsyncClient):  # type: ignore[misc] # nio has no types
    """nio's client whose requests raise what went wrong, so that nothing is ever tried again in its own way.

    Raises AdapterErrors; TemporaryFailure when there is no answer in time.
    """

    async def send(  # noqa: PLR0913, PLR0917 -- as its base has it
        self,
        method: str,
        path: str,
        data: Any = None,
        headers: dict[str, str] | None = None,
        trace_context: Any = None,
        timeout: Any = None,  # noqa: ASYNC109
    ) -> aiohttp.ClientResponse:
        limit = timeout or aiohttp.ClientTimeout(total=_ANSWER, sock_connect=CONNECT)
        try:
            response = await super().send(method, path, data, headers, trace_context, limit)
            if (response.content_length or 0) > _LARGEST:
                response.close()
                raise ConnectionLost("the homeserver's answer is too large")
            body = await response.read()
        except TimeoutError:
            raise TemporaryFailure("the homeserver does not answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ConnectionLost(_unreachable(self.homeserver, error)) from None
        if not 200 <= response.status < 300:
            raise refusal(response.status, response.headers, body)
        return response  # type: ignore[no-any-return]


def trust(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConnectionLost(f"ca_file {ca_file} cannot be read: {error.strerror or error}") from None
    return context


def _unreachable(address: str, error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = error.certificate_error
        reason = getattr(why, "verify_message", "") or str(why)
        advice = "renew it, or name its authority in ca_file"
        return f"the certificate of {address} does not verify ({reason}): {advice}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the host of {address} is unknown: check homeserver"
    if isinstance(error, aiohttp.ClientSSLError):
        return f"{address} does not speak TLS as it should: check homeserver"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{address} cannot be reached ({error.os_error.strerror or error.os_error})"
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerConnectionError | ConnectionError):
        return f"the connection to {address} broke"
    return f"what answers at {address} does not speak HTTP as it should: check homeserver"
