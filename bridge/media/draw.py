"""The process that opens pictures: one request per line, one answer per line, until its input ends.

Started as a script of its own, so that a hostile picture meets a small process with little memory, which
knows none of our secrets. It imports nothing of ours.
"""

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
            answer = look(*json.loads(line))
        except Exception:  # noqa: BLE001 - whatever a hostile picture brings about: there is no thumbnail
            answer = {}
        signal.alarm(0)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
