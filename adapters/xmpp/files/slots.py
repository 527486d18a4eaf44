"""Places for files: one is asked for before each upload (XEP-0363 section 4)."""

import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element

from adapters.xmpp import encode
from adapters.xmpp.decode import muc_info
from adapters.xmpp.decode.children import time_of
from adapters.xmpp.history.archive import Requester
from bridge import ConnectionLost, Rejected, TemporaryFailure, trust

__all__ = ["Shared", "Slot", "slot", "verifier"]

_NS = "urn:xmpp:http:upload:0"
_TAG = f"{{{_NS}}}"
_ERROR = "{jabber:client}error"
_PATIENCE = 20.0
_HEADERS = frozenset({"authorization", "cookie", "expires"})
"""The headers that a service may have us send (XEP-0363 section 5)."""
_WEB = ("https://", "http://")
_BLANKS = re.compile(r"[\r\n\x00]+")
_SOON = 600.0
"""Seconds that a file waits for a service that is full, at most."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The address of an uploaded file."""

    address: str
    thumbnail: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one file: where to put it, and where it stands then."""

    put: str
    get: str
    headers: dict[str, str]


async def slot(requester: Requester, service: str, name: str, size: int, media: str) -> Slot:
    """Ask for a place for a file (XEP-0363 section 4). Raises Rejected, TemporaryFailure, TimeoutError."""
    request = (
        f"<request xmlns='{_NS}' filename='{encode.quote(name)}' size='{size}'"
        f" content-type='{encode.quote(media)}'/>"
    )
    answer = await requester.ask("get", service, request, _PATIENCE)
    if answer.get("type") == "error":
        raise _refusal(answer, service)
    put, get = answer.find(f"{_TAG}slot/{_TAG}put"), answer.find(f"{_TAG}slot/{_TAG}get")
    put_url = put.get("url") or "" if put is not None else ""
    get_url = get.get("url") or "" if get is not None else ""
    if put is None or not put_url.startswith(_WEB) or not get_url.startswith(_WEB):
        raise Rejected(f"{service} gives no place for files")
    return Slot(put_url, get_url, dict(_headers(put)))


def _headers(put: Element) -> Iterator[tuple[str, str]]:
    for header in put.iterfind(f"{_TAG}header"):
        name = header.get("name") or ""
        if name.lower() in _HEADERS:
            yield name, _BLANKS.sub("", header.text or "")


def _refusal(answer: Element, service: str) -> Rejected | TemporaryFailure:
    """Return the error for a refused slot (XEP-0363 section 4.1)."""
    named, kind, text = muc_info.condition(answer)
    said = f": {text}" if text else ""
    error = answer.find(_ERROR)
    retry = error.find(f"{_TAG}retry") if error is not None else None
    at = time_of(retry.get("stamp") or "") if retry is not None else None
    if named == "resource-constraint":
        if at is not None and at - time.time() < _SOON:
            return TemporaryFailure(f"{service} cannot take files now{said}")
        return Rejected(f"{service} takes no more files of hubbub for now{said}")
    if kind == "wait" or named in ("internal-server-error", "remote-server-timeout"):
        return TemporaryFailure(f"{service} cannot take files now ({named}){said}")
    if error is not None and error.find(f"{_TAG}file-too-large") is not None:
        return Rejected(f"{service} takes no file that large{said}")
    return Rejected(f"{service} does not take the file ({named}){said}")


@lru_cache(maxsize=8)
def verifier(ca_file: Path | None) -> ssl.SSLContext:
    """Return the context to verify the service's host with. Raises TemporaryFailure."""
    try:
        return trust(ca_file)
    except ConnectionLost as error:
        raise TemporaryFailure(str(error)) from None
