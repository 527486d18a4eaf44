"""What a file is, by what is in it; and what it may be called."""

import io
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.kit.sniff import binary_type, kind_of, text_type
from bridge.media.naming import address_name, safe_file_name, short_quoted
from bridge.model import Attachment, FileKind

from .test_files import picture

OGG = b"OggS\0\x02" + b"\0" * 20 + b"\x01"
WEBM = bytes.fromhex("1a45dfa3") + b"\x01\0\0\0\0\0\0\x1f\x42\x86\x81\x01\x42\x82\x84webm"
MKV = bytes.fromhex("1a45dfa3") + b"\x01\0\0\0\0\0\0\x23\x42\x82\x88matroska"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("a", "b")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (picture(form="PNG"), "image/png"),
        (picture(form="JPEG"), "image/jpeg"),
        (picture(form="GIF"), "image/gif"),
        (picture(form="WEBP"), "image/webp"),
        (picture(form="BMP"), "image/bmp"),
        (picture(form="AVIF"), "image/avif"),
        (picture(form="TIFF"), "image/tiff"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heif"),
        (b"\xff\x0a\x01\x02", "image/jxl"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2", "video/mp4"),
        (b"\0\0\0\x20ftypM4A \0\0\2\0isomiso2", "audio/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        (WEBM, "video/webm"),
        (MKV, "video/x-matroska"),
        (OGG + b"\x13OpusHead", "audio/ogg"),
        (OGG + b"\x2a\x80theora\3", "video/ogg"),
        (b"ID3\x03\0\0\0\0\0\0" + b"\0" * 99, "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + b"\0" * 99, "audio/mpeg"),
        (b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 99, "audio/wav"),
        (b"fLaC\0\0\0\x22" + b"\0" * 99, "audio/flac"),
        (b"\xff\xf1\x50\x80" + b"\0" * 99, "audio/aac"),
        (b"RIFF\x24\0\0\0AVI LIST" + b"\0" * 99, "video/x-msvideo"),
        (b"%PDF-1.4\n\xe2\xe3", "application/pdf"),
        (archive(), "application/zip"),
        (b"\x1f\x8b\x08\0" + b"\1" * 99, "application/gzip"),
        (b"\0" * 1000, "application/octet-stream"),
        (bytes(range(128, 256)), "application/octet-stream"),
    ],
)
def test_the_bytes_tell_the_type(head, media_type):
    lies = Attachment("", type="text/html", kind=FileKind.FILE)
    assert binary_type(head, lies) == media_type


@pytest.mark.parametrize(
    ("head", "claim", "media_type"),
    [
        (WEBM, Attachment("", kind=FileKind.AUDIO), "audio/webm"),
        (WEBM, Attachment("", type="audio/webm; codecs=opus"), "audio/webm"),
        (WEBM, Attachment("", kind=FileKind.VIDEO, voice=True), "audio/webm"),
        (OGG, Attachment("", type="video/ogg"), "video/ogg"),
        (b"\0\0\0\x20ftypmp42\0", Attachment("", kind=FileKind.AUDIO), "audio/mp4"),
        (b"\0\0\0\x20ftypmp42\0", Attachment("", kind=FileKind.IMAGE, type="image/png"), "video/mp4"),
        (archive(), Attachment("", type=DOCX), DOCX),
        (archive(), Attachment("", type="image/png"), "application/zip"),
        (archive(), Attachment("", type=f"{DOCX}\rSet-Cookie: a"), "application/zip"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            Attachment("", type="application/msword"),
            "application/msword",
        ),
    ],
)
def test_the_author_decides_what_the_bytes_leave_open(head, claim, media_type):
    assert binary_type(head, claim) == media_type


@pytest.mark.parametrize(
    ("head", "claimed", "media_type"),
    [
        (b"BM is a car", "", "text/plain"),
        (b"words", "text/markdown", "text/markdown"),
        (b'{"a":1}', "application/json", "application/json"),
        (b"words", "image/png", "text/plain"),
        (b"words", "text/", "text/plain"),
        (b"words", "text/a\r\nb: c", "text/plain"),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML>", "text/plain", "text/html"),
        (b"<script >", "", "text/html"),
        (b"<svg>", "image/png", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!-- a -->\n<svg xmlns='a'>", "", "image/svg+xml"),
        (b"<?xml version='1.0'?><rss>", "", "application/xml"),
        (b"%PDF-1.4\n", "text/plain", "application/pdf"),
        (b"{\\rtf1", "text/plain", "application/rtf"),
        (b"%!PS", "", "application/postscript"),
    ],
)
def test_texts(head, claimed, media_type):
    assert text_type(head, Attachment("", type=claimed)) == media_type


def test_a_drawing_is_a_document():
    assert kind_of("image/svg+xml") is FileKind.FILE
    assert kind_of("image/png") is FileKind.IMAGE
    assert kind_of("text/plain") is FileKind.FILE


@pytest.mark.parametrize(
    ("name", "media_type", "safe"),
    [
        ("cat.png", "image/png", "cat.png"),
        ("cat", "image/png", "cat.png"),
        ("", "image/jpeg", "file.jpg"),
        ("", "application/octet-stream", "file"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\Users\\ada\\a.doc", "application/msword", "a.doc"),
        ("..", "text/plain", "file.txt"),
        ("/", "text/plain", "file.txt"),
        (".bashrc", "text/plain", "bashrc.txt"),
        ("a\u202egnp.exe", "image/png", "agnp.exe"),
        ("a\0b\nc.txt", "text/plain", "ab c.txt"),
        ("con.txt", "text/plain", "_con.txt"),
        ("a<b>:c?.txt", "text/plain", "a_b_c_.txt"),
        (" . ", "video/mp4", "file.mp4"),
        ("x" * 300 + ".tar", "a/b", "x" * 116 + ".tar"),
        ("a\ud800b.txt", "text/plain", "ab.txt"),
    ],
)
def test_a_name_is_safe(name, media_type, safe):
    assert safe_file_name(name, media_type) == safe


@given(st.text(), st.sampled_from(["image/png", "a/b", "text/plain"]))
def test_every_name_is_safe(name, media_type):
    safe = safe_file_name(name, media_type)
    assert 0 < len(safe) <= 120
    assert not set(safe) & set('/\\\0\n\r<>:"|?*')
    assert not {unicodedata.category(letter) for letter in safe} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert safe not in (".", "..")
    assert safe_file_name(safe, media_type) == safe
    assert len(short_quoted(safe)) <= 60 + 12


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://a.example/b/a%20cat.png?x=y", "a cat.png"),
        ("https://a.example/b/", ""),
        ("mxc://a.example/b.png", ""),
        ("https://a.example/abcdef", ""),
        ("http://[", ""),
        ("https://a.example/..%2F..%2Fa.txt", "../../a.txt"),
    ],
)
def test_a_file_without_a_name_is_called_as_in_its_address(address, name):
    assert address_name(address) == name
