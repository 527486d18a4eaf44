"""The database as biboumi makes it: its tables are those that are read."""

import asyncio
import contextlib
import sqlite3

import pytest

from bridge.testing import Server, free_port
from tests.adapters.irc.binaries import find

from .examples import ROWS
from .importing import checked, moved

pytestmark = pytest.mark.skipif(find("biboumi") is None, reason="biboumi is not installed")


async def test_what_biboumi_keeps_is_read(tmp_path):
    """It makes its tables at the start, whether the XMPP server is there or not."""
    settings = (
        f"hostname=irc.example.org\npassword=secret-component\nport={free_port()}\nidentd_port=0\n"
        f"db_name={tmp_path}/b.sqlite\nlog_level=1\n"
    )
    (tmp_path / "biboumi.cfg").write_text(settings)
    biboumi = Server(tmp_path, "biboumi")
    try:
        await biboumi.run(find("biboumi"), str(tmp_path / "biboumi.cfg"))
        async with asyncio.timeout(20):
            while not made(tmp_path / "b.sqlite"):
                await asyncio.sleep(0.05)
    finally:
        await biboumi.stop()
    with contextlib.closing(sqlite3.connect(tmp_path / "b.sqlite")) as database:
        database.executescript(ROWS)
    found = moved(tmp_path, "biboumi.cfg", "")
    assert found.made["conversations"].keys() == {"tea", "cats", "new"}
    checked(found.file, JABBER_ROOMS="rooms.example.org")


def made(path):
    """Whether all of its tables are there."""
    if not path.exists():
        return False
    with contextlib.closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index'").fetchone()
    return found[0] > 0
