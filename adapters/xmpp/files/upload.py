"""Finds the server's service for files, and uploads files to it (XEP-0363)."""

import asyncio
import contextlib
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from adapters.xmpp import encode
from adapters.xmpp.decode.children import time_of
from adapters.xmpp.history.archive import Requester
from adapters.xmpp.rooms import muc_info
from bridge import BoundedDict, ConnectionLost, File, Rejected, TemporaryFailure, trust

__all__ = ["Service", "Shared", "Slot", "UploadService", "slot", "verifier"]

_NS = "urn:xmpp:http:upload:0"
_TAG = f"{{{_NS}}}"
_ERROR = "{jabber:client}error"
_ITEMS = "<query xmlns='http://jabber.org/protocol/disco#items'/>"
_INFO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
_MOST_SERVICES = 50
_PATIENCE = 20.0
_HEADERS = frozenset({"authorization", "cookie", "expires"})
"""The headers that a service may have us send (XEP-0363 section 5)."""
_WEB = ("https://", "http://")
_BLANKS = re.compile(r"[\r\n\x00]+")
_SOON = 600.0
"""Seconds that a file waits for a service that is full, at most."""
_MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Service:
    """The service of our server that takes files."""

    address: str
    limit: int | None
    """The largest file, in bytes, where it tells."""
    prefix: str
    """The beginning of its files' addresses, as far as that is known."""

    def holds(self, address: str) -> bool:
        """Whether a file is on this service: then our own server vouches for the host.

        Nothing else on that host may be fetched: whatever else runs beside the service.
        """
        rest = address.removeprefix(self.prefix)
        return (
            bool(self.prefix)
            and rest != address
            and not set(rest) & set("?#\\")
            and all(part.strip(".") for part in unquote(rest).replace("\\", "/").split("/"))
        )


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


class UploadService:
    """The service of our server, as far as it is known. It outlives a connection."""

    def __init__(self) -> None:
        self.service: Service | None = None
        self.looked = False
        """Whether the service was ever looked for."""
        self._kept: BoundedDict[File, Shared] = BoundedDict(_MOST_KEPT)

    async def find(self, requester: Requester, domain: str) -> None:
        """Find the service. Where the server does not answer, the known one stays."""
        with contextlib.suppress(TimeoutError):
            self.service = await _find(requester, domain)
        self.looked = True

    async def put(self, requester: Requester, file: File, ca_file: Path | None) -> Shared:
        """Upload a file, and its thumbnail if there is one: once, as long as that is remembered.

        Authorities in `ca_file` are trusted beside the system's own: the files may stand elsewhere than
        the accounts. Raises Rejected and TemporaryFailure.
        """
        if (kept := self._kept.get(file)) is not None:
            return kept
        service = self.service
        if service is None:
            raise Rejected("the server takes no files of hubbub (XEP-0363)")
        if service.limit is not None and file.size > service.limit:
            raise Rejected(f"{service.address} takes no file larger than {service.limit} bytes")
        from .http_upload import put

        self._kept[file] = shared = await put(requester, service.address, file, ca_file)
        return shared


@lru_cache(maxsize=8)
def verifier(ca_file: Path | None) -> ssl.SSLContext:
    """Return the context to verify the service's host with. Raises TemporaryFailure."""
    try:
        return trust(ca_file)
    except ConnectionLost as error:
        raise TemporaryFailure(str(error)) from None


async def _find(requester: Requester, domain: str) -> Service | None:
    """Find the service of a server (XEP-0363 section 3); None: it has none that serves us.

    A slot that stays empty shows that it serves us, and where its files will stand. Raises TimeoutError.
    """
    answer = await requester.ask("get", domain, _ITEMS, _PATIENCE)
    items = [item.get("jid") or "" for item in answer.iter("{http://jabber.org/protocol/disco#items}item")]
    addresses = [domain, *(item for item in items[:_MOST_SERVICES] if item and item != domain)]
    infos = await asyncio.gather(*(_info(requester, address) for address in addresses))
    for address, info in zip(addresses, infos, strict=True):
        if _NS in info.features:
            with contextlib.suppress(Rejected, TemporaryFailure):
                place = await slot(requester, address, "hubbub.txt", 1, "text/plain")
                limit = info.fields.get("max-file-size", "")
                number = int(limit) if limit.isdecimal() and len(limit) < 16 else None
                return Service(address, number, _prefix(place.get))
    return None


async def _info(requester: Requester, address: str) -> muc_info.Info:
    try:
        return muc_info.info(await requester.ask("get", address, _INFO, _PATIENCE))
    except TimeoutError:
        return muc_info.Info(frozenset(), None)


def _prefix(address: str) -> str:
    """Return the part of an address up to its first folder, with that."""
    scheme, _, rest = address.partition("://")
    parts = rest.split("/")
    return f"{scheme}://{parts[0]}/{parts[1]}/" if len(parts) > 2 else ""


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
