"""Relativity's short message format, for programs of legal review: RSMF, version 2.0.0.

Each file is a letter (RFC 5322) with what was said in one conversation on one day as text, and with
`rsmf.zip` attached, in which `rsmf_manifest.json` has the same as data (its schema: rsmf_schema_2_0_0.json
of github.com/relativitydev/rsmf-validator-samples). All of them come as one zip. Relativity advises against
more than 10,000 events in a file: such a day has several.
"""

import json
from base64 import encodebytes
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import groupby

from bridge.archive.entries import Header
from bridge.archive.store import Entry
from bridge.identity import one_line
from bridge.language import locale

from .dates import Dates
from .events import CONVERSATION, ShortEvent, ShortEvents
from .exporter import Excerpt, Exporter, ExportOptions
from .letter import DOMAIN, Fields, address, dated, encoded, letter_of, mailbox_of, text_part
from .packing import FileNames, zipped
from .survey import Figure, Survey
from .whole import stands_elsewhere

__all__ = ["RSMF"]

_VERSION = "2.0.0"
_MOST = 10_000
"""Events of one file."""


def _chunks(excerpt: Excerpt, options: ExportOptions) -> Iterator[bytes]:
    return zipped(_files(excerpt, _Writer(excerpt, options)))


def _files(excerpt: Excerpt, writer: "_Writer") -> Iterator[tuple[str, bytes]]:
    names = FileNames(".rsmf")
    for (conversation, day), entries in groupby(excerpt.entries(), writer.place):
        slice_ = _Slice(conversation, day)
        for entry in entries:
            if entry.header is None or stands_elsewhere(excerpt, entry):
                continue
            if len(slice_.events) == _MOST:
                yield names.name(f"{conversation}-{day}"), writer.file(slice_)
                slice_ = _Slice(conversation, day)
            slice_.add(writer.events.event(entry, entry.header), entry.header)
        if slice_.events:
            yield names.name(f"{conversation}-{day}"), writer.file(slice_)


class _Slice:
    """What stands in one file."""

    def __init__(self, conversation: str, day: str) -> None:
        self.conversation = conversation
        self.day = day
        self.events: list[ShortEvent] = []
        self.networks: dict[str, None] = {}
        self.times: list[float] = []
        self._ids: set[str] = set()

    def add(self, event: ShortEvent, header: Header) -> None:
        if event.get("parent") not in self._ids:
            event.pop("parent", None)  # it has to be in the same file
        self.events.append(event)
        self.networks[header.network] = None
        self.times.append(header.at)
        self._ids.add(event["id"])

    @property
    def platform(self) -> str:
        return next(iter(self.networks)) if len(self.networks) == 1 else "Hubbub"

    @property
    def collection(self) -> str:
        """What holds the files of a conversation together."""
        return sha256(self.conversation.encode()).hexdigest()[:32]


class _Writer:
    """Makes files."""

    def __init__(self, excerpt: Excerpt, options: ExportOptions) -> None:
        self._dates = Dates(options.zone)
        self._survey = Survey(excerpt.entries())
        self.events = ShortEvents(excerpt, self._survey, self._dates, locale(options.language, None))
        self._day = ""

    def place(self, entry: Entry) -> tuple[str, str]:
        """Return the conversation and the day of an entry; of one without a time, that of the one before."""
        if entry.header is not None:
            self._day = self._dates.day(entry.header.at)
        return entry.conversation, self._day

    def file(self, slice_: _Slice) -> bytes:
        """Return a file."""
        numbers = sorted({number for event in slice_.events for number in self.events.figures(event)})
        figures = [self._survey.figures[number - 1] for number in numbers]
        participants = [self.events.participant(figure) for figure in figures]
        packed = b"".join(zipped([("rsmf_manifest.json", _manifest(slice_, participants))]))
        people = self._people(participants, figures)
        fields = [
            *people,
            *self._fields(slice_, participants, packed),
            *dated(self._dates.local(min(slice_.times))),
        ]
        letter = _enclosed(fields, letter_of(*text_part(self._text(slice_, participants))), packed)
        return letter.replace("\n", "\r\n").encode()

    def _people(
        self, participants: Sequence[ShortEvent], figures: Sequence[Figure]
    ) -> Iterator[tuple[str, str]]:
        """From has one, as Relativity asks for; To has the others."""
        boxes = [
            mailbox_of(one["display"], address(figure.network, figure.id))
            for one, figure in zip(participants, figures, strict=True)
        ] or [mailbox_of("Hubbub", address("conversation", "hubbub"))]
        yield "From", boxes[0]
        yield "To", ",\n ".join(boxes[1:] or boxes)

    def _fields(
        self, slice_: _Slice, participants: Sequence[ShortEvent], packed: bytes
    ) -> Iterator[tuple[str, str]]:
        yield "Subject", encoded("Subject", f"{one_line(slice_.conversation)} {slice_.day}")
        yield "Message-ID", f"<{sha256(packed).hexdigest()[:32]}@{DOMAIN}>"
        told = {
            "Version": _VERSION,
            "Generator": "Hubbub",
            "BeginDate": self._dates.iso(min(slice_.times)),
            "EndDate": self._dates.iso(max(slice_.times)),
            "EventCount": str(len(slice_.events)),
            "Application": slice_.platform,
            "Participants": ", ".join(one["display"] for one in participants),
            "AttachmentCount": "0",
            "EventCollectionID": slice_.collection,
        }
        for key, text in told.items():
            yield f"X-RSMF-{key}", encoded(f"X-RSMF-{key}", text)

    def _text(self, slice_: _Slice, participants: Sequence[ShortEvent]) -> str:
        """What is said, for those who look at the letter alone."""
        names = {one["id"]: one["display"] for one in participants}
        lines = []
        for event, at in zip(slice_.events, slice_.times, strict=True):
            name = (
                f"{names[event['participant']]}: "
                if event["type"] == "message" and "participant" in event
                else ""
            )
            lines.append(f"{self._dates.clock(at)} {name}{event['body']}")
        return "\n".join(lines)


def _manifest(slice_: _Slice, participants: Sequence[ShortEvent]) -> bytes:
    conversation = {
        "id": CONVERSATION,
        "display": one_line(slice_.conversation),
        "platform": slice_.platform,
        "type": "channel",
        "participants": [one["id"] for one in participants],
    }
    manifest = {
        "version": _VERSION,
        "participants": participants,
        "conversations": [conversation],
        "events": slice_.events,
        "eventcollectionid": slice_.collection,
    }
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _enclosed(fields: Fields, said: str, packed: bytes) -> str:
    """Return a letter with a text and the zip (RFC 2046, 5.1)."""
    boundary = f"=_{sha256(said.encode() + packed).hexdigest()[:32]}"
    enclosed = letter_of(
        [
            ("Content-Type", 'application/zip; name="rsmf.zip"'),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-Disposition", 'attachment; filename="rsmf.zip"'),
        ],
        encodebytes(packed).decode(),
    )
    body = f"--{boundary}\n{said}\n--{boundary}\n{enclosed}\n--{boundary}--\n"
    return letter_of([*fields, ("Content-Type", f'multipart/mixed; boundary="{boundary}"')], body)


RSMF = Exporter(
    name="rsmf",
    suffix=".zip",
    media_type="application/zip",
    about="a zip of RSMF files, for programs of legal review",
    chunks=_chunks,
    passes=2,
)
