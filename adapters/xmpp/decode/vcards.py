"""The pictures of people: by their digests (XEP-0153), and in vCards (XEP-0054). Pure; keeps no element."""

import base64
import binascii
import hashlib
from collections.abc import MutableMapping
from xml.etree.ElementTree import Element

from adapters.xmpp.session import Place
from bridge import Change, MemberChanged

from .members import who
from .muc_info import Presence

__all__ = ["VCARD", "is_asked", "photo", "seen"]

_VCARD = "{vcard-temp}"
VCARD = "<vCard xmlns='vcard-temp'/>"
"""The request for one."""


def seen(place: Place, presence: Presence, photos: MutableMapping[str, str]) -> MemberChanged | None:
    """Take note of what another occupant looks like, before it is noted that they are there; `photos` are the
    digests by user. None: it is nothing else than before.
    """
    nick = presence.nick
    if presence.type != "available" or nick in ("", place.nick) or nick in place.speakers:
        return None
    sender, told = who(place, nick, presence.occupant), presence.photo
    before = photos.get(sender.id)
    if told is None and nick not in place.people and (before is None or not place.occupant_ids):
        told = ""  # where people are known by their nicks alone, this may be another one than before
    if told is None or told == before:
        return None
    photos[sender.id] = told
    if before is None:
        return None
    return MemberChanged(room=place.room, sender=sender, change=Change.PICTURED)


def is_asked(request: Element) -> bool:
    """Whether somebody asks for a vCard."""
    return request.get("type") == "get" and request.find(f"{_VCARD}vCard") is not None


def photo(answer: Element, wanted: str, limit: int) -> bytes | None:
    """Return the picture in a vCard (XEP-0153 section 3.1). None: none is in it that has this digest, and no
    more than so many bytes.
    """
    text = answer.findtext(f"{_VCARD}vCard/{_VCARD}PHOTO/{_VCARD}BINVAL") or ""
    if len(text) > 2 * limit:
        return None
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    same = hashlib.sha1(data, usedforsecurity=False).hexdigest() == wanted
    return data if same and len(data) <= limit else None
