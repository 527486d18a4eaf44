"""Files that programs send within their messages: held until the core has fetched them, from our own port."""

import mimetypes
import secrets
from collections.abc import Sequence

from aiohttp import web

from bridge import Attachment, FileKind, Rejected, Source, reached

from .config import NetworkConfig
from .decode import Upload
from .port import ProgramPort

__all__ = ["HeldFiles"]

_SCHEME = "posted:"
_MOST = 1000
_HELD = 64_000_000
"""So many files, and bytes in all. Files are fetched as soon as their message is taken: what is left when
others come is too old.
"""


class HeldFiles:
    """Files in memory, by names that nobody can guess."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def add_to(self, port: ProgramPort) -> None:
        """Hand them out on this port."""
        port.add("GET", "/file/{name}", self._file, free=True)

    def keep(self, files: Sequence[Upload]) -> tuple[Attachment, ...]:
        """Hold these, and return them as attachments."""
        return tuple(self._attachment(file) for file in files)

    def source(self, address: str, config: NetworkConfig) -> Source:
        """Return where a file can be fetched. Raises Rejected when it is here no more."""
        if not address.startswith(_SCHEME):
            return Source(address)
        name = address.removeprefix(_SCHEME)
        if name not in self._files:
            raise Rejected("the program sent it before Hubbub was started again")
        host, port = config.address
        return Source(f"http://{reached(host)}:{port}/file/{name}", own=True)

    def _attachment(self, file: Upload) -> Attachment:
        type_ = mimetypes.guess_type(file.name)[0] or ""
        major = type_.partition("/")[0]
        kind = FileKind(major) if major in set(FileKind) else FileKind.FILE
        if not file.data:
            return Attachment(file.url, file.name, kind, type_)
        name = secrets.token_urlsafe(16)
        self._files[name] = file.data
        while len(self._files) > _MOST or sum(map(len, self._files.values())) > _HELD:
            del self._files[next(iter(self._files))]
        return Attachment(_SCHEME + name, file.name, kind, type_, len(file.data))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        data = self._files.get(request.match_info["name"])
        if data is None:
            return web.Response(status=404)
        return web.Response(body=data, content_type="application/octet-stream")
