"""Files, both ways."""

import asyncio
import contextlib
import tempfile
from binascii import a2b_base64
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import aiohttp

from bridge.adapter import Source
from bridge.errors import TemporaryFailure
from bridge.model import Attachment, Content, MessageCreated, plain
from bridge.testing.person import picked

from .core import only_adapter_errors
from .place import Place, able, same
from .support import prove

__all__ = ["FilesContract"]

_PAUSE = 0.01
_TEXT = b"a file for the contract\n" * 50


class FilesContract:
    """A file arrives whole, and can be fetched."""

    async def test_what_is_claimed_of_files(self, place: Place) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = picked(_written(folder))
            async with place.running():
                record = place.record
                if record.file:
                    with only_adapter_errors("upload"):
                        await place.within(place.adapter.upload(file), "upload does not return")
                caption = plain("<alice> a caption") if record.captions else Content(())
                seen = await prove(place, "file", replace(place.message(caption), file=file), MessageCreated)
                if seen is None:
                    return
                attached = await _attached(place, seen)
                same(attached.name, file.name, "a file arrives under another name")
                if record.captions:
                    same(
                        seen.content.text,
                        caption.text,
                        "the record says that a file has words with it (captions), and they do not arrive in"
                        " its message",
                    )

    async def test_what_people_send_can_be_fetched(self, place: Place) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with place.running():
                with able():
                    await place.person.send(path := _written(folder))
                attached = await _attached(place, await place.said())
                same(attached.name, path.name, "a file is emitted under another name")


async def _found(place: Place, address: str) -> Source:
    """Ask where a file is, again as long as that is not known."""
    while True:
        with contextlib.suppress(TemporaryFailure), only_adapter_errors("source"):
            return place.adapter.source(address)
        await asyncio.sleep(_PAUSE)


def _written(folder: str) -> Path:
    path = Path(folder) / "notes.txt"
    path.write_bytes(_TEXT)
    return path


async def _attached(place: Place, said: MessageCreated) -> Attachment:
    """Return the one file of a message, which can be fetched where the adapter says."""
    same(len(said.content.attachments), 1, f"a message with one file has one attachment: {said!r}")
    (attached,) = said.content.attachments
    source = await place.within(
        _found(place, attached.address), "source says TemporaryFailure for ever: a file is found, or Rejected"
    )
    refused = f"a file cannot be fetched where source says: {source.url}"
    try:
        if source.url.startswith("data:"):  # the file itself
            same(a2b_base64(source.url.partition(",")[2]), _TEXT, "a file arrives as another")
            return attached
        async with (
            aiohttp.ClientSession(headers=dict(source.headers)) as http,
            http.get(source.url, ssl=source.ssl or True) as reply,
        ):
            same(reply.status, HTTPStatus.OK, refused)
            same(await reply.read(), _TEXT, "a file arrives as another")
    except (aiohttp.ClientError, ValueError) as error:
        raise AssertionError(f"{refused} ({error!r})") from error
    return attached
