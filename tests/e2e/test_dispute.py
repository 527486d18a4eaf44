"""A dispute, played through: an offer is made on Matrix and accepted on IRC, found a year later, shown as
evidence to somebody who has Python alone, and one who took part in it is erased at last.
"""

import json
import os
import random
import sys
import zipfile

import pytest

from bridge.model import plain
from tests.adapters.places import chat_map
from tests.e2e.commands import run, set_on
from tests.e2e.world import HUBBUB, NETWORKS, hubbub, servers

OFFER = "我们出价三百元买这批椅子，周五前付款。"
ACCEPTED = "I accept: 300 for all chairs, paid by Friday"
ARCHIVED = "    archive: {keep: 2y}\n"


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with servers(tmp_path_factory.mktemp("e2e")) as world:
        await world.join()
        yield world


async def later(*arguments, folder, code=0):
    """Run one of Hubbub's commands, a year later."""
    return await run(HUBBUB, *arguments, folder=folder, code=code, **os.environ, **set_on("+366d"))


async def verdict(bundle, folder, code):
    """What Python alone says of a bundle, with nothing else in its world."""
    verifier = folder / "verify.py"
    if not verifier.exists():
        with zipfile.ZipFile(bundle) as zip_:
            verifier.write_bytes(zip_.read("verify.py"))
    python = os.path.realpath(sys.executable)
    return await run(python, "-I", "-S", "verify.py", str(bundle), folder=folder, code=code, PATH="/nowhere")


@pytest.fixture(scope="module")
async def archive(world, tmp_path_factory):
    """A folder with the map, the journal and the archive of that talk, which is over."""
    folder = tmp_path_factory.mktemp("dispute")
    text = chat_map()
    head, conversations, rest = text.partition("conversations:\n")
    name, line, rooms = rest.partition("\n")
    (folder / "bridge.yaml").write_text(f"{head}{conversations}{name}{line}{ARCHIVED}{rooms}")
    async with hubbub(world, config=folder / "bridge.yaml") as bridge:
        await bridge.joined(*NETWORKS)
        for network in NETWORKS:
            assert "kept for 2 years" in (await world.heard(network))[0]
        await world.people["matrix"].say(plain(OFFER))
        assert await world.heard("irc") == [f"<alan> {OFFER}"]
        await world.people["irc"].say(plain(ACCEPTED))
        assert await world.heard("matrix") == [f"<ada> {ACCEPTED}"]
        assert await world.heard("jabber", 2) == [f"<alan> {OFFER}", f"<ada> {ACCEPTED}"]
        assert await bridge.stop() == 0
    return folder


def flipped(bundle, place, copy):
    """The same file with one bit of one byte turned."""
    data = bytearray(bundle.read_bytes())
    data[place] ^= 1 << place % 8
    copy.write_bytes(data)
    return copy


async def test_a_dispute_is_played_through(world, archive):
    # half a Chinese word finds the offer, a year later, and the talk around it what became of it
    found = json.loads(await later("search", "椅", "--json", folder=archive))
    (hit,) = found["hits"]
    assert hit["text"] == OFFER
    assert ACCEPTED in await later("search", "椅", "--context", "3", folder=archive)
    assert await later("search", "椅", "from:ada", folder=archive, code=1) == ""

    await later("evidence", "export", "lobby", "--since", "2y", "-o", "bundle.zip", folder=archive)
    bundle = archive / "bundle.zip"
    assert "Nothing was changed" in await verdict(bundle, archive, 0)
    with zipfile.ZipFile(bundle) as zip_:
        assert OFFER in zip_.read("transcript.txt").decode()

    # one flipped byte anywhere is named, or makes the bundle one that is none
    chance = random.Random(1)
    for place in sorted(chance.sample(range(bundle.stat().st_size), 12)):
        said = await verdict(flipped(bundle, place, archive / "flipped.zip"), archive, None)
        assert "Nothing was changed" not in said
        assert "Traceback" not in said

    # who wants to be erased is gone, and the chain still verifies
    ada = (await later("person", "erase", "ada", "--dry-run", folder=archive)).partition("\n")[0]
    assert ada.startswith("irc/ada!")
    async with hubbub(world, config=archive / "bridge.yaml", variables=set_on("+366d")) as bridge:
        await bridge.joined(*NETWORKS)
        await later("person", "erase", ada, "--yes", folder=archive)
        assert await bridge.stop() == 0
    assert await later("search", "accept", folder=archive, code=1) == ""
    assert OFFER in await later("search", "椅子", folder=archive)
    assert "The archive is as it was recorded" in await later("evidence", "verify", folder=archive)
    left = b"".join(file.read_bytes() for file in archive.glob("hubbub-archive.sqlite3*"))
    assert b"300 for all chairs" not in left
    assert "Nothing was changed" in await verdict(bundle, archive, 0), "what was given out stays as it was"
