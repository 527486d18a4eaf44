"""Files in messages, on the way in and on the way out. Pure."""

import base64
import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

from adapters.xmpp.encode import quote
from bridge import Attachment, File, FileKind

__all__ = ["FALLBACK", "OOB", "REFERENCE", "SHARING", "link_of", "linked", "referred", "shared", "tell"]

OOB = "{jabber:x:oob}x"
SHARING = "{urn:xmpp:sfs:0}file-sharing"
REFERENCE = "{urn:xmpp:reference:0}reference"
FALLBACK = "urn:xmpp:sfs:0"
_OOB_URL = "{jabber:x:oob}url"
_FILE = "{urn:xmpp:file:metadata:0}file"
_URLS = "{urn:xmpp:sfs:0}sources/{http://jabber.org/protocol/url-data}url-data"
_SIMS = "{urn:xmpp:sims:1}media-sharing"
_SIMS_FILE = "{urn:xmpp:jingle:apps:file-transfer:5}file"
_SIMS_URLS = f"{{urn:xmpp:sims:1}}sources/{REFERENCE}"
_ADDRESS = re.compile(r"https?://[^\s<>\"\x00-\x20]{1,4000}", re.IGNORECASE)
_EXTENSIONS = {
    extension: kind
    for kind, extensions in {
        FileKind.IMAGE: "avif bmp gif heic heif ico jfif jpeg jpg jxl png svg tif tiff webp",
        FileKind.AUDIO: "aac amr flac m4a mp3 oga ogg opus wav weba wma",
        FileKind.VIDEO: "3gp avi m4v mkv mov mp4 mpeg mpg ogv webm wmv",
    }.items()
    for extension in extensions.split()
}
_MAJORS = {"image": FileKind.IMAGE, "audio": FileKind.AUDIO, "video": FileKind.VIDEO}


def link_of(oob: Element) -> str | None:
    """Return the address in an out-of-band link (XEP-0066 section 3)."""
    return (oob.findtext(_OOB_URL) or "").strip() or None


def linked(address: str) -> Attachment | None:
    """Return a file of which only the address is known; None: it cannot be fetched (it is encrypted, say)."""
    if _ADDRESS.fullmatch(address) is None:
        return None
    name = _last(address)
    return Attachment(address, name, _kind("", name))


def shared(element: Element) -> Attachment | None:
    """Decode a file that is shared statelessly (XEP-0447); None: it is nowhere to be fetched."""
    addresses = [source.get("target") or "" for source in element.iterfind(_URLS)]
    return _described(addresses, element.find(_FILE), inline=element.get("disposition") == "inline")


def referred(element: Element) -> Attachment | None:
    """Decode a file shared in the older way (XEP-0385); None: it is no file, or nowhere to be fetched."""
    sharing = element.find(_SIMS)
    if sharing is None:
        return None
    addresses = [source.get("uri") or "" for source in sharing.iterfind(_SIMS_URLS)]
    return _described(addresses, sharing.find(_SIMS_FILE), inline=False)


def _described(addresses: list[str], file: Element | None, *, inline: bool) -> Attachment | None:
    """Decode the metadata of a file (XEP-0446, XEP-0234 section 5)."""
    address = next((one for one in addresses if _ADDRESS.fullmatch(one)), None)
    if address is None:
        return None
    told: dict[str, str] = {}
    for child in file if file is not None else ():
        told.setdefault(child.tag.rpartition("}")[2], (child.text or "").strip())
    width, _, height = told.get("dimensions", "").partition("x")  # as in version 0.1
    length = _number(told.get("length", ""))
    name, media = told.get("name") or _last(address), told.get("media-type", "")
    kind = _kind(media, name)
    return Attachment(
        address,
        name,
        kind,
        media,
        _number(told.get("size", "")),
        _number(told.get("width", width)),
        _number(told.get("height", height)),
        length / 1000 if length is not None else None,
        voice=inline and kind is FileKind.AUDIO,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _last(address: str) -> str:
    """Return the name of a file that its address ends with."""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return unquote(path.rpartition("/")[2])


def _kind(media: str, name: str) -> FileKind:
    major = media.partition("/")[0].lower()
    if major in _MAJORS:
        return _MAJORS[major]
    extension = PurePosixPath(name).suffix.removeprefix(".").lower()
    return (
        _EXTENSIONS.get(extension, FileKind.FILE)
        if media in ("", "application/octet-stream")
        else FileKind.FILE
    )


def tell(file: File, address: str, thumbnail: str | None) -> str:
    """Return the XML for a file that stands at an address: the address alone as body, which clients look
    for (XEP-0066), and all that is known of the file (XEP-0447, XEP-0446, XEP-0264).
    """
    url = quote(address)
    told = {
        "media-type": file.type, "name": file.name, "size": file.size,
        "width": file.width, "height": file.height,
        "length": None if file.duration is None else round(file.duration * 1000),
    }  # fmt: skip
    inside = "".join([f"<{name}>{quote(str(one))}</{name}>" for name, one in told.items() if one is not None])
    digest = base64.b64encode(bytes.fromhex(file.digest)).decode()
    small = file.thumbnail
    if small is not None and thumbnail is not None:
        inside += (
            f"<thumbnail xmlns='urn:xmpp:thumbs:1' uri='{quote(thumbnail)}' media-type='{quote(small.type)}'"
            f" width='{small.width}' height='{small.height}'/>"
        )
    shown = file.voice or file.kind in (FileKind.IMAGE, FileKind.VIDEO)
    return (
        f"<body>{url}</body><x xmlns='jabber:x:oob'><url>{url}</url></x>"
        f"<fallback xmlns='urn:xmpp:fallback:0' for='{FALLBACK}'><body/></fallback>"
        f"<file-sharing xmlns='urn:xmpp:sfs:0' disposition='{'inline' if shown else 'attachment'}'>"
        f"<file xmlns='urn:xmpp:file:metadata:0'>{inside}"
        f"<hash xmlns='urn:xmpp:hashes:2' algo='sha-256'>{digest}</hash></file>"
        f"<sources><url-data xmlns='http://jabber.org/protocol/url-data' target='{url}'/></sources>"
        "</file-sharing>"
    )
