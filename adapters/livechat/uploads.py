"""Files of visitors, taken in by the desk's rules, and files of a chat, handed out to its visitor."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from bridge import N_, File, fits_glob
from bridge.desk import ChatFile

from .attachments import FileRules
from .callers import Caller
from .files import ChatFiles
from .guard.guard import Guard
from .refused import VisitRefused

__all__ = ["ChatUploads", "as_said"]

_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'"}


class ChatUploads:
    """Takes files in, and hands them out."""

    def __init__(self, files: ChatFiles, guard: Guard, rules: Callable[[str], FileRules | None]) -> None:
        """`rules` gives what a desk allows; None: no files."""
        self._files = files
        self._guard = guard
        self._rules = rules

    async def take(self, caller: Caller, name: str, pieces: AsyncIterator[bytes]) -> ChatFile:
        """Take a file in. Raises VisitRefused."""
        rules = self._rules(caller.desk)
        if rules is None or caller.chat is None:
            raise VisitRefused(403, "files", N_("This desk takes no files."))
        self._guard.bringing(caller)
        async with self._files.taking(caller.chat, pieces, rules.most) as path:
            type_ = await self._guard.brought(caller, name, path)
            file = await asyncio.to_thread(self._files.keep, path, name, type_)
        if not any(fits_glob(glob, file.type) for glob in rules.types):
            file.path.unlink(missing_ok=True)
            raise VisitRefused(
                415, "type", N_("This desk takes no files of this kind ({type})."), type=file.type
            )
        return as_said(file)

    async def drop(self, chat: int, said: ChatFile) -> None:
        """Delete a file that was taken and could not be said."""
        if (path := self._files.at(chat, said.address)) is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def forget(self, chat: int) -> None:
        """Delete all files of a chat."""
        await asyncio.to_thread(self._files.forget, chat)

    def handed(self, chat: int, file: ChatFile) -> web.StreamResponse:
        """Hand out a file of a chat. Raises VisitRefused."""
        path = self._files.at(chat, file.address)
        if path is None:
            raise VisitRefused(410, "gone", N_("The file is here no more."))
        name = quote(file.name, safe="")
        headers = _HEADERS | {
            "Content-Type": file.type or "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        }
        return web.FileResponse(path, headers=headers)

    async def for_the_core(self, request: web.Request) -> web.StreamResponse:
        """Hand a file to the core, which alone knows its name."""
        chat, name = request.match_info["chat"], request.match_info["name"]
        path = self._files.at(int(chat), name)
        if path is None:
            return web.Response(status=404)
        return web.FileResponse(path, headers={**_HEADERS, "Content-Type": "application/octet-stream"})


def as_said(file: File) -> ChatFile:
    """Return what a chat says of a file that is kept."""
    return ChatFile(file.name, file.type, file.size, Path(file.path).name)
