"""What a message tells of files."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given

from adapters.xmpp import decode, encode
from adapters.xmpp.files import elements as files
from adapters.xmpp.files.upload import Service
from adapters.xmpp.session import Place, Session
from bridge import (
    Answered,
    Attachment,
    Authorship,
    Content,
    File,
    FileKind,
    Kind,
    MessageEdited,
    Part,
    RoomId,
    SendMessage,
    Speaker,
    Thumbnail,
    Txn,
    plain,
)
from tests.adapters.xmpp.contents import any_text

ROOM = RoomId("room@muc.x")
URL = "https://x.y/up/a%20cat.PNG"
OOB = f"<x xmlns='jabber:x:oob'><url>{URL}</url></x>"
CAT = Attachment(URL, "a cat.PNG", FileKind.IMAGE)
SHARED = (
    "<file-sharing xmlns='urn:xmpp:sfs:0' disposition='inline'>"
    "<file xmlns='urn:xmpp:file:metadata:0'>{}</file>"
    "<sources><jinglepub xmlns='urn:xmpp:jinglepub:1'/>"
    "<url-data xmlns='http://jabber.org/protocol/url-data' target='aesgcm://x.y/z'/>"
    "<url-data xmlns='http://jabber.org/protocol/url-data' target='https://x.y/q'/>"
    "<url-data xmlns='http://jabber.org/protocol/url-data' target='https://x.y/second'/></sources>"
    "</file-sharing>"
)
SIMS = (
    "<reference xmlns='urn:xmpp:reference:0' type='data'><media-sharing xmlns='urn:xmpp:sims:1'>"
    "<file xmlns='urn:xmpp:jingle:apps:file-transfer:5'><media-type>image/jpeg</media-type><name>s.jpg</name>"
    "<size>12</size></file><sources><reference xmlns='urn:xmpp:reference:0' type='data' uri='{}'/></sources>"
    "</media-sharing></reference>"
)
FALLBACK = "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:sfs:0'><body{}/></fallback>"
PARTLY = FALLBACK.format(" start='3' end='13'")
OPEN = FALLBACK.format(" start='7'")
REPLY = (
    "<reply xmlns='urn:xmpp:reply:0' id='q0'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
    "<body start='0' end='5'/></fallback>"
)


def heard(inside):
    known = Session()
    known.places[ROOM] = Place(ROOM, "bot", stanza_ids=True)
    xml = f"<m xmlns='jabber:client' from='{ROOM}/alice' type='groupchat' id='m1'>{inside}</m>"
    return decode.message(ET.fromstring(xml), known)


@pytest.mark.parametrize(
    ("inside", "words", "found"),
    [
        (OOB, "", CAT),
        (f"<body>{URL}</body>{OOB}", "", CAT),
        (f"<body> {URL}\n</body>{OOB}", "", CAT),
        (f"<body>my cat</body>{OOB}", "my cat", CAT),
        (f"<body>my cat</body>{OOB}<x xmlns='jabber:x:oob'><url>https://x.y/2</url></x>", "my cat", CAT),
        (f"<body>&gt; hi\n{URL}</body>{OOB}{REPLY}", "", CAT),
        (f"<body>&gt; hi\nmy cat</body>{OOB}{REPLY}", "my cat", CAT),
        (f"<body>x</body>{SHARED.format('')}", "x", Attachment("https://x.y/q", "q")),
        (f"<body>x</body>{FALLBACK.format('')}{SHARED.format('')}", "", Attachment("https://x.y/q", "q")),
        (
            f"<body>cat https://x</body>{PARTLY}{SHARED.format('')}{OOB}",
            "cat",
            Attachment("https://x.y/q", "q"),
        ),
        (
            f"<body>my cat\nhttps://x</body>{OPEN}{SHARED.format('')}",
            "my cat",
            Attachment("https://x.y/q", "q"),
        ),
        (
            f"<body>my cat is here</body>{PARTLY}{SHARED.format('')}",
            "my cat is here",
            Attachment("https://x.y/q", "q"),
        ),
        (
            SHARED.format(
                "<media-type>audio/ogg</media-type><name>n.ogg</name><size>7</size><length>1500</length>"
            ),
            "",
            Attachment("https://x.y/q", "n.ogg", FileKind.AUDIO, "audio/ogg", 7, duration=1.5, voice=True),
        ),
        (
            SHARED.format("<name>v.webm</name><width>3</width><height>4</height><size>-1</size>"),
            "",
            Attachment("https://x.y/q", "v.webm", FileKind.VIDEO, width=3, height=4),
        ),
        (
            SHARED.format("<media-type>image/gif</media-type><dimensions>30x40</dimensions>"),
            "",
            Attachment("https://x.y/q", "q", FileKind.IMAGE, "image/gif", width=30, height=40),
        ),
        (
            f"<body>{URL}</body>{SIMS.format(URL)}",
            "",
            Attachment(URL, "s.jpg", FileKind.IMAGE, "image/jpeg", 12),
        ),
        (f"{SIMS.format(URL)}{OOB}", "", Attachment(URL, "s.jpg", FileKind.IMAGE, "image/jpeg", 12)),
    ],
)
def test_a_file(inside, words, found):
    """XEP-0066 section 3, XEP-0447, XEP-0446, XEP-0385: the address is no caption."""
    assert heard(inside).content == Content(plain(words).spans if words else (), (found,))


def test_several_files():
    """XEP-0447 section 3.1: each of them once."""
    said = heard(SHARED.format("") + SIMS.format(URL) + SHARED.format("")).content
    assert [file.address for file in said.attachments] == ["https://x.y/q", URL]


def test_what_cannot_be_fetched_is_words():
    """XEP-0454: who has no key for the file can do nothing with the address but show it."""
    secret = "aesgcm://x.y/a.jpg#0123"
    oob = f"<x xmlns='jabber:x:oob'><url>{secret}</url></x>"
    assert heard(f"<body>{secret}</body>{oob}").content == plain(secret)
    assert heard(oob).content == plain(secret)
    assert heard(SIMS.format("cid:sha1+1@x")) is None
    assert heard("<body>a</body><reference xmlns='urn:xmpp:reference:0' type='mention' uri='xmpp:b@x'/>")


def test_the_caption_of_an_emote():
    said = heard(f"<body>/me shows her cat</body>{OOB}")
    assert (said.kind, said.content) == (Kind.EMOTE, Content(plain("shows her cat").spans, (CAT,)))


def test_a_correction_has_words_alone():
    """XEP-0308: what was sent stays what it was."""
    said = heard(f"<body>{URL}</body>{OOB}<replace xmlns='urn:xmpp:message-correct:0' id='m0'/>")
    assert (type(said), said.content) == (MessageEdited, plain(URL))


PICTURE = File(
    Path("x"), "a & b.png", FileKind.IMAGE, "image/png", 3, "00" * 32, 30, 40,
    thumbnail=Thumbnail(Path("y"), "image/jpeg", 2, 3, 4),
)  # fmt: skip
VOICE = File(Path("x"), "v.ogg", FileKind.AUDIO, "audio/ogg", 3, "ff" * 32, duration=2.25, voice=True)
COMMON = {
    "room": ROOM,
    "speaker": Speaker(Authorship.PREFIX, "bob"),
    "txn": Txn("1.2.0.0123456789abcdef"),
    "content": Content(),
}


def read_again(stanza):
    found = ET.fromstring(stanza.replace("<message ", "<message xmlns='jabber:client' ", 1))
    found.set("from", f"{ROOM}/alice")
    return found


@pytest.mark.parametrize("file", [PICTURE, VOICE], ids=["picture", "voice"])
def test_out_and_in(file):
    """What we tell of a file is what we would read of it, and its words are its address alone."""
    stanza = read_again(
        encode.file(
            SendMessage(**COMMON, file=file), files.tell(file, URL, "https://x.y/t.jpg"), "", named=True
        )
    )
    assert (
        stanza.findtext("{jabber:client}body") == URL == stanza.findtext("{jabber:x:oob}x/{jabber:x:oob}url")
    )
    small = stanza.find(".//{urn:xmpp:thumbs:1}thumbnail")
    assert (small is None) is (file.thumbnail is None)
    assert small is None or dict(small.items()) == {
        "uri": "https://x.y/t.jpg", "media-type": "image/jpeg", "width": "3", "height": "4",
    }  # fmt: skip
    digest = stanza.find(".//{urn:xmpp:hashes:2}hash")
    assert (digest.get("algo"), len(digest.text)) == ("sha-256", 44)
    known = Session()
    known.places[ROOM] = Place(ROOM, "bot")
    (found,) = decode.message(stanza, known).content.attachments
    for name in ("name", "kind", "type", "size", "width", "height", "duration", "voice"):
        assert getattr(found, name) == getattr(file, name)


def test_a_file_as_an_answer():
    """XEP-0461: no quotation, or clients would not know the words for an address."""
    command = SendMessage(**COMMON, file=VOICE, answered=Answered(Part("q1"), "ann", "hi"))
    for named in (True, False):
        stanza = read_again(encode.file(command, files.tell(VOICE, URL, None), "", named=named))
        assert stanza.findtext("{jabber:client}body") == URL
        assert (stanza.find("{urn:xmpp:reply:0}reply") is not None) is named


@given(any_text, any_text, any_text)
def test_any_name(name, media, address):
    """Nothing in a file's name, type or address breaks the stream."""
    file = File(Path("x"), name, FileKind.FILE, media, 1, "00" * 32)
    read_again(encode.file(SendMessage(**COMMON, file=file), files.tell(file, address, None), "", named=True))


def test_whose_a_file_is():
    """Our server's word opens a private address for its files, and for nothing else there."""
    service = Service("files.x", None, "http://127.0.0.1:5280/upload/")
    assert service.holds("http://127.0.0.1:5280/upload/ab/a%20b.png")
    for address in (
        "http://127.0.0.1:5280/upload/../api/x", "http://127.0.0.1:5280/upload/%2e%2E/api", "https://x.y/a",
        "http://127.0.0.1:5280/upload/a/.%2e/.%2E/api", "http://127.0.0.1:5280/api/x",
        "http://127.0.0.1:5280/upload/?x=/", "http://127.0.0.1:52800/upload/x", "http://127.0.0.1:5280/upload/",
        "http://127.0.0.1:5280/upload/a\\..\\..\\api",
        "http://127.0.0.1:5280/upload/..%2Fapi", "http://127.0.0.1:5280/upload/a/%2e%2e%2f%2E.%2fapi",
        "http://127.0.0.1:5280/upload/..%5Capi",
    ):  # fmt: skip
        assert not service.holds(address), address
    assert not Service("files.x", None, "").holds("https://x.y/a")
