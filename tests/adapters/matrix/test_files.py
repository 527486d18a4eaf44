"""Files in events; sections are those of the client-server API."""

from pathlib import Path

import pytest
from hypothesis import given

from adapters.matrix.decode import said
from adapters.matrix.encode import LARGEST, encode, size
from adapters.matrix.files.content import Uploaded, fields, fields_of
from bridge import Attachment, Content, File, FileKind, Mark, Rejected, Span, Thumbnail, plain

from .contents import rich
from .core import adapter_for
from .test_decode import read
from .test_encode import command, normal_form
from .test_encode import edit as edit_of


def test_what_cannot_be_fetched_is_named():
    """Sections "Sticker Messages", "Sending encrypted attachments"."""
    assert read({"body": "waving cat"}, type="m.sticker").content.text == "[sticker] waving cat"
    content = {"msgtype": "m.image", "body": "cat.png", "file": {"url": "mxc://a/b", "key": {}}}
    assert read(content).content.text == "[encrypted picture] cat.png"


def file(msgtype="m.image", url="mxc://s/abc", **fields):
    return {"msgtype": msgtype, "body": "cat.png", "url": url, **fields}


def test_a_file():
    """Sections "m.image", "Media captions"."""
    info = {"mimetype": "image/PNG", "size": 5, "w": 3, "h": 2, "thumbnail_url": "mxc://s/small"}
    attachment = Attachment("mxc://s/abc", "cat.png", FileKind.IMAGE, "image/png", 5, 3, 2)
    assert read(file(info=info)).content == Content(attachments=(attachment,))
    named = file(info=info, filename="cat.png")
    assert read(named).content == Content(attachments=(attachment,))
    rich = {"format": "org.matrix.custom.html", "formatted_body": "<b>my</b> cat"}
    said = read({**named, **rich, "body": "*my* cat"}).content
    assert said.spans == (Span("my", frozenset({Mark.BOLD})), Span(" cat"))
    assert said.attachments == (attachment,)


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("m.image", FileKind.IMAGE),
        ("m.file", FileKind.FILE),
        ("m.audio", FileKind.AUDIO),
        ("m.video", FileKind.VIDEO),
        ("m.sticker", FileKind.IMAGE),
    ],
)
def test_kinds_of_files(type_, kind):
    """Sections "m.room.message msgtypes", "Sticker Messages"."""
    content = {"body": "x", "url": "mxc://s:80/a_-"} | ({} if type_ == "m.sticker" else {"msgtype": type_})
    said = read(content, type="m.sticker" if type_ == "m.sticker" else "m.room.message")
    (found,) = said.content.attachments
    assert (found.kind, found.address, found.voice) == (kind, "mxc://s:80/a_-", False)


@pytest.mark.parametrize("key", ["org.matrix.msc3245.voice", "m.voice"])
def test_a_voice_message(key):
    """ "m.audio" with MSC3245; durations are in milliseconds."""
    (found,) = read(file("m.audio", info={"duration": 1500}, **{key: {}})).content.attachments
    assert (found.voice, found.duration) == (True, 1.5)


@pytest.mark.parametrize("odd", [True, -1, 1.5, "5", None, 10**20, []])
def test_odd_measures_count_for_nothing(odd):
    info = dict.fromkeys(("size", "w", "h", "duration", "mimetype"), odd)
    (found,) = read(file(info=info)).content.attachments
    assert found == Attachment("mxc://s/abc", "cat.png", FileKind.IMAGE)


@pytest.mark.parametrize(
    "url",
    [
        "https://s/abc",
        "mxc://s",
        "mxc://s/",
        "mxc://s/a/b",
        "mxc://s/../a",
        "mxc://s/a?b",
        "mxc:///abc",
        "mxc://s/a\n",
        "mxc://s@t/a",
        5,
    ],
)
def test_odd_addresses_are_none(url):
    """Section "Security considerations" of the content repository: as strict as it may be."""
    assert read(file(url=url)).content.text == "[picture] cat.png"
    if isinstance(url, str):
        with pytest.raises(Rejected):
            adapter_for("http://127.0.0.1:1").source(url)


def test_where_a_file_is_fetched():
    source = adapter_for("http://127.0.0.1:1/", token="secret").source("mxc://[::1]:80/abc")
    assert source.url == "http://127.0.0.1:1/_matrix/client/v1/media/download/%5B%3A%3A1%5D%3A80/abc"
    assert (source.headers, source.own) == ({"Authorization": "Bearer secret"}, True)
    assert "secret" not in repr(source)


def test_a_file_out():
    """Sections "m.image", "Media captions": the words are the caption; without any the name stands there."""
    small = Thumbnail(Path("/x"), "image/jpeg", 2, 2, 1)
    file = File(Path("/cache/x"), "cat.png", FileKind.IMAGE, "image/png", 5, "ab", 3, 2, thumbnail=small)
    shown = fields(file, Uploaded("mxc://s/a", "mxc://s/b"))
    event = encode(command(Content((Span("<a> "), Span("hi", frozenset({Mark.BOLD}))))), shown)
    assert event == {
        "msgtype": "m.image",
        "body": "<a> hi",
        "format": "org.matrix.custom.html",
        "formatted_body": "&lt;a&gt; <strong>hi</strong>",
        "filename": "cat.png",
        "url": "mxc://s/a",
        "info": {
            "mimetype": "image/png", "size": 5, "w": 3, "h": 2, "thumbnail_url": "mxc://s/b",
            "thumbnail_info": {"mimetype": "image/jpeg", "size": 2, "w": 2, "h": 1},
        },
        "m.mentions": {},
        "hubbub.txn": "1.ab",
    }  # fmt: skip
    assert encode(command(Content()), shown)["body"] == "cat.png"
    assert fields_of(event) == shown
    assert fields_of({"msgtype": "m.text", "url": "mxc://s/a"}) == {}
    edited = encode(edit_of(plain("ho")), shown)
    assert edited["m.new_content"] == {**shown, "body": "ho", "m.mentions": {}}
    assert (edited["body"], edited["url"], edited["msgtype"]) == ("* ho", "mxc://s/a", "m.image")


def test_a_voice_message_out():
    file = File(Path("/x"), "a.ogg", FileKind.AUDIO, "audio/ogg", 5, "ab", duration=1.5, voice=True)
    shown = fields(file, Uploaded("mxc://s/a"))
    assert shown["info"] == {"mimetype": "audio/ogg", "size": 5, "duration": 1500}
    (found,) = said({**shown, "body": "a.ogg"}, "m.room.message").attachments
    assert (found.voice, found.duration, found.kind) == (True, 1.5, FileKind.AUDIO)


@given(rich)
def test_captions_are_decoded(content):
    file = File(Path("/x"), "x", FileKind.FILE, "text/plain", 5, "ab")
    event = encode(command(content), fields(file, Uploaded("mxc://s/a")))
    assert size(event) <= LARGEST
    assert said(event, "m.room.message").spans == (normal_form(content) if event["body"] != "x" else ())
