"""Says in a sentence of Hubbub's own, in a reader's language, what an entry tells that is no talk."""

from collections.abc import Mapping
from typing import NamedTuple

from bridge.archive.entries import EntryKind, FiledFile, Header, Silence, Words
from bridge.archive.store import Entry
from bridge.compose.snippets import size
from bridge.identity import one_line, safe_name
from bridge.language import N_, Locale

from .dates import Dates
from .survey import Survey
from .whole import Whole

__all__ = ["Statement", "Wording"]

_LONGEST = 20_000
"""Characters of what stands in a sentence."""


class Statement(NamedTuple):
    """A sentence with fields in braces, and what belongs into them, which is anybody's words."""

    sentence: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        return self.sentence.format(**self.values)


_MEMBERS = {
    "joined": N_("{name} joined"),
    "left": N_("{name} left"),
    "kicked": N_("{name} was put out"),
    "banned": N_("{name} was banned"),
    "unbanned": N_("{name} may come back"),
    "renamed": N_("{name} is now {text}"),
}
_FACTS = {
    EntryKind.TOPIC: N_("{name} changed the topic to: {text}"),
    EntryKind.NAME: N_("{name} gave the room the name: {text}"),
    EntryKind.EDIT: N_("{name} changed an earlier message: {text}"),
    EntryKind.REMOVAL: N_("{name} removed an earlier message"),
    EntryKind.REACTION: N_("{name} reacted to an earlier message: {text}"),
    EntryKind.LINK: N_("{network} is connected: {server}"),
    EntryKind.ERASURE: N_("Something was erased: {change}"),
}
_WITHOUT_TEXT = {
    EntryKind.TOPIC: N_("{name} has taken the topic away"),
    EntryKind.REACTION: N_("{name} took a reaction to an earlier message back"),
}
_POLICIES = {
    "begun": N_("The archive of this conversation begins"),
    "changed": N_("What is archived changed"),
    "ended": N_("The archive of this conversation ends"),
    "opted out": N_("{name} is not archived from now on"),
    "opted in": N_("{name} is archived again"),
}
_LEFT_OUT = {
    "no-store": N_("Not kept: the author's program asked for that"),
    "opted out": N_("Not kept: the author asked for that"),
    "policy": N_("Not kept: the owner wants it so"),
    "forgotten": N_("Not kept: it was forgotten before it came here"),
}


class Wording:
    """Finds the sentences of an excerpt."""

    def __init__(self, locale: Locale, survey: Survey, dates: Dates) -> None:
        self._locale = locale
        self._survey = survey
        self._dates = dates

    def fact(self, entry: Entry) -> Statement:
        """Return what an entry that is no talk says."""
        header = entry.header
        if header is None:
            return Statement(self._locale.gettext("Nothing is left of this entry"), {})
        if header.silence is not None:
            return self.silence(header, header.silence)
        text = self._text(entry)
        values = {
            "name": self._survey.name(header.network, header.by),
            "text": text,
            "other": self._survey.name(header.network, header.other),
            "network": header.network,
            "server": one_line(header.peer.server) if header.peer is not None else "?",
            "change": one_line(header.change),
        }
        return Statement(self._sentence(header, text), values)

    def _text(self, entry: Entry) -> str:
        words = entry.words
        if words is None:
            return self._locale.gettext("[no longer kept]")
        reactions = " ".join(words.added if words.emojis is None else words.emojis)
        return one_line(words.text or reactions, _LONGEST)

    def silence(self, header: Header, silence: Silence) -> Statement:
        """Return what is known of a time in which a room was not heard, or not read in full."""
        values = {
            "room": one_line(header.room),
            "network": header.network,
            "until": self._dates.full(silence.until),
        }
        span = self._locale.gettext("Until {until}: ")
        if silence.since is not None:
            values["since"] = self._dates.full(silence.since)
            span = self._locale.gettext("From {since} to {until}: ")
        return Statement(span + self._unheard(silence), values)

    def _unheard(self, silence: Silence) -> str:
        if silence.unheard and silence.partly:
            return self._locale.gettext("{room} on {network} was heard in part")
        if silence.unheard:
            return self._locale.gettext("{room} on {network} was not heard")
        if silence.left_out is None:
            return self._locale.gettext("some messages in {room} on {network} were not read")
        if not silence.left_out:
            return self._locale.gettext("{room} on {network} was read afterwards, in full")
        return self._locale.ngettext(
            "{number} message in {room} on {network} was not read",
            "{number} messages in {room} on {network} were not read",
            silence.left_out,
            room="{room}",
            network="{network}",
        )

    def gone(self, told: Whole) -> Statement | None:
        """Return why the words of a message are not there; None: they are."""
        if told.header.left_out:
            known = _LEFT_OUT.get(told.header.left_out)
            if known is None:
                return Statement(
                    self._locale.gettext("Not kept: {why}"), {"why": one_line(told.header.left_out)}
                )
            return Statement(self._locale.gettext(known), {})
        if told.removal is not None:
            return self.removal(told.removal, told.header.at)
        if told.versions[-1].words is None:
            return Statement(self._locale.gettext("No longer kept"), {})
        return None

    def removal(self, entry: Entry, said: float) -> Statement:
        """Return who took a message back that was said at some time, when and why."""
        assert entry.header is not None
        header, reason = entry.header, one_line((entry.words or Words()).text, _LONGEST)
        sentence = self._locale.gettext("Removed by {name} at {clock}")
        values = {
            "name": self._survey.name(header.network, header.by),
            "clock": self._dates.near(header.at, said),
        }
        if reason:
            sentence += self._locale.gettext(": {reason}")
            values["reason"] = reason
        return Statement(sentence, values)

    def file(self, file: FiledFile) -> str:
        """Return a file in one line: its name, kind, size and digest."""
        parts = [safe_name(file.name), one_line(file.type), size(file.size) if file.size is not None else ""]
        if file.sha256:
            parts.append(f"sha256:{one_line(file.sha256)}")
        return self._locale.gettext(", ").join(part for part in parts if part)

    def _sentence(self, header: Header, text: str) -> str:
        if header.kind is EntryKind.MEMBER:
            found = self._locale.gettext(_MEMBERS.get(header.change, N_("{name}: {change}")))
            reason = self._locale.gettext(": {reason}").replace("{reason}", "{text}")
            other = self._locale.gettext(" (by {other})") if header.other is not None else ""
            return found + other + (reason if text and "{text}" not in found else "")
        if header.kind is EntryKind.POLICY:
            found = self._locale.gettext(_POLICIES.get(header.change, N_("What is archived changed")))
            return found + (self._locale.gettext(": {reason}").replace("{reason}", "{text}") if text else "")
        without = _WITHOUT_TEXT.get(header.kind) if not text else None
        return self._locale.gettext(without or _FACTS[header.kind])
