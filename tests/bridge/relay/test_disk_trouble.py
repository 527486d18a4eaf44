"""What is wrong with the folder of files costs the files, in words, and nothing else."""

import errno
import os
import pathlib
from dataclasses import replace

import pytest

from bridge.config import ShowRules
from bridge.model import FileKind
from bridge.testing import free_port
from tests.bridge.relay.shelf import files, mapped, with_file
from tests.bridge.world import running


class Folder:
    """Lets every look into a folder fail, as the rights of another owner do; root would not meet them."""

    def __init__(self, monkeypatch, folder):
        self.shut = False
        self._folder = str(folder)
        for module, name in (
            (os, "open"),
            (os, "scandir"),
            (os, "unlink"),
            (os, "mkdir"),
            (pathlib.Path, "stat"),
        ):
            monkeypatch.setattr(module, name, self._denying(getattr(module, name)))

    def _denying(self, proper):
        def call(path=".", *args, **named):
            if self.shut and str(path).startswith(self._folder):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return proper(path, *args, **named)

        return call


@pytest.fixture
def folder(monkeypatch, tmp_path):
    folder = Folder(monkeypatch, tmp_path / "files")
    yield folder
    folder.shut = False


@pytest.mark.parametrize("captions", [True, False])
async def test_an_unreadable_folder(tmp_path, left, right, shelf, folder, caplog, captions):
    files(right, captions=captions)
    async with running(mapped(tmp_path)):
        left.say("one", "alice", with_file("look", shelf.put("cat.png", kind=FileKind.IMAGE)))
        await right.until(1 if captions else 2)
        before = len(right.said)
        folder.shut = True
        for n in range(50):
            left.say("one", "alice", f"before {n}")
            picture = shelf.put(f"dog{n}.png", kind=FileKind.IMAGE, size=108)
            left.say("one", "alice", with_file(f"look {n}", picture))
            left.say("one", "alice", f"after {n}")
        await right.until(before + 150)
        assert left.connections == 1, "the source hears on"
    wanted = [text for n in range(50) for text in (f"before {n}", f"look {n}", f"after {n}")]
    told = right.texts("two")[before:]
    assert len(told) == len(wanted)
    assert all(text.startswith(f"<alice> {words}") for text, words in zip(told, wanted, strict=True))
    assert all("it could not be kept" in text for text in told[1::3])
    lines = [record for record in caplog.records if "cannot be kept" in record.getMessage()]
    assert len(lines) == 1, "said once"


async def test_a_long_text_where_no_page_can_be_kept(tmp_path, left, right, shelf, folder):
    right.capabilities = replace(right.capabilities, text_limit=200)
    address = "http://127.0.0.1:1"
    async with running(
        mapped(tmp_path, ShowRules(long="link"), public_url=address, listen=f"127.0.0.1:{free_port()}")
    ):
        folder.shut = True
        left.say("one", "alice", " ".join(f"word{n}" for n in range(400)))
        left.say("one", "alice", "after")
        await right.until(4)
    assert right.texts("two")[2].endswith("…")
    assert right.texts("two")[3] == "<alice> after"
