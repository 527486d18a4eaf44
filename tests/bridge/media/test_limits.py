"""The folder keeps its limits, and what is owed stays."""

import asyncio
import errno
import os
import time

from bridge.media import Missing
from bridge.media.cache import space
from bridge.model import File
from bridge.testing import free_port

from .conftest import Service

SIZE = 100_000
NO_ROOM = Missing("there is no room for it")


def lying(config):
    return sorted(path.stat().st_size for path in config.folder.rglob("????????????????") if path.is_file())


def age(file, seconds):
    note = file.path.with_suffix(".json")
    os.utime(note, (time.time() - seconds,) * 2)


async def gone(file):
    """Wait until it has been let go."""
    while file.path.exists():
        await asyncio.sleep(0.01)


async def test_the_oldest_goes_where_there_is_too_much(server, serve):
    service = await serve(max_folder=space(SIZE) * 7 // 2)
    address = server.put("a", b"x" * SIZE)
    files = []
    for seq in range(3):
        files.append(await service.got(seq, address))
        age(files[-1], 100 - seq)
    files.append(await service.got(3, address))
    await gone(files[0])
    assert all(file.path.exists() for file in files[1:])
    again = await service.got(0, address)
    assert again.path.exists(), "it is fetched again"


async def test_what_is_owed_stays(server, serve):
    owed = {0, 1}
    service = await serve(owed=owed.__contains__, max_folder=space(SIZE) * 7 // 2)
    address = server.put("a", b"x" * SIZE)
    files = []
    for seq in range(3):
        files.append(await service.got(seq, address))
        age(files[-1], 100 - seq)
    await service.got(3, address)
    await gone(files[2])
    assert all(file.path.exists() for file in files[:2])


async def test_where_all_is_owed_nothing_comes_in(server, serve):
    service = await serve(owed=lambda _: True, max_folder=space(SIZE) * 3 // 2)
    address = server.put("a", b"x" * SIZE)
    answers = [await service.got(seq, address) for seq in range(4)]
    assert [answer == NO_ROOM for answer in answers] == [False, False, True, True]


async def test_pages_count_too(server, serve):
    service = await serve(
        max_folder=space(SIZE) * 3 // 2, public_url="https://a.example", listen=f"127.0.0.1:{free_port()}"
    )
    pages = [service.files.publish(seq, "long", "x" * SIZE) for seq in range(3)]
    assert len(set(pages)) == 3
    assert isinstance(await service.got(9, server.put("a", b"words")), File)
    assert len(lying(service.config)) == 2


async def test_what_is_old_goes_at_the_next_look(server, media):
    config = media(keep=3600.0)
    owed = {2}
    async with Service(config).running() as service:
        for seq in range(4):
            file = await service.got(seq, server.put(str(seq), b"x" * (seq + 1)))
            age(file, 4000 if seq in (1, 2) else 100)
        service.files.forget(3)
        gone = next(config.folder.rglob("gone"))
        os.utime(gone, (time.time() - 4000,) * 2)
    async with Service(config, owed=owed.__contains__).running() as service:
        await service.got(9, server.put("9", b"x" * 10))
    assert lying(config) == [1, 3, 10]
    assert not gone.parent.exists()


async def test_a_full_disk_is_said_once(server, serve, monkeypatch, caplog):
    service = await serve(public_url="https://a.example", listen=f"127.0.0.1:{free_port()}")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("bridge.media.cache.Cache.create", full)
        address = server.put("a", b"words")
        assert [await service.got(seq, address) for seq in range(3)] == [NO_ROOM] * 3
        assert service.files.publish(1, "a", "b") is None
    assert caplog.text.count("No space left") == 1
    assert isinstance(await service.got(5, address), File)


async def test_the_folder_is_for_its_owner_alone(server, serve, media):
    service = await serve(folder=media().folder / "deep" / "er")
    file = await service.got(1, server.put("a", b"words"))
    for path in (file.path, file.path.parent, file.path.parent.parent):
        assert path.stat().st_mode & 0o077 == 0
