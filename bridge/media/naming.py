"""What a file may be called, wherever it goes."""

import mimetypes
from urllib.parse import quote, unquote, urlsplit

import regex

__all__ = ["address_name", "safe_file_name", "short_quoted"]

_LONGEST = 120
_LONGEST_QUOTED = 60
_LONGEST_EXTENSION = 12
# Control and format characters (bidi overrides, zero-width tricks), surrogates, private and unassigned ones,
# and the blank letters that fonts show as nothing.
_UNSAFE = regex.compile(r"[\p{C}\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]+")
_SPACE = regex.compile(r"[\s\p{Z}]+")
# What has a meaning in paths, shells' patterns or on some file system.
_STRUCTURE = regex.compile(r'[<>:"|?*]+')
_EXTENSION = regex.compile(r"\.[A-Za-z0-9]{1,11}\Z")
_DEVICE = regex.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)")
# Where the standard table has none, or names the least common first.
_EXTENSIONS = {
    "application/octet-stream": "",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
    "image/avif": ".avif",
    "image/heif": ".heic",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/ogg": ".ogv",
    "video/x-matroska": ".mkv",
}


def safe_file_name(name: str, media_type: str) -> str:
    """Return a name of one path component that shows as what it is, with its extension or an added one."""
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = _SPACE.sub(" ", _UNSAFE.sub("", _SPACE.sub(" ", name)))
    name = _STRUCTURE.sub("_", name).strip(" .")
    if not name:
        name = "file"
    if _DEVICE.match(name):
        name = f"_{name}"
    found = _EXTENSION.search(name)
    extension = found[0] if found and found.start() else _extension(media_type)
    stem = name[: found.start()] if found and found.start() else name
    return stem[: _LONGEST - len(extension)].rstrip(" .") + extension


def _extension(media_type: str) -> str:
    known = _EXTENSIONS.get(media_type)
    if known is None:
        known = mimetypes.guess_extension(media_type) or ""
    return known if len(known) <= _LONGEST_EXTENSION else ""


def address_name(address: str) -> str:
    """Return the file name in a web address: the last part of the path, if that has an extension; else ""."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    name = unquote(parts.path.rpartition("/")[2])
    return name if parts.scheme in ("http", "https") and _EXTENSION.search(name) else ""


def short_quoted(name: str) -> str:
    """Return the name as the end of an address, so short that the address fits into a line of chat."""
    found = _EXTENSION.search(name)
    extension = found[0] if found else ""
    stem = name.removesuffix(extension)
    whole = quote(stem, safe="")
    while len(whole) + len(extension) > _LONGEST_QUOTED:
        stem = stem[:-1]
        whole = quote(stem, safe="")
    return whole + extension
