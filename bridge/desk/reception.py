"""The reception of a desk tells visitors whether it is open and what to expect, and takes their messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from bridge.identity import safe_name
from bridge.language import Locale, locale, spoken

from .expecting import Arrived, Expectation, expectation
from .floor import Floor, NotDone
from .hours import Calendar, DeskHours, Override, Situation, moment, situation, told_agents, told_visitors
from .model import NewChat, Person
from .seams import Seams

__all__ = ["Reception", "Welcome"]

_WEEKS = 4 * 7 * 86_400.0
_FRESH = 600.0
"""So long what is usual is not counted anew, in seconds."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The state of a desk as a visitor is told it before they say anything."""

    is_open: bool
    until: float | None
    """When that changes, in seconds since 1970; None: nobody knows."""
    hours: str
    """That in words, by the desk's clock; "": there is nothing to say."""
    expect: str
    """What to expect now, in words; "" where nothing is known, or it is closed."""


class Reception:
    """Knows the hours of one desk, and how long visitors wait there. Calls that change something stand in a
    transaction of the store.
    """

    def __init__(self, floor: Floor, seams: Seams) -> None:
        self._floor, self._chats, self._seams = floor, floor.chats, seams
        self._hours: DeskHours | None = None
        self._calendar: Calendar | None = None
        self._usual: Sequence[Arrived] = ()
        self._counted: float | None = None

    def situation(self) -> Situation:
        """Return whether the desk is open now, and until when."""
        said = self._chats.store.override(self._chats.desk)
        return situation(self._opened(), said and said[0], self._chats.clock.now())

    def welcome(self, language: str) -> Welcome:
        """Return what a visitor of this language is told."""
        now, found = self._chats.clock.now(), self.situation()
        speak = self._here(spoken(language))
        expect = self._expected(now).told(speak) if found.is_open else ""
        if found.is_open and not any(self._answers(one) for one in self._seams.agents(self._floor.rules)):
            expect = speak.gettext("Nobody is here at the moment. We answer as soon as we can.")
        return Welcome(found.is_open, found.until, told_visitors(found, speak, now), expect)

    def told(self, language: str) -> str:
        """Return whether the desk is open, in words for a visitor."""
        return told_visitors(self.situation(), self._here(spoken(language)), self._chats.clock.now())

    def closed(self, language: str) -> str:
        """Return that it is closed, and until when, in words for a visitor; "" while it is open."""
        return "" if self.situation().is_open else self.told(language)

    def leave(self, new: NewChat) -> None:
        """Tell agents what a visitor left while nobody was there."""
        name, mail = safe_name(new.name) if new.name.strip() else "?", " ".join(new.mail.split())
        self._chats.happened("message")
        number = self._chats.tell(
            self._floor.locale.gettext(
                "{name} left a message ({mail}): {text}",
                name=name,
                mail=", ".join(filter(None, (mail, new.page))) or "-",
                text="\n> ".join(new.text.splitlines()),  # no line of it looks like one of ours
            )
        )
        self._chats.store.left.add(number, self._chats.desk, self._chats.clock.now(), new)

    def ask(self, words: str, agent: str) -> str:
        """Do what an agent says behind `!hours`. Returns the answer. Raises NotDone."""
        wish, _, rest = words.strip().partition(" ")
        if wish:
            self._say(wish.lower(), rest.strip().removeprefix("until").strip(), agent)
        said = self._chats.store.override(self._chats.desk)
        override, by = said or (None, "")
        return told_agents(
            self.situation(), override, by, self._here(self._floor.locale), self._chats.clock.now()
        )

    def _say(self, wish: str, until: str, agent: str) -> None:
        override = None
        if wish != "normal":
            if wish not in {"open", "closed"}:
                raise self._unclear()
            try:
                then = moment(until, self._zone(), self._chats.clock.now()) if until else None
            except ValueError:
                raise self._unclear() from None
            override = Override(wish == "open", then)
        self._chats.store.put_override(self._chats.desk, override, agent)

    def _unclear(self) -> NotDone:
        return NotDone(
            self._floor.locale.gettext(
                "Say !hours closed, !hours closed until 15:00 (or tomorrow 9:00, monday, 2026-12-27 09:00), "
                "!hours open or !hours normal"
            )
        )

    def _answers(self, one: Person) -> bool:
        if one.away or self._floor.rules.is_bot(one.key):
            return False
        return self._chats.agent(one.key, one.name).available

    def _expected(self, now: float) -> Expectation:
        if self._counted is None or now - self._counted > _FRESH:
            self._usual, self._counted = self._chats.store.arrived(self._chats.desk, now - _WEEKS), now
        return expectation(self._usual, self._zone(), now, len(self._chats.in_line) + 1)

    def _opened(self) -> Calendar | None:
        hours = self._floor.rules.hours
        if hours is not self._hours:
            self._hours, self._calendar = hours, hours.calendar() if hours is not None else None
        return self._calendar

    def _zone(self) -> tzinfo:
        hours = self._floor.rules.hours
        return ZoneInfo(hours.time_zone) if hours is not None else UTC

    def _here(self, speak: Locale) -> Locale:
        """Return how somebody is spoken to, by the desk's clock."""
        hours = self._floor.rules.hours
        return locale(speak.language, hours.time_zone if hours is not None else None)
