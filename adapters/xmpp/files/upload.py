"""Finds the server's service for files, and uploads files to it (XEP-0363)."""

import asyncio
import contextlib
from dataclasses import dataclass
from urllib.parse import unquote

from adapters.xmpp.config import NetworkConfig
from adapters.xmpp.decode import muc_info
from adapters.xmpp.history.archive import Requester
from bridge import BoundedDict, File, Rejected, TemporaryFailure

from .slots import Shared, slot

__all__ = ["Service", "UploadService"]

_NS = "urn:xmpp:http:upload:0"
_ITEMS = "<query xmlns='http://jabber.org/protocol/disco#items'/>"
_INFO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
_MOST_SERVICES = 50
_PATIENCE = 20.0
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

    async def put(self, requester: Requester, file: File, config: NetworkConfig) -> Shared:
        """Upload a file, and its thumbnail if there is one: once, as long as that is remembered.

        Authorities in its `ca_file` are trusted beside the system's own: the files may stand elsewhere than
        the accounts. Raises Rejected and TemporaryFailure.
        """
        if (kept := self._kept.get(file)) is not None:
            return kept
        service = self.service
        if service is None:
            raise Rejected("the server takes no files of hubbub (XEP-0363)")
        if service.limit is not None and file.size > service.limit:
            raise Rejected(f"{service.address} takes no file larger than {service.limit} bytes")
        from .http_upload import put  # loaded for the first file

        self._kept[file] = shared = await put(requester, service.address, file, config)
        return shared


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
