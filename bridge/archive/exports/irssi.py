"""Text as irssi writes its logs: for `grep`, and for whatever reads those.

The lines are those of irssi 1.4 with its own theme and `autolog`. What it has no line for (an edit, a
removal, a time in which nothing was heard) stands behind its sign for what is no talk, `-!-`, in the same
manner. They are in English whatever is chosen, as irssi's are.
"""

from collections.abc import Iterator

from bridge.archive.entries import EntryKind, Header, Words
from bridge.archive.store import Entry
from bridge.identity import one_line
from bridge.language import ENGLISH

from .dates import Dates
from .exporter import Excerpt, Exporter, ExportOptions
from .survey import Survey
from .wording import Wording

__all__ = ["IRSSI"]

_MEMBERS = {
    "joined": "{name} [{mask}] has joined {room}",
    "left": "{name} [{mask}] has left {room} [{text}]",
    "kicked": "{name} was kicked from {room}{by} [{text}]",
    "banned": "{name} was banned from {room}{by} [{text}]",
    "unbanned": "{name} was unbanned from {room}{by}",
    "renamed": "{name} is now known as {text}",
}
_FACTS = {
    EntryKind.TOPIC: "{name} changed the topic of {room} to: {text}",
    EntryKind.NAME: "{name} changed the name of {room} to: {text}",
    EntryKind.EDIT: "{name} changed {target} to: {text}",
    EntryKind.REMOVAL: "{name} removed {target} [{text}]",
    EntryKind.REACTION: "{name} reacted with {text} to {target}",
    EntryKind.FILE: "Hubbub: the file of {target}: {files}",
}
_OURS = {EntryKind.SILENCE, EntryKind.POLICY, EntryKind.ERASURE}
"""What is said in the words of other formats."""
_WITHOUT_TEXT = {
    EntryKind.TOPIC: "Topic unset by {name} on {room}",
    EntryKind.REMOVAL: "{name} removed {target}",
    EntryKind.REACTION: "{name} took a reaction to {target} back",
}
_LONGEST = 100_000
"""Characters of a line."""


def _chunks(excerpt: Excerpt, options: ExportOptions) -> Iterator[bytes]:
    log = _Log(excerpt, Survey(excerpt.entries()), Dates(options.zone))
    for entry in excerpt.entries():
        yield "".join(line + "\n" for line in log.lines(entry)).encode()
    yield "".join(line + "\n" for line in log.end()).encode()


class _Log:
    """Goes from entry to entry as irssi's log would."""

    def __init__(self, excerpt: Excerpt, survey: Survey, dates: Dates) -> None:
        self._excerpt = excerpt
        self._survey = survey
        self._dates = dates
        self._wording = Wording(ENGLISH, survey, dates)
        self._open: str | None = None
        """The conversation whose log is open."""
        self._at = survey.first or 0.0
        """When the last line was."""

    def lines(self, entry: Entry) -> Iterator[str]:
        """Return the lines of an entry, with those that stand between it and the one before."""
        at = entry.header.at if entry.header is not None else self._at
        if entry.conversation != self._open:
            yield from self._opened(entry.conversation, at)
        elif self._dates.day(at) != self._dates.day(self._at):
            yield f"--- Day changed {self._dates.asctime(at, clock=False)}"
        self._at = at
        clock = self._dates.clock(at)[:5]
        for line in self._said(entry):
            yield f"{clock} {line}"

    def end(self) -> Iterator[str]:
        """Return what stands below the last line."""
        if self._open is not None:
            yield f"--- Log closed {self._dates.asctime(self._at)}"

    def _opened(self, conversation: str, at: float) -> Iterator[str]:
        yield from self.end()
        self._open = conversation
        yield f"--- Log opened {self._dates.asctime(at)}"
        if len(self._survey.conversations) > 1:
            yield f"{self._dates.clock(at)[:5]} -!- Hubbub: {one_line(conversation)}"

    def _said(self, entry: Entry) -> Iterator[str]:
        header = entry.header
        if header is None:
            yield "-!- Hubbub: nothing is left of an entry"
        elif header.kind is EntryKind.MESSAGE:
            yield from self._message(header, entry.words)
        elif (fact := self._fact(entry, header)) is not None:
            yield f"-!- {fact}"

    def _message(self, header: Header, words: Words | None) -> Iterator[str]:
        """A line for each of the message's, as on a network where a line is a message."""
        name = self._survey.name(header.network, header.by)
        form = {"emote": f" * {name} ", "notice": f"-{name}:{_room(header)}- "}.get(
            header.style, f"< {name}> "
        )
        if words is None or header.left_out:
            yield f"-!- Hubbub: what {name} said here is not kept"
            return
        for line in words.text.splitlines():
            if shown := one_line(line, _LONGEST):
                yield form + shown
        for file in words.files:
            yield f"{form}[{self._wording.file(file)}]"

    def _fact(self, entry: Entry, header: Header) -> str | None:
        if header.kind in _OURS:
            return f"Hubbub: {self._wording.fact(entry)}"
        words = entry.words if entry.words is not None else Words(text="not kept")
        text = words.text or " ".join(words.added if words.emojis is None else words.emojis)
        form = _MEMBERS.get(header.change, _FACTS.get(header.kind))
        if not text:
            form = _WITHOUT_TEXT.get(header.kind, form)
        if form is None:
            return None
        return form.format(
            name=self._survey.name(header.network, header.by),
            mask=_mask(header),
            room=_room(header),
            text=one_line(text, _LONGEST),
            target=self._target(entry),
            files="; ".join(map(self._wording.file, words.files)),
            by=f" by {self._survey.name(header.network, header.other)}" if header.other is not None else "",
        )

    def _target(self, entry: Entry) -> str:
        """Name the message that an entry is about by its time."""
        assert entry.header is not None
        target = self._excerpt.at(entry.conversation, entry.header.about) if entry.header.about else None
        if target is None or target.header is None:
            return "an earlier message"
        at, there = self._dates.local(target.header.at), self._dates.local(entry.header.at)
        day = "" if at.date() == there.date() else f"{at:%Y-%m-%d} "
        return f"the message of {day}{at:%H:%M}"


def _mask(header: Header) -> str:
    """Return what the network calls somebody, without the name where it begins with that."""
    by = header.by
    return one_line(by.id).removeprefix(f"{by.name}!") if by is not None else "?"


def _room(header: Header) -> str:
    return one_line(header.room) or "?"


IRSSI = Exporter(
    name="text",
    suffix=".log",
    media_type="text/plain; charset=utf-8",
    about="lines as irssi logs them",
    chunks=_chunks,
    passes=2,
)
