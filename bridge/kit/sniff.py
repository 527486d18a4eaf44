"""What a file is, by what is in it. What its author says only decides where the bytes leave it open."""

import codecs
import re

from bridge.model import Attachment, FileKind

__all__ = ["Sniffer", "binary_type", "kind_of", "text_type"]

_HEAD = 65_536
"""How many of the first bytes are looked at."""
_UNKNOWN = "application/octet-stream"
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 27})

_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,90}")
_SURE = 0.3
"""puremagic's confidence is the length of what matched: less than three bytes say nothing."""
_USUAL = {
    "application/x-gzip": "application/gzip",
    "audio/wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-wav": "audio/wav",
    "image/jpg": "image/jpeg",
    "image/x-ms-bmp": "image/bmp",
    "video/avi": "video/x-msvideo",
}
# Marks that are too short or too general for puremagic to tell.
_MARKS = (
    (re.compile(rb"BM.{4}\0{4}", re.DOTALL), "image/bmp"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n"), "image/jxl"),
    (re.compile(rb"....ftyp(?:heic|heix|hevc|mif1|msf1)", re.DOTALL), "image/heif"),
    (re.compile(rb"....ftyp(?:avif|avis)", re.DOTALL), "image/avif"),
    (re.compile(rb"....ftypqt  ", re.DOTALL), "video/quicktime"),
    (re.compile(rb"....ftyp(?:M4A |M4B |F4A )", re.DOTALL), "audio/mp4"),
    (re.compile(rb"....ftyp", re.DOTALL), "video/mp4"),
    (re.compile(rb"\x1aE\xdf\xa3.{0,60}webm", re.DOTALL), "video/webm"),
    (re.compile(rb"\x1aE\xdf\xa3"), "video/x-matroska"),
    (re.compile(rb"OggS.{24,300}\x80theora", re.DOTALL), "video/ogg"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"ID3[\x02-\x04]|\xff[\xfa\xfb\xf2\xf3][\x10-\xeb]"), "audio/mpeg"),
    (re.compile(rb"\xff[\xf1\xf9]"), "audio/aac"),
    (re.compile(rb"#!AMR"), "audio/amr"),
    (re.compile(rb"PK\x03\x04|PK\x05\x06"), "application/zip"),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "application/x-ole-storage"),
    (re.compile(rb"\x7fELF"), "application/x-executable"),
)
_TEXTS = (
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"%!PS"), "application/postscript"),
    (re.compile(rb"\{\\rtf"), "application/rtf"),
    (
        re.compile(
            rb"(?s:(?:<\?xml.{0,200}?\?>|<!--.{0,500}?-->|<!DOCTYPE svg.{0,2000}?>|\s+){0,9})<svg[\s>]"
        ),
        "image/svg+xml",
    ),
    (
        re.compile(rb"(?i:<!DOCTYPE html|<(?:html|head|body|script|iframe|title|style|table|div|h1)[\s>])"),
        "text/html",
    ),
    (re.compile(rb"<\?xml"), "application/xml"),
)
_TEXT_CLAIMS = re.compile(
    r"text/.+|application/(?:json|xml|javascript|x-yaml|yaml|toml|x-sh|x-ndjson|sql|x-subrip|.+\+json|.+\+xml)"
)
# Containers: many kinds of files look alike from outside, and none of them does anything by itself.
_ZIPPED = re.compile(
    r"application/(?:vnd\.openxmlformats-officedocument\..+|vnd\.oasis\.opendocument\..+|epub\+zip|x-zip-compressed"
    r"|java-archive|vnd\.android\.package-archive)"
)
_STORED = re.compile(r"application/(?:msword|vnd\.ms-.+)")
_EITHER = frozenset({"audio/mp4", "video/mp4", "video/webm", "audio/ogg", "video/ogg", "video/x-matroska"})


class Sniffer:
    """Reads the bytes of one file as they come."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = True
        self._head = b""

    def take(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if len(self._head) < _HEAD:
            self._head += chunk[: _HEAD - len(self._head)]
        self._text = self._text and self._is_text(chunk)

    @property
    def sure(self) -> bool:
        """Whether more bytes change nothing: it is no text, and what is looked at has come."""
        return not self._text and len(self._head) == _HEAD

    def type(self, attachment: Attachment) -> str:
        """Return the media type: all has come, or enough to be sure."""
        if not self._head:
            return _UNKNOWN
        self._text = self._text and self._is_text(b"", last=True)
        return (text_type if self._text else binary_type)(self._head, attachment)

    def _is_text(self, chunk: bytes, *, last: bool = False) -> bool:
        try:
            self._decoder.decode(chunk, last)
        except UnicodeDecodeError:
            return False
        return len(chunk.translate(None, _CONTROLS)) == len(chunk)


def binary_type(head: bytes, attachment: Attachment) -> str:
    """Return the media type of what is no text."""
    return _open_choice(_marked(head), attachment)


def _marked(head: bytes) -> str:
    for mark, media_type in (*_MARKS, *_TEXTS[:3]):
        if mark.match(head):
            return media_type
    import puremagic  # its table takes a while to load

    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return _UNKNOWN
    for match in found:
        if match.confidence >= _SURE and _TYPE.fullmatch(match.mime_type):
            found_type: str = match.mime_type
            return _USUAL.get(found_type, found_type)
    return _UNKNOWN


def _open_choice(found: str, attachment: Attachment) -> str:
    """Let the author decide between sound and film, and between the documents that are archives."""
    claimed = _claimed(attachment)
    if found in _EITHER:
        sound = attachment.voice or attachment.kind is FileKind.AUDIO or claimed.startswith("audio/")
        film = attachment.kind is FileKind.VIDEO or claimed.startswith("video/")
        if sound or film:
            return ("audio/" if sound else "video/") + found.partition("/")[2]
    if (found == "application/zip" and _ZIPPED.fullmatch(claimed)) or (
        found == "application/x-ole-storage" and _STORED.fullmatch(claimed)
    ):
        return claimed
    return found


def _claimed(attachment: Attachment) -> str:
    """Return the media type that the author gives, where it is one."""
    claimed = attachment.type.partition(";")[0].strip().casefold()
    return claimed if _TYPE.fullmatch(claimed) else ""


def text_type(head: bytes, attachment: Attachment) -> str:
    """Return the media type of what is text as a whole."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, media_type in _TEXTS:
        if mark.match(start):
            return media_type
    claimed = _claimed(attachment)
    if _TEXT_CLAIMS.fullmatch(claimed):
        return claimed
    return "text/plain"


def kind_of(media_type: str) -> FileKind:
    """Return the kind of a file of this type, as people meet it."""
    if media_type == "image/svg+xml":
        return FileKind.FILE  # a document that can act
    try:
        return FileKind(media_type.partition("/")[0])
    except ValueError:
        return FileKind.FILE
