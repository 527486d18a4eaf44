"""What becomes of a message's files in one room: sent with its words, told of in them, or sent when they
have come.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import quote

from bridge.adapter import Adapter
from bridge.config import Media
from bridge.journal import Progress
from bridge.language import Locale
from bridge.media import Files, Missing, Pending, Uploads
from bridge.model import Attachment, Capabilities, Content, File, Span

from .next import Promise, Wait
from .snippets import file_name, file_note, size

__all__ = ["Attachments", "Case", "Plan", "promising"]

_MOST = 32
"""So many files are sent; others are told of."""
_REMEMBERED = 10_000
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
"""To those who send the address of one of these, it is no file."""


@dataclass(frozen=True, slots=True)
class Case:
    """A message with files, and where it goes."""

    seq: int
    network: str
    """Where it comes from."""
    content: Content
    there: Adapter
    record: Capabilities
    """What the room can do."""
    locale: Locale


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent now, and where to go on."""

    content: Content
    file: File | None = None
    then: Progress | None = None
    """How far the delivery has come with it; None: nothing follows."""


_State: TypeAlias = File | Missing | Pending | None


class Attachments:
    """Finds for each file how far it is, and how a room gets it."""

    def __init__(self, files: Files, uploads: Uploads, rules: Media) -> None:
        self._files = files
        self.pictures = files.pictures
        """Opens those of people as well."""
        self._uploads = uploads
        self.fetched, self.uploaded = files.fetched, uploads.uploaded
        """Bytes, by network."""
        self._patience = rules.wait
        self._linking = rules.public_url is not None
        self._until: dict[tuple[Adapter, int], float] = {}
        """How long the words of messages wait, for fetch and upload together."""

    def fetch(self, network: str, seq: int, content: Content) -> None:
        """Begin early with the files, since they may not stay where they are."""
        for number, attachment in enumerate(content.attachments):
            self._files.get(network, seq, number, attachment)

    def here(self, network: str, seq: int, content: Content) -> list[File]:
        """Return the files of a message that are here now."""
        found = [self._files.get(network, seq, *one) for one in enumerate(content.attachments)]
        return [file for file in found if isinstance(file, File)]

    def forget(self, seq: int) -> None:
        """Forget the files of a message: it was taken back."""
        self._files.forget(seq)

    def page(self, seq: int, text: str) -> str | None:
        """Return the address of a page with a text that is too long for a room; None: there is none."""
        return self._files.publish(seq, "message.txt", text)

    def prepare(self, case: Case) -> list[_State]:
        """Have the files brought here, and put where they go."""
        return [self._state(case, number, upload=True) for number in range(len(case.content.attachments))]

    def with_words(self, case: Case, progress: Progress) -> Plan | Wait | Promise:
        """Plan what is said first. It waits for files that follow it too, so that nobody comes between."""
        states = self.prepare(case)
        waiting = [state.since for state in states if isinstance(state, Pending)]
        if not waiting:
            return self._plan(case, states)
        return self._wait(case, min(waiting)) or Promise(replace(progress, promised=True))

    def _wait(self, case: Case, since: float) -> Wait | None:
        """Return until when all others wait for this; None: no longer."""
        until = self._until.setdefault((case.there, case.seq), since + self._patience)
        if len(self._until) > _REMEMBERED:
            del self._until[next(iter(self._until))]
        return Wait(until) if self._files.clock.monotonic() < until else None

    def said_with_words(self, case: Case) -> Plan:
        """Return the plan of what was said first without a promise: every file was here then, or told of."""
        return self._plan(
            case, [self._state(case, number) for number in range(len(case.content.attachments))]
        )

    def _plan(self, case: Case, states: list[_State]) -> Plan:
        content = case.content
        told, sent, files = [], [], 0
        for number, (attachment, state) in enumerate(zip(content.attachments, states, strict=True)):
            if number < _MOST and self._takes(case, state):
                sent.append(state)
                files |= 1 << number
            else:
                told.append(self._told(case, attachment, state))
        words = _joined(content, told)
        if not sent:
            return Plan(words)
        if case.record.captions:
            then = Progress(files=files).behind_file
            return Plan(words, sent[0] if isinstance(sent[0], File) else None, then)
        if not words.text.strip():
            words = _joined(words, [file_name(case.locale, one) for one in content.attachments])
        return Plan(words, None, Progress(files=files))

    def after_words(self, case: Case, progress: Progress) -> Plan | Wait | Promise:
        """Plan what is sent behind the words: the file, or a line about it where it cannot be sent."""
        number = progress.next_file
        state = self._state(case, number, upload=True)
        if isinstance(state, Pending):
            if progress.late:
                return Wait(None)
            return self._wait(case, state.since) or Promise(replace(progress, late=True))
        if isinstance(state, File) and self._takes(case, state):
            return Plan(Content(), state, progress.behind_file)
        told = self._told(case, case.content.attachments[number], state)
        return Plan(Content((Span(told),)), None, progress.behind_file)

    def _state(self, case: Case, number: int, *, upload: bool = False) -> _State:
        """Return how far a file is; None: it is not needed here."""
        if not case.record.file and not self._linking:
            return None
        attachment = case.content.attachments[number]
        state = self._files.get(case.network, case.seq, number, attachment)
        if isinstance(state, File) and state.type in _PAGES and _is_public(attachment):
            return None
        if upload and isinstance(state, File) and self._takes(case, state):
            return self._uploads.get(case.there, case.seq, state) or state
        return state

    def _takes(self, case: Case, state: _State) -> bool:
        """Whether a room takes the file itself; a file that is on its way counts as one that it takes."""
        limit = case.record.file_limit
        if not case.record.file or state is None or isinstance(state, Missing):
            return False
        if isinstance(state, Pending):
            return True
        return (limit is None or state.size <= limit) and not self._uploads.refused(case.there, state)

    def _told(self, case: Case, attachment: Attachment, state: _State) -> str:
        locale = case.locale
        link = self._files.link(case.seq, state) if isinstance(state, File) else None
        if link is None and _is_public(attachment):
            link = attachment.address
        if isinstance(state, Missing):
            note = file_note(
                locale,
                attachment,
                locale.gettext(": {reason}", reason=locale.gettext(state.reason, limit=state.limit)),
            )
            return f"{note} {link}" if link else note
        count = state.size if isinstance(state, File) else attachment.size
        if link is None:
            return file_note(
                locale, attachment, locale.gettext(", {size}", size=size(count)) if count else ""
            )
        name = file_name(locale, attachment)
        named = link if link.endswith(f"/{quote(name)}") else f"{name}: {link}"
        return f"{named} ({size(count)})" if count else named


def _is_public(attachment: Attachment) -> bool:
    return attachment.address.startswith(("https://", "http://"))


def promising(locale: Locale, content: Content) -> Plan:
    """Plan what is said first where the files are late."""
    follows = locale.gettext(" follows")
    notes = [file_note(locale, attachment, follows) for attachment in content.attachments]
    files = (1 << min(len(notes), _MOST)) - 1
    return Plan(_joined(content, notes), None, Progress(files=files, late=True))


def _joined(content: Content, notes: list[str]) -> Content:
    """Return the words with what is told of the files, which are no longer part of the content."""
    if not notes:
        return Content(content.spans)
    if not content.text.strip():
        return Content((Span("\n".join(notes)),))
    close = len(notes) == 1 and "\n" not in content.text and not content.spans[-1].block.quote
    return Content((*content.spans, Span((" " if close else "\n") + "\n".join(notes))))
