"""The process that opens pictures: one request per line, one answer per line, until its input ends.

Started as a script of its own, so that a hostile picture meets a small process with little memory, which
knows none of our secrets. It imports nothing of ours.
"""

import base64
import io
import json
import os
import resource
import signal
import sys
from typing import Any

from PIL import Image, ImageOps

_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "WEBP")
_MEMORY = 1024**3
_LARGEST_FILE = 4_000_000
_MOST_PIXELS = 50_000_000
_SECONDS = 15
_THUMBNAIL = 320
_LARGE = 640
_LARGE_SIZE = 200_000
_LONGEST_PROFILE = 4096
_SIDES = (192, 128, 96, 64, 32)
"""The sizes of a person's picture: the first that fits."""
_LARGEST_AVATAR = 32_000
"""Bytes: its answer has to be a line of less than 64 KiB."""


def look(path: str, small: str, size: int) -> dict[str, Any]:
    """Return the picture's measures as it is to be shown, and a thumbnail where it is large."""
    with Image.open(path, formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > _MOST_PIXELS:
            raise ValueError("too many pixels")
        turned = picture.getexif().get(0x0112) in (5, 6, 7, 8)
        measures: dict[str, Any] = {"width": width, "height": height, "thumbnail": None}
        if turned:
            measures.update(width=height, height=width)
        if width > _LARGE or height > _LARGE or size > _LARGE_SIZE:
            measures["thumbnail"] = _reduce(picture, small)
        else:
            picture.load()  # a picture that ends in the middle is none
        return measures


def _reduce(picture: Image.Image, small: str) -> tuple[str, int, int]:
    profile = picture.info.get("icc_profile", b"")
    if picture.mode not in ("RGB", "RGBA") or len(profile) > _LONGEST_PROFILE:
        profile = b""
    alpha = picture.has_transparency_data
    if picture.mode in ("RGB", "RGBA", "L"):
        picture.thumbnail((_THUMBNAIL, _THUMBNAIL))  # a JPEG is decoded smaller
    reduced = picture.convert("RGBA" if alpha else "RGB")
    reduced.thumbnail((_THUMBNAIL, _THUMBNAIL))
    reduced = ImageOps.exif_transpose(reduced)
    form, media_type = ("PNG", "image/png") if alpha else ("JPEG", "image/jpeg")
    reduced.save(small, form, icc_profile=profile, optimize=True)
    return media_type, *reduced.size


def shrink(data: bytes) -> dict[str, Any]:
    """Return the middle of a picture of a person, as small as it is shown."""
    with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > _MOST_PIXELS:
            raise ValueError("too many pixels")
        side = min(_SIDES[0], width, height)
        picture.draft("RGB", (side, side))  # a JPEG is decoded smaller
        alpha = picture.has_transparency_data
        whole = ImageOps.exif_transpose(picture.convert("RGBA" if alpha else "RGB"))
    form, media_type = ("PNG", "image/png") if alpha else ("JPEG", "image/jpeg")
    for size in (side, *[smaller for smaller in _SIDES if smaller < side]):
        stream = io.BytesIO()
        clean = Image.new(whole.mode, (size, size))  # knows nothing of where it was taken
        clean.paste(ImageOps.fit(whole, (size, size)))
        clean.save(stream, form, optimize=True, quality=85)
        if stream.tell() <= _LARGEST_AVATAR:
            return {"data": base64.b64encode(stream.getvalue()).decode(), "type": media_type, "side": size}
    raise ValueError("it does not become small")


def main() -> None:
    """Serve until nobody asks any more, which also is when the one who asks has died."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    os.umask(0o077)
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    for line in sys.stdin:
        signal.alarm(_SECONDS)  # even if nobody is left who would kill us
        try:
            request = json.loads(line)
            answer = shrink(base64.b64decode(request)) if isinstance(request, str) else look(*request)
        except Exception:  # noqa: BLE001 - whatever a hostile picture brings about: there is no thumbnail
            answer = {}
        signal.alarm(0)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
