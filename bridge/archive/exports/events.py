"""Entries as events of RSMF's manifest: the objects below `events` in its schema, version 2.0.0."""

from typing import Any

from bridge.archive.entries import EntryKind, Header, Person, Words
from bridge.archive.store import Entry
from bridge.identity import one_line
from bridge.language import Locale

from .dates import Dates
from .exporter import Excerpt
from .survey import Figure, Survey
from .whole import Whole, whole
from .wording import Wording

__all__ = ["CONVERSATION", "ShortEvent", "ShortEvents"]

CONVERSATION = "C1"
"""What a file calls the one conversation that is in it."""
ShortEvent = dict[str, Any]

_TYPES = {"joined": "join", "left": "leave", "kicked": "leave", "banned": "leave"}
"""What becomes of a member's change; all else that is no message is `history`."""
_LONGEST = 100_000


class ShortEvents:
    """Makes them."""

    def __init__(self, excerpt: Excerpt, survey: Survey, dates: Dates, speech: Locale) -> None:
        self._excerpt = excerpt
        self._survey = survey
        self._dates = dates
        self._wording = Wording(speech, survey, dates)
        self._speech = speech

    def event(self, entry: Entry, header: Header) -> ShortEvent:
        """Return an entry as an event."""
        event: ShortEvent = {
            "id": event_id(entry),
            "type": "message",
            "conversation": CONVERSATION,
            "timestamp": self._dates.iso(header.at),
        }
        if header.by is not None:
            event["participant"] = self._person(header.network, header.by)
        custom = [
            ("Network", header.network),
            ("Room", header.room),
            ("Id", header.id),
            ("Style", header.style),
        ]
        if header.kind is EntryKind.MESSAGE:
            told = whole(self._excerpt, entry, header)
            self._message(event, told)
            custom += self._more(told)
            if (answered := self._excerpt.answered(entry) if header.reply_to else None) is not None:
                event["parent"] = event_id(answered)
        else:
            event["type"] = _TYPES.get(header.change, "history")
            event["body"] = str(self._wording.fact(entry))
        event["custom"] = [{"name": name, "value": one_line(text, _LONGEST)} for name, text in custom if text]
        return event

    def figures(self, event: ShortEvent) -> set[int]:
        """Return the numbers of all whom an event names."""
        named = [event.get("participant"), *(edit["participant"] for edit in event.get("edits", ()))]
        for reaction in event.get("reactions", ()):
            named += reaction["participants"]
        return {int(one[1:]) for one in named if one}

    def participant(self, figure: Figure) -> ShortEvent:
        """Return somebody as the manifest names them."""
        custom = [("Network", figure.network), ("Proof", figure.proof)]
        return {
            "id": f"P{figure.number}",
            "display": self._survey.name(figure.network, Person(id=figure.id, name=figure.name)),
            "account_id": figure.id,
            "custom": [{"name": name, "value": text} for name, text in custom if text],
        }

    def _person(self, network: str, person: Person) -> str:
        figure = self._survey.figure(network, person)
        assert figure is not None  # whoever is in an excerpt was seen in it
        return f"P{figure.number}"

    def _message(self, event: ShortEvent, told: Whole) -> None:
        last = told.versions[-1].words
        if last is None or told.header.left_out:
            event["body"] = f"[{self._wording.gone(told)}]"
        else:
            event["body"] = last.text
        if told.removal is not None:
            event["deleted"] = True
        if told.reactions:
            event["reactions"] = [
                {"value": emoji, "count": len(who), "participants": [self._person(*one) for one in who]}
                for emoji, who in told.reactions.items()
            ]
        if len(told.versions) > 1:
            event["edits"] = [
                {
                    "participant": self._person(after.header.network, after.header.by),
                    "timestamp": self._dates.iso(after.header.at),
                    "previous": (before.words or Words()).text,
                    "new": (after.words or Words()).text,
                }
                for before, after in zip(told.versions, told.versions[1:], strict=False)
                if after.header.by is not None
            ]

    def _more(self, told: Whole) -> list[tuple[str, str]]:
        """Return what the format has no field for."""
        found = [("File", self._wording.file(file)) for file in told.files]
        for at, copy in told.copies:
            place = f"{copy.network} {copy.room}"
            if copy.reason:
                found.append(("Did not arrive", f"{place}: {copy.reason}"))
            else:
                found.append(("Arrived", " ".join((place, self._dates.iso(at), *copy.ids))))
        return found


def event_id(entry: Entry) -> str:
    """Return what a file calls an entry."""
    return f"m{entry.position}"
