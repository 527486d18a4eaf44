"""Writes the digest: a mail with what saved searches newly found."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from zoneinfo import ZoneInfo

from bridge.config.filing import DailyMail
from bridge.config.mail import Mail
from bridge.config.words import counted

__all__ = ["MOST", "DigestHit", "NewlyFound", "digest_mail"]

MOST = 50
"""So many hits of a search are shown."""
_FOOT = "Newly found by the saved searches of this Hubbub's archive (`archive: digest:` in bridge.yaml)."
_STYLE = {
    "body": "font: 15px/1.45 system-ui, sans-serif; color: #1c2b2d; max-width: 42em; margin: 1.5em auto; "
    "padding: 0 1em",
    "h2": "font-size: 1.15em; margin: 1.6em 0 .1em",
    "code": "color: #5b6b6d; font-size: .9em",
    "p": "margin: .7em 0",
    "where": "color: #5b6b6d; font-size: .85em",
    "mark": "background: #ffe9a8; padding: 0 .1em",
    "foot": "color: #5b6b6d; font-size: .85em; border-top: 1px solid #d5dedf; margin-top: 2em; "
    "padding-top: .6em",
}


@dataclass(frozen=True, slots=True)
class DigestHit:
    """Something that a search newly found."""

    number: int
    at: float
    where: str
    """The conversation, and the network that it was said on."""
    by: str
    pieces: tuple[tuple[str, bool], ...]
    """What was said, in pieces: those that are true were looked for."""


@dataclass(frozen=True, slots=True)
class NewlyFound:
    """What one saved search newly found."""

    search: str
    query: str
    hits: Sequence[DigestHit] = ()
    """The first of them, in the order in which they were said."""
    count: int = 0
    """How many there are in all."""
    trouble: str = ""
    """Why it could not be done."""


def digest_mail(
    found: Sequence[NewlyFound], mail: Mail, digest: DailyMail, now: float, name: str
) -> EmailMessage:
    """Return the message, with plain text and HTML. `name` makes its Message-ID, so that it is one mail
    however often it arrives.
    """
    zone = ZoneInfo(digest.time_zone)
    count, day = sum(one.count for one in found), datetime.fromtimestamp(now, zone)
    message = EmailMessage()
    message["Subject"] = f"Hubbub: {counted(count, 'new hit')} – {day:%Y-%m-%d}"
    message["From"] = f"Hubbub <{mail.sender}>"
    message["To"] = ", ".join(digest.to)
    message["Date"] = format_datetime(day)
    message["Message-ID"] = f"<{name}@{mail.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: so that nobody's absence answers
    message.set_content("\n".join(_text(found, zone)) + "\n")
    message.add_alternative("\n".join(_html(found, zone)) + "\n", subtype="html")
    return message


def _when(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


def _text(found: Sequence[NewlyFound], zone: ZoneInfo) -> Iterator[str]:
    for one in found:
        yield from ("", f"{one.search} ({one.query}): {_result(one)}", "")
        for hit in one.hits:
            said = "".join(piece for piece, _ in hit.pieces)
            yield f"  {_when(hit.at, zone)}  {hit.where}"
            lines = said.splitlines() or [""]
            yield f"    <{hit.by}> {lines[0]}"
            yield from (f"      {line}" for line in lines[1:])
        if more := _more(one):
            yield f"  {more}"
    yield from ("", "-- ", _FOOT)


def _html(found: Sequence[NewlyFound], zone: ZoneInfo) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Hubbub</title></head>'
    yield f'<body style="{_STYLE["body"]}">'
    for one in found:
        yield f'<h2 style="{_STYLE["h2"]}">{escape(one.search)}: {escape(_result(one))}</h2>'
        yield f'<code style="{_STYLE["code"]}">{escape(one.query)}</code>'
        for hit in one.hits:
            where = escape(f"{_when(hit.at, zone)} · {hit.where}")
            yield f'<p style="{_STYLE["p"]}"><span style="{_STYLE["where"]}">{where}</span><br>'
            yield f"<b>{escape(hit.by)}</b>: {_marked(hit)}</p>"
        if more := _more(one):
            yield f'<p style="{_STYLE["where"]}">{escape(more)}</p>'
    yield f'<p style="{_STYLE["foot"]}">{escape(_FOOT)}</p></body></html>'


def _marked(hit: DigestHit) -> str:
    pieces = (
        f'<mark style="{_STYLE["mark"]}">{escape(piece)}</mark>' if marked else escape(piece)
        for piece, marked in hit.pieces
    )
    return "".join(pieces).replace("\n", "<br>")


def _result(found: NewlyFound) -> str:
    if found.trouble:
        return f"it could not be searched: {found.trouble}"
    return counted(found.count, "new hit") if found.count else "nothing new"


def _more(found: NewlyFound) -> str:
    left = found.count - len(found.hits)
    return f"and {left:,} more: hubbub search {shlex.quote(found.query)}" if left > 0 else ""
