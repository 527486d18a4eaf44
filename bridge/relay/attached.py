"""What becomes of a message's files in one room: sent with its words, told of in them, or sent when they
have come.

How far a delivery has come is one number. Below `IN_TIME` it counts the characters of the words. From there
on it counts the files, for those that were here when the words were said; from `LATE` on for those that
the words only promise.
"""

import time
from dataclasses import dataclass
from urllib.parse import quote

from bridge.config import Media
from bridge.media import Files, Missing, Pending
from bridge.model import Attachment, Capabilities, Content, File, Span

from .notes import file_name, file_note, size

__all__ = ["IN_TIME", "LATE", "Attached", "Plan", "Wait"]

IN_TIME = 1 << 40
LATE = 1 << 41


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet."""

    until: float | None
    """By the monotonic clock; None: others need not wait for it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent now, and where to go on."""

    content: Content
    file: File | None = None
    then: int | None = None
    """None: nothing follows."""


class Attached:
    """Finds for each file how far it is, and how a room gets it."""

    def __init__(self, files: Files, rules: Media) -> None:
        self._files = files
        self._patience = rules.wait
        self._linking = rules.public_url is not None

    def fetch(self, network: str, seq: int, content: Content) -> None:
        """Begin early, since files may not stay where they are."""
        for number, attachment in enumerate(content.attachments):
            self._files.get(network, seq, number, attachment)

    def forget(self, seq: int) -> None:
        """The message was taken back."""
        self._files.forget(seq)

    def page(self, seq: int, text: str) -> str | None:
        """Where a text can be read that is too long for a room; None: nowhere."""
        return self._files.publish(seq, "message.txt", text)

    def with_words(self, seq: int, network: str, content: Content, record: Capabilities) -> Plan | Wait:
        """What is said first."""
        attachments = content.attachments
        states = [self._state(network, seq, n, one, record) for n, one in enumerate(attachments)]
        waiting = [state.since for state in states if isinstance(state, Pending)]
        if waiting:
            until = min(waiting) + self._patience
            if time.monotonic() < until:
                return Wait(until)
            notes = [file_note(one, " follows") for one in attachments]
            return Plan(_joined(content, notes), None, LATE)
        told, sent = [], []
        for number, (attachment, state) in enumerate(zip(attachments, states, strict=True)):
            if isinstance(state, File) and _takes(record, state):
                sent.append((IN_TIME + number, state))
            else:
                told.append(self._told(seq, attachment, state))
        words = _joined(content, told)
        if not sent:
            return Plan(words)
        (place, file), *others = sent
        if record.captions:
            return Plan(words, file, others[0][0] if others else None)
        if not words.spans:
            words = _joined(words, [file_name(one) for one in attachments])
        return Plan(words, None, place)

    def after_words(
        self, seq: int, network: str, content: Content, record: Capabilities, start: int
    ) -> Plan | Wait | None:
        """What is sent behind the words; None: nothing more."""
        base = LATE if start >= LATE else IN_TIME
        for number in range(start - base, len(content.attachments)):
            attachment = content.attachments[number]
            state = self._state(network, seq, number, attachment, record)
            if isinstance(state, Pending):
                return Wait(None)
            then = base + number + 1 if number + 1 < len(content.attachments) else None
            if isinstance(state, File) and _takes(record, state):
                return Plan(Content(), state, then)
            if base == LATE:
                return Plan(Content((Span(self._told(seq, attachment, state)),)), None, then)
        return None

    def _state(
        self, network: str, seq: int, number: int, attachment: Attachment, record: Capabilities
    ) -> File | Missing | Pending | None:
        """How far a file is; None: it is not needed here."""
        if not record.file and not self._linking:
            return None
        return self._files.get(network, seq, number, attachment)

    def _told(self, seq: int, attachment: Attachment, state: File | Missing | Pending | None) -> str:
        link = self._files.link(seq, state) if isinstance(state, File) else None
        if link is None and attachment.address.startswith(("https://", "http://")):
            link = attachment.address
        if isinstance(state, Missing):
            note = file_note(attachment, f": {state.reason}")
            return f"{note} {link}" if link else note
        count = state.size if isinstance(state, File) else attachment.size
        if link is None:
            return file_note(attachment, f", {size(count)}" if count else "")
        name = file_name(attachment)
        named = link if link.endswith(f"/{quote(name)}") else f"{name}: {link}"
        return f"{named} ({size(count)})" if count else named


def _takes(record: Capabilities, file: File) -> bool:
    """Whether a room takes the file itself."""
    return bool(record.file) and (record.file_limit is None or file.size <= record.file_limit)


def _joined(content: Content, notes: list[str]) -> Content:
    """The words and what is told of the files, which are no longer part of it."""
    if not notes:
        return Content(content.spans)
    if not content.text.strip():
        return Content((Span("\n".join(notes)),))
    close = len(notes) == 1 and "\n" not in content.text and not content.spans[-1].block.quote
    return Content((*content.spans, Span((" " if close else "\n") + "\n".join(notes))))
