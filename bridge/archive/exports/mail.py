"""Mail: a letter for what was said, in threads, as one mbox (RFC 4155) or as a zip of single letters.

What answers, changes, removes or reacts to a message is a letter of its own that answers the message's, so
that a mailbox shows the talk as it went; a reaction is one by RFC 9078. Who came and went is left out.
"""

from collections.abc import Iterator
from hashlib import sha256

from bridge.archive.entries import EntryKind, Header, Words
from bridge.archive.store import Entry
from bridge.identity import one_line
from bridge.language import Locale, locale

from .dates import Dates
from .exporter import Excerpt, Exporter, ExportOptions
from .letter import DOMAIN, address, dated, encoded, letter_of, mailbox_of, text_part
from .packing import zipped
from .survey import Survey
from .whole import whole
from .wording import Wording

__all__ = ["LETTERS", "MBOX"]

_LETTERS = {
    EntryKind.MESSAGE, EntryKind.EDIT, EntryKind.REMOVAL, EntryKind.REACTION, EntryKind.TOPIC, EntryKind.NAME,
    EntryKind.SILENCE,
}  # fmt: skip
_SUBJECT = 60
"""Characters of a message in its subject."""
_THREAD = 20
"""So many letters above one are named in it."""


def _mbox(excerpt: Excerpt, options: ExportOptions) -> Iterator[bytes]:
    letters = _Letters(excerpt, options)
    for entry, header in letters.wanted():
        envelope = f"From {letters.sender(header)} {letters.utc.asctime(header.at)}\n"
        yield f"{envelope}{letters.letter(entry, header)}\n".encode()


def _eml(excerpt: Excerpt, options: ExportOptions) -> Iterator[bytes]:
    letters = _Letters(excerpt, options)
    return zipped(
        (
            f"{entry.position:08}-{_digest(entry)[:8]}.eml",
            letters.letter(entry, header).replace("\n", "\r\n").encode(),
        )
        for entry, header in letters.wanted()
    )


class _Letters:
    """Writes letter after letter."""

    def __init__(self, excerpt: Excerpt, options: ExportOptions) -> None:
        self.utc = Dates("UTC")
        self._excerpt = excerpt
        self._speech: Locale = locale(options.language, None)
        self._dates = Dates(options.zone)
        self._survey = Survey(excerpt.entries())
        self._wording = Wording(self._speech, self._survey, self._dates)

    def wanted(self) -> Iterator[tuple[Entry, Header]]:
        """Return what becomes a letter."""
        for entry in self._excerpt.entries():
            if entry.header is not None and entry.header.kind in _LETTERS:
                yield entry, entry.header

    def sender(self, header: Header) -> str:
        """Return the address of whoever said something."""
        return address(header.network, header.by.id if header.by is not None else "hubbub")

    def letter(self, entry: Entry, header: Header) -> str:
        """Return an entry as a letter."""
        name = self._survey.name(header.network, header.by) if header.by is not None else "Hubbub"
        above = self._above(entry)
        fields = [
            ("From", mailbox_of(name, self.sender(header))),
            ("To", mailbox_of(one_line(entry.conversation), address("conversation", entry.conversation))),
            ("Subject", encoded("Subject", self._subject(entry, above))),
            ("Message-ID", _id(entry)),
        ]
        if above:
            fields += [("In-Reply-To", _id(above[0])), ("References", "\n ".join(map(_id, reversed(above))))]
        fields += [("Hubbub-Network", encoded("Hubbub-Network", one_line(header.network)))]
        fields += [
            (f"Hubbub-{key}", encoded(f"Hubbub-{key}", one_line(value)))
            for key, value in _more(header)
            if value
        ]
        fields += dated(self._dates.local(header.at))
        if header.kind is EntryKind.REACTION and (entry.words or Words()).emojis:
            fields.append(("Content-Disposition", "reaction"))
        more, body = text_part(self._text(entry, header))
        return letter_of([*fields, *more], body)

    def _above(self, entry: Entry) -> list[Entry]:
        """Return what a letter answers, and what that answers, and so on."""
        found: list[Entry] = []
        at: Entry | None = entry
        while at is not None and len(found) < _THREAD:
            at = self._target(at)
            if at is None or at == entry or at in found:
                break
            found.append(at)
        return found

    def _target(self, entry: Entry) -> Entry | None:
        header = entry.header
        if header is None:
            return None
        if header.about:
            return self._excerpt.at(entry.conversation, header.about)
        return self._excerpt.answered(entry) if header.reply_to else None

    def _subject(self, entry: Entry, above: list[Entry]) -> str:
        talk = one_line(entry.conversation)
        first = above[-1] if above else entry
        said = one_line((first.words or Words()).text, _SUBJECT)
        return f"{'Re: ' if above else ''}[{talk}]{f' {said}' if said else ''}"

    def _text(self, entry: Entry, header: Header) -> str:
        words = entry.words or Words()
        if header.kind is EntryKind.REACTION and words.emojis:
            return " ".join(words.emojis)
        if header.kind not in (EntryKind.MESSAGE, EntryKind.EDIT):
            return str(self._wording.fact(entry))
        if entry.words is None or header.left_out:
            return f"[{self._wording.gone(whole(self._excerpt, entry, header))}]"
        lines = [words.text] if words.text else []
        if header.kind is EntryKind.EDIT:
            lines.append(self._speech.gettext("[edited]"))
        if header.style == "emote":
            lines = [f"* {self._survey.name(header.network, header.by)} {words.text}"]
        return "\n".join([*lines, *(f"[{self._wording.file(file)}]" for file in words.files)])


def _more(header: Header) -> list[tuple[str, str]]:
    by = header.by
    return [
        ("Room", header.room),
        ("Id", header.id),
        ("Person", by.id if by is not None else ""),
        ("Proof", by.proof if by is not None else ""),
    ]


def _digest(entry: Entry) -> str:
    """Tells a letter from others of its place: the same as long as its header is there."""
    return sha256(entry.conversation.encode() + b"\0" + entry.raw_header).hexdigest()[:24]


def _id(entry: Entry) -> str:
    return f"<{entry.position}.{_digest(entry)}@{DOMAIN}>"


MBOX = Exporter(
    name="mbox",
    suffix=".mbox",
    media_type="application/mbox",
    about="a mailbox, in threads",
    chunks=_mbox,
    passes=2,
)
LETTERS = Exporter(
    name="eml",
    suffix=".zip",
    media_type="application/zip",
    about="a zip of letters (.eml)",
    chunks=_eml,
    passes=2,
)
