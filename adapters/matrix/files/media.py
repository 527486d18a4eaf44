"""Files to and from the homeserver's store (client-server API, "Content Repository")."""

import logging
from urllib.parse import quote

from adapters.matrix.client.account import Account
from adapters.matrix.client.api import MatrixClient
from adapters.matrix.client.errors import NotMatrix
from adapters.matrix.untrusted import count
from bridge import (
    AdapterError,
    AuthenticationFailed,
    BoundedDict,
    ConnectionLost,
    File,
    Rejected,
    RoomUnavailable,
    Source,
    TemporaryFailure,
)

from .content import MXC, Uploaded

__all__ = ["MediaRepository"]

log = logging.getLogger(__name__)

_MOST_KEPT = 1000
_LARGEST_LIMIT = 2**50


class MediaRepository:
    """The uploads and downloads of one account."""

    def __init__(self, account: Account, client: MatrixClient, homeserver: str) -> None:
        self._account = account
        self._client = client
        self._homeserver = homeserver
        self._kept: BoundedDict[File, Uploaded] = BoundedDict(_MOST_KEPT)
        self.limit: int | None = None
        """The largest file that the homeserver takes, in bytes; None: it did not say."""

    async def learn_limit(self) -> None:
        """Ask how large a file may be (GET /media/config)."""
        try:
            told = await self._client.call("GET", ("media", "config"), version="v1")
        except AdapterError as error:
            log.debug("the homeserver does not say how large files may be: %s", error)
        else:
            self.limit = count(told.get("m.upload.size"), _LARGEST_LIMIT)

    def source(self, address: str) -> Source:
        """Return where a file can be fetched. Raises Rejected when the address is no mxc address."""
        found = MXC.fullmatch(address)
        if found is None:
            raise Rejected("this is no address of a file on Matrix")
        if not self._account.token:
            raise TemporaryFailure("not logged in: files can be fetched after the next login")
        server, name = (quote(part, safe="") for part in found.groups())
        url = f"{self._homeserver}/_matrix/client/v1/media/download/{server}/{name}"
        headers = {"Authorization": f"Bearer {self._account.token}"}
        return Source(url, headers, own=True, ssl=self._account.tls)

    async def upload(self, file: File) -> Uploaded:
        """Upload a file with its thumbnail: once, as long as that is remembered.

        Raises Rejected when the homeserver does not want it, and what passes as it is.
        """
        if (kept := self._kept.get(file)) is not None:
            return kept
        url = await self._put(file)
        self._kept[file] = uploaded = Uploaded(url, await self._put_small(file))
        return uploaded

    async def _put_small(self, file: File) -> str | None:
        """Upload a thumbnail, or go without: a picture is one without it too."""
        if file.thumbnail is None:
            return None
        try:
            return await self._client.upload(file.thumbnail.path, file.thumbnail.type, file.thumbnail.size)
        except (RoomUnavailable, Rejected, NotMatrix) as error:
            log.debug("the homeserver does not take a thumbnail: %s", error)
            return None

    async def _put(self, file: File) -> str:
        self._see_size(file)
        try:
            return await self._client.upload(file.path, file.type, file.size, file.name)
        except (RoomUnavailable, Rejected, NotMatrix) as error:
            raise Rejected(f"the homeserver does not take the file: {error}") from None
        except (ConnectionLost, AuthenticationFailed, TemporaryFailure) as error:
            # if the whole connection is gone, the sync notices
            await self._broke_off(file)
            raise TemporaryFailure(f"the file could not be uploaded: {error}") from None

    def _see_size(self, file: File) -> None:
        if self.limit is not None and file.size > self.limit:
            raise Rejected(f"the homeserver takes no files of more than {self.limit} bytes")

    async def _broke_off(self, file: File) -> None:
        """Raise Rejected when there is no use in trying again: Synapse hangs up on what is too large."""
        if self.limit is None:
            await self.learn_limit()
            self._see_size(file)
