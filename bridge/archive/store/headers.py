"""A header in pieces: what many have alike, and what is each one's own. Pure.

Its shape is its bytes with a sign at each place where something was taken out: points in time, numbers,
names, who did it. Signs are bytes that JSON never has. Whatever the bytes are, `joined` gives them back.
"""

import base64
import binascii
import re
from functools import lru_cache
from typing import NamedTuple

__all__ = [
    "ABOUT",
    "BY",
    "IDS",
    "SEQ",
    "TEXT",
    "TIME",
    "HeaderShape",
    "Pieces",
    "Takes",
    "joined",
    "shape_of",
    "split",
    "unpacked",
]

TIME, SEQ, ABOUT, BY, TEXT = b"\1", b"\2", b"\3", b"\4", b"\5"
"""What was taken out: a decimal number of seconds, the journal's number, a position, a person, a text."""
IDS = {b"\6": 32, b"\7": 16, b"\x0e": 16, b"\x0f": 16, b"\x10": 20, b"\x11": 32}
"""Names of which only the bytes count that they stand for, and how many these are."""

_INSIDE = rb'[^"\\]*(?:\\.[^"\\]*)*'
_STRING = rb'"' + _INSIDE + rb'"'
_HOLE = re.compile(
    rb'"by":(?P<by>\{(?:' + _STRING + rb":" + _STRING + rb",?)*\})"
    rb'|"(?:at|network_at|since|until)":(?P<time>(?:0|[1-9][0-9]{0,11})\.(?:0|[0-9]{0,6}[1-9]))(?=[,}])'
    rb'|"seq":(?P<seq>[1-9][0-9]{0,15})(?=[,}])'
    rb'|"about":(?P<about>[1-9][0-9]{0,15})(?=[,}])'
    rb'|"(?:kind|network|room|style|change|left_out|server|tls)":' + _STRING + rb'|"[a-z0-9_]+":'
    rb'|"(?P<text>' + _INSIDE + rb')"'
)
_SIGN = re.compile(rb"([\1-\7\x0e-\x11])")
_NOT_JSON = re.compile(rb"[\0-\x1f]")
_HEX = re.compile(rb"[0-9a-f]+")
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EVENT = re.compile(rb"\$[A-Za-z0-9_-]{43}")
_BASE32 = re.compile(rb"[a-z2-7]{26}")
_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567"
_TO_DIGITS = bytes.maketrans(_LETTERS, b"0123456789abcdefghijklmnopqrstuv")
_TO_URL = bytes.maketrans(b"+/", b"-_")
_TWO = [bytes((one, other)) for one in _LETTERS for other in _LETTERS]
"""Base 32 by ten bits: the library's takes as long as all the rest of a header."""
_HEX_SIGNS = {32: b"\x0f", 40: b"\x10", 64: b"\x11"}


class Pieces(NamedTuple):
    """A header in pieces. Points in time are decimal numbers without zeros at the end, but for the first."""

    shape: bytes
    by: bytes
    """Who did it; empty: nobody is named."""
    times: list[bytes]
    seq: int
    about: int
    ids: bytes
    texts: list[bytes]


def split(raw: bytes) -> Pieces:
    """Return the pieces of a header."""
    if _NOT_JSON.search(raw):
        return Pieces(TEXT, b"", [], 0, 0, b"", [raw])
    shape: list[bytes] = []
    by, seq, about, ids = b"", 0, 0, b""
    times: list[bytes] = []
    texts: list[bytes] = []
    end = 0
    for hole in _HOLE.finditer(raw):
        if (which := hole.lastgroup) is None:
            continue
        value = hole[which]
        sign = TEXT
        if which == "text":
            sign, value = _as_id(value)
            if sign == TEXT:
                texts.append(value)
            else:
                ids += value
        elif which == "time":
            sign = TIME
            times.append(value)
        elif which == "by" and not by:
            sign, by = BY, value
        elif which == "seq" and not seq:
            sign, seq = SEQ, int(value)
        elif which == "about" and not about:
            sign, about = ABOUT, int(value)
        else:
            continue
        shape += raw[end : hole.start(which)], sign
        end = hole.end(which)
    shape.append(raw[end:])
    return Pieces(b"".join(shape), by, times, seq, about, ids, texts)


def _as_id(value: bytes) -> tuple[bytes, bytes]:
    """Return the sign and the bytes of a name that is made of random bytes; else it is a text."""
    if len(value) == 44 and _EVENT.fullmatch(value):
        packed = base64.urlsafe_b64decode(value[1:] + b"=")
        return (b"\6", packed) if unpacked(b"\6", packed) == value else (TEXT, value)
    if len(value) == 36 and _UUID.fullmatch(value):
        return b"\7", bytes.fromhex(value.replace(b"-", b"").decode())
    if len(value) == 26 and _BASE32.fullmatch(value):
        number = int(value.translate(_TO_DIGITS), 32)
        return (TEXT, value) if number & 3 else (b"\x0e", (number >> 2).to_bytes(16))
    if len(value) in _HEX_SIGNS and _HEX.fullmatch(value):
        return _HEX_SIGNS[len(value)], bytes.fromhex(value.decode())
    return TEXT, value


def unpacked(sign: bytes, packed: bytes) -> bytes:
    """Return a name from its bytes."""
    if sign == b"\6":
        return b"$" + binascii.b2a_base64(packed, newline=False)[:-1].translate(_TO_URL)
    if sign == b"\7":
        text = packed.hex().encode()
        return b"%b-%b-%b-%b-%b" % (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
    if sign == b"\x0e":
        number = int.from_bytes(packed) << 2
        return b"".join([_TWO[number >> shift & 1023] for shift in range(120, -1, -10)])
    return packed.hex().encode()


class Takes(NamedTuple):
    """How much of each piece a shape takes: of `ids` bytes."""

    people: int
    times: int
    seqs: int
    abouts: int
    ids: int
    texts: int


class HeaderShape(NamedTuple):
    """A shape, read."""

    parts: list[bytes]
    """What stands between the signs, and the signs, by turns."""
    takes: Takes
    form: bytes
    """With a place for each piece, to be filled by `%`."""


@lru_cache(4096)
def shape_of(raw: bytes) -> HeaderShape:
    """Return a shape from its bytes."""
    parts = _SIGN.split(raw)
    signs = parts[1::2]
    people, times, seqs, abouts, texts = (signs.count(sign) for sign in (BY, TIME, SEQ, ABOUT, TEXT))
    takes = Takes(people, times, seqs, abouts, sum(IDS.get(sign, 0) for sign in signs), texts)
    return HeaderShape(parts, takes, b"%b".join(part.replace(b"%", b"%%") for part in parts[::2]))


def joined(parts: list[bytes], pieces: Pieces) -> bytes:
    """Return the header of these pieces, by the parts of its shape."""
    if len(parts) == 1:
        return parts[0]
    made = parts.copy()
    times, texts, taken = 0, 0, 0
    for place in range(1, len(parts), 2):
        sign = parts[place]
        if sign == TEXT:
            made[place] = pieces.texts[texts]
            texts += 1
        elif sign == TIME:
            made[place] = pieces.times[times]
            times += 1
        elif sign == BY:
            made[place] = pieces.by
        elif sign == SEQ:
            made[place] = b"%d" % pieces.seq
        elif sign == ABOUT:
            made[place] = b"%d" % pieces.about
        else:
            size = IDS[sign]
            made[place] = unpacked(sign, pieces.ids[taken : taken + size])
            taken += size
    return b"".join(made)
