"""Pictures are opened in a process of their own, which is small, bounded and never left behind."""

import asyncio
import io
import random
import struct
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bridge.errors import TemporaryFailure
from bridge.media.cache import Picture
from bridge.media.pictures import Pictures

from .test_files import picture


@pytest.fixture
async def pictures():
    pictures = Pictures()
    yield pictures
    await pictures.close()


@pytest.fixture
def look(pictures, tmp_path):
    async def look(content):
        path = tmp_path / "picture"
        path.write_bytes(content)
        return await pictures.look(path, tmp_path / "small", len(content))

    return look


def bomb(width, height):
    """A PNG of few bytes and many pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * ((width + 7) // 8 + 1)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "AVIF"])
async def test_a_small_picture_is_measured(look, form):
    assert await look(picture(20, 10, form)) == Picture(20, 10)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
async def test_a_large_picture_is_reduced(look, tmp_path, mode):
    stream = io.BytesIO()
    Image.new(mode, (700, 1400)).save(stream, "JPEG" if mode == "CMYK" else "PNG")
    media_type = "image/png" if "A" in mode else "image/jpeg"
    assert await look(stream.getvalue()) == Picture(700, 1400, (media_type, 160, 320))
    with Image.open(tmp_path / "small") as small:
        assert small.size == (160, 320)


async def test_a_picture_that_lies_on_its_side_is_turned(look, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    found = await look(picture(1000, 500, "JPEG", exif=exif))
    assert found == Picture(500, 1000, ("image/jpeg", 160, 320))
    with Image.open(tmp_path / "small") as small:
        assert small.size == (160, 320)
        assert not small.getexif(), "where it was taken is not told"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        picture(2000, 2000, "JPEG")[:3000],
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        bomb(7100, 7100),
        bomb(60_000, 60_000),
        bomb(2_000_000_000, 1),
    ],
    ids=range(8),
)
async def test_what_cannot_be_read_is_no_picture(look, pictures, content):
    assert await look(content) is None
    assert await look(picture()) == Picture(20, 10), "the next one is read"


async def test_a_picture_may_be_large(look):
    assert await look(bomb(7000, 7000)) == Picture(7000, 7000, ("image/jpeg", 320, 320))


async def test_a_picture_that_takes_too_long_is_given_up(look, pictures, monkeypatch):
    await look(picture())
    process = pictures._process
    monkeypatch.setattr("bridge.media.pictures._LONGEST", 0.2)
    process.send_signal(19)  # stopped: it answers nobody
    assert await look(picture()) is None
    assert process.returncode == -9
    monkeypatch.undo()
    assert await look(picture()) == Picture(20, 10)


async def test_a_process_that_dies_is_replaced(look, pictures):
    await look(picture())
    pictures._process.kill()
    await pictures._process.wait()
    assert await look(picture()) == Picture(20, 10)


async def test_the_process_ends_when_there_is_nothing_to_do(look, pictures, monkeypatch):
    monkeypatch.setattr("bridge.media.pictures._IDLE", 0.05)
    await look(picture())
    process = pictures._process
    await asyncio.wait_for(process.wait(), 20)
    monkeypatch.undo()
    assert await look(picture()) == Picture(20, 10)


async def test_the_process_knows_no_secret_and_little_memory(look, pictures, monkeypatch):
    monkeypatch.setenv("HUBBUB_PASSWORD", "secret")
    await look(picture())
    process = pictures._process
    of_process = Path("/proc") / str(process.pid)
    assert b"secret" not in (of_process / "environ").read_bytes()
    assert f"Max address space         {1024**3} " in (of_process / "limits").read_text()


def test_the_process_does_not_outlive_one_that_is_killed(tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(picture())
    program = f"""
        import asyncio, os
        from pathlib import Path
        from bridge.media.pictures import Pictures
        async def main():
            pictures = Pictures()
            assert await pictures.look(Path({str(path)!r}), Path({str(path)!r}), 9)
            print(pictures._process.pid, flush=True)
            os.kill(os.getpid(), 9)
        asyncio.run(main())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=False)
    assert done.returncode == -9
    end = time.monotonic() + 30
    while alive(int(done.stdout)):
        assert time.monotonic() < end
        time.sleep(0.01)


def opened(small):
    assert len(small.data) <= 32_000
    with Image.open(io.BytesIO(small.data)) as found:
        found.load()
        assert found.size == (small.side, small.side)
        assert Image.MIME[found.format] == small.type
        return found


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
async def test_a_person_is_shown_small_and_square(pictures, mode):
    stream = io.BytesIO()
    Image.new(mode, (700, 1400)).save(stream, "JPEG" if mode == "CMYK" else "PNG")
    small = await pictures.shrink(stream.getvalue())
    assert (small.side, small.type) == (192, "image/png" if "A" in mode else "image/jpeg")
    opened(small)


async def test_the_same_picture_is_the_same_and_tells_no_place(pictures):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    content = picture(1000, 500, "JPEG", exif=exif, comment=b"by ada")
    small = await pictures.shrink(content)
    assert small == await pictures.shrink(content)
    found = opened(small)
    assert not found.getexif()
    assert b"ada" not in small.data


async def test_a_picture_that_is_noise_becomes_smaller(pictures):
    noise = Image.frombytes("RGBA", (512, 512), random.Random(1).randbytes(512 * 512 * 4))
    stream = io.BytesIO()
    noise.save(stream, "PNG")
    small = await pictures.shrink(stream.getvalue())
    assert 32 <= small.side < 192
    opened(small)


async def test_of_what_moves_the_first_frame_is_shown(pictures):
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue", "green")]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    found = opened(await pictures.shrink(stream.getvalue()))
    red, green, blue = found.convert("RGB").getpixel((32, 32))
    assert red > 240
    assert max(green, blue) < 20


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        picture(2000, 2000, "JPEG")[:3000],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        bomb(7100, 7100),
        bomb(60_000, 60_000),
    ],
    ids=range(6),
)
async def test_what_cannot_be_read_is_nobodys_picture(pictures, content):
    assert await pictures.shrink(content) is None
    assert (await pictures.shrink(picture())).side == 10, "the next one is read"


async def test_a_picture_of_a_person_may_be_large(pictures):
    assert (await pictures.shrink(bomb(7000, 7000))).side == 192
    assert (await pictures.shrink(b"x" * 2**20)) is None


async def test_a_process_that_cannot_be_run_says_nothing_of_a_picture(pictures, monkeypatch, tmp_path):
    monkeypatch.setattr("bridge.media.pictures._SCRIPT", tmp_path / "gone.py")
    with pytest.raises(TemporaryFailure):
        await pictures.shrink(picture())
