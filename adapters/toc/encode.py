"""Commands of TOC, and HTML as AIM's clients show it; pure."""

import re
from collections.abc import Iterable

from bridge import Mark, Span

__all__ = ["COMMAND", "MARKS", "MARK_COST", "TEXT_LIMIT", "command", "html", "login", "normalised", "sign_on"]

COMMAND = 2048
"""The longest command in bytes, with the NUL behind it (TOC 1.0, "Client -> TOC")."""
MARKS = {Mark.BOLD: "B", Mark.ITALIC: "I", Mark.UNDERLINE: "U"}
_LARGEST = len("&quot;")
"""Bytes that one byte of text may become."""
TEXT_LIMIT = (COMMAND - len('toc_chat_send 4294967295 ""\0')) // _LARGEST
MARK_COST = -(-len("<B><I><U></U></I></B>") // _LARGEST)
_SPECIAL = re.compile(r'[\\"${}\[\]()]')
_ENTITY = re.compile(r"&(?=[#\w])")
_ROAST = b"Tic/Toc"


def command(*words: str) -> bytes:
    """Return a command: its name, and what goes with it, quoted unless it is a name or a number (TOC 1.0)."""
    return " ".join([words[0], *map(_quoted, words[1:])]).encode() + b"\0"


def _quoted(word: str) -> str:
    return word if word.isalnum() else '"' + _SPECIAL.sub(r"\\\g<0>", word) + '"'


def html(spans: Iterable[Span]) -> str:
    """Return formatted text."""
    return "".join(map(_span, spans))


def _span(span: Span) -> str:
    # open-oscar-server ends a word at a quote before a space, with a backslash or without
    text = _ENTITY.sub("&amp;", span.text).replace('"', "&quot;").replace("<", "&lt;").replace("\n", "<BR>")
    for mark, tag in MARKS.items():
        if mark in span.marks:
            text = f"<{tag}>{text}</{tag}>"
    return text


def normalised(name: str) -> str:
    """Return a screen name as the server compares it."""
    return name.replace(" ", "").lower()


def sign_on(name: str) -> bytes:
    """Return what goes into the first frame: FLAP's version, and the screen name with its tag and length."""
    data = normalised(name).encode()
    return b"\0\0\0\1\0\1" + len(data).to_bytes(2, "big") + data


def login(name: str, password: str) -> bytes:
    """Return `toc2_login`, by which text is UTF-8. The password is XORed with a known word: no secret."""
    secret = password.encode()
    roasted = bytes(byte ^ _ROAST[at % len(_ROAST)] for at, byte in enumerate(secret))
    first, other = normalised(name).encode()[0] - 96, secret[0] - 96
    base = first * 7696 + 738816
    code = other * base - base + first * 746512 + 71665152
    words = ["toc2_login", "localhost", "5190", normalised(name), f"0x{roasted.hex()}", "English"]
    words += ["TIC:Hubbub", "160", "US", "", "", "3", "0", "30303"]
    return command(*words)[:-1] + f" -kentucky -utf8 {code}\0".encode()
