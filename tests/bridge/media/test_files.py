"""Files are fetched once, kept, found again, and gone when they are taken back."""

import asyncio
import hashlib
import io

import pytest
from aiohttp import web
from PIL import Image

from bridge.media import Missing, Pending
from bridge.media.cache import Cache
from bridge.model import Attachment, File, FileKind
from bridge.testing import free_port

from .conftest import Service


def picture(width=20, height=10, form="PNG", **options):
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(stream, form, **options)
    return stream.getvalue()


async def test_a_file_is_fetched_and_measured(server, serve):
    """What its author says of type and size is not believed."""
    content = picture()
    service = await serve()
    address = server.put("a", content)
    first = service.files.get("net", 1, 0, Attachment(address, "a.png", type="text/html", size=3))
    assert isinstance(first, Pending)
    file = await service.got(1, address)
    assert isinstance(file, File)
    assert file.path.read_bytes() == content
    assert (file.name, file.kind, file.type, file.size) == (
        "a.png",
        FileKind.IMAGE,
        "image/png",
        len(content),
    )
    assert file.digest == hashlib.sha256(content).hexdigest()
    assert (file.width, file.height, file.thumbnail) == (20, 10, None)


async def test_a_file_is_fetched_once_for_all_who_ask(server, serve):
    service = await serve()
    address = server.put("a", b"words")
    await asyncio.gather(*[service.got(1, address) for _ in range(5)])
    assert len(server.asked) == 1


async def test_after_a_restart_a_file_is_there(server, media):
    address = server.put("a", b"words")
    async with Service(media()).running() as service:
        before = await service.got(1, address, name="a.txt")
    after = Service(media()).files.get("net", 1, 0, Attachment(address))
    assert after == before
    assert len(server.asked) == 1


async def test_what_was_half_fetched_is_removed_at_the_next_start(server, media):
    begun, stay = asyncio.Event(), asyncio.Event()

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 100_000)
        begun.set()
        await stay.wait()

    server.paths["a"] = endless
    config = media()
    async with Service(config).running() as service:
        service.files.get("net", 1, 0, Attachment(server.address("a")))
        await asyncio.wait_for(begun.wait(), 20)
    stay.set()
    left = config.folder / "0123456789abcdef"
    left.mkdir(parents=True, exist_ok=True)
    for name in ("0123456789abcdef.part", "1123456789abcdef", "2123456789abcdef.thumb"):
        (left / name).write_bytes(b"half")
    (config.folder / "mine.txt").write_text("not of the bridge")
    address = server.put("b", b"words")
    async with Service(config).running() as service:
        await service.got(2, address)
    assert not left.exists()
    assert (config.folder / "mine.txt").exists()


async def test_a_fetch_that_was_interrupted_begins_anew(server, media):
    begun, asked = asyncio.Event(), 0

    async def first_endless(request):
        nonlocal asked
        asked += 1
        if asked > 1:
            return web.Response(body=b"words")
        begun.set()
        await asyncio.Event().wait()
        return None

    server.paths["a"] = first_endless
    service = Service(media())
    async with service.running():
        service.files.get("net", 1, 0, Attachment(server.address("a")))
        await asyncio.wait_for(begun.wait(), 20)
    async with service.running():
        assert isinstance(await service.got(1), File)


async def test_what_is_taken_back_is_gone(server, media):
    address = server.put("a", b"words")
    config = media(public_url="https://files.example.org", listen=f"127.0.0.1:{free_port()}")
    async with Service(config).running() as service:
        file = await service.got(1, address)
        page = service.files.publish(1, "long.txt", "many words")
        assert page is not None
        assert service.files.link(1, file) is not None
        service.files.forget(1)
        assert not file.path.exists()
        assert service.files.link(1, file) is None
        assert service.files.publish(1, "long.txt", "many words") is None
        assert await service.got(1, address) == Missing("it was taken back")
    restarted = Service(config).files
    assert restarted.get("net", 1, 0, Attachment(address)) == Missing("it was taken back")


async def test_what_is_taken_back_while_it_is_fetched_is_gone(server, media):
    begun = asyncio.Event()

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x" * 200_000)
        begun.set()
        await asyncio.Event().wait()

    server.paths["a"] = endless
    config = media()
    async with Service(config).running() as service:
        service.files.get("net", 1, 0, Attachment(server.address("a")))
        await asyncio.wait_for(begun.wait(), 20)
        service.files.forget(1)
        assert await service.got(1) == Missing("it was taken back")
        while not service.ends:
            await asyncio.sleep(0)
    assert [path.name for path in config.folder.rglob("*") if path.is_file()] == ["gone"]


async def test_what_is_taken_back_before_its_turn_is_never_asked_for(server, media):
    wanted = Attachment(server.put("a", b"words"))
    config = media()
    service = Service(config)
    service.files.get("net", 1, 0, wanted)
    service.files.forget(1)
    for after in (service, Service(config)):
        async with after.running():
            assert after.files.get("net", 1, 0, wanted) == Missing("it was taken back")
            await after.got(2, server.put("b", b"words"))
    assert [request.path for request in server.asked] == ["/b"]


async def test_a_look_around_does_not_take_what_is_being_written(media):
    cache = Cache(media().folder, b"key")
    path = cache.place(1, 0)
    with cache.writing(path):
        cache.create(path.with_suffix(".part")).close()
        assert cache.look_around(0) == []
        assert path.with_suffix(".part").exists()
    cache.look_around(0)
    assert not path.parent.exists()


async def test_a_message_without_files_leaves_nothing_behind(media):
    config = media()
    Service(config).files.forget(7)
    assert not config.folder.exists()


async def test_at_most_twelve_are_fetched_at_once(server, serve):
    busy = most = 0
    go = asyncio.Event()

    async def slow(_):
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        if busy == 12:
            go.set()
        await go.wait()
        busy -= 1
        return web.Response(body=b"words")

    server.paths["a"] = slow
    service = await serve()
    address = server.address("a")
    answers = await asyncio.gather(
        *[service.got(seq, address, network="abcd"[seq % 4]) for seq in range(30)],
    )
    assert all(isinstance(answer, File) for answer in answers)
    assert most == 12
    assert service.ends == 30


@pytest.mark.parametrize(
    ("claimed", "lasts"), [(2.5, 2.5), (float("nan"), None), (-1.0, None), (1e300, None)]
)
async def test_a_voice_message_stays_one(server, serve, claimed, lasts):
    service = await serve()
    address = server.put("a", b"OggS" + b"\0" * 99)
    file = await service.got(1, address, type="audio/ogg", voice=True, duration=claimed)
    assert (file.kind, file.type, file.voice, file.duration) == (FileKind.AUDIO, "audio/ogg", True, lasts)
    other = await service.got(2, server.put("b", b"words"), voice=True, duration=2.0)
    assert (other.kind, other.voice, other.duration) == (FileKind.FILE, False, None)


async def test_a_large_picture_has_a_small_one(server, serve):
    service = await serve()
    file = await service.got(1, server.put("a", picture(1000, 500, "JPEG")))
    assert (file.type, file.width, file.height) == ("image/jpeg", 1000, 500)
    small = file.thumbnail
    assert (small.type, small.width, small.height) == ("image/jpeg", 320, 160)
    with Image.open(small.path) as image:
        assert image.size == (320, 160)
    assert small.size == small.path.stat().st_size
