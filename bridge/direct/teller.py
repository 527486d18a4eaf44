"""What people are told of who wants to talk with them alone: each in their language, and nobody else."""

from collections.abc import Callable

from bridge.clock import Clock
from bridge.compose.forging import whole
from bridge.identity import safe_name
from bridge.kit.bounded import BoundedDict
from bridge.language import Locale, locale
from bridge.model import Authorship, RoomId, Speaker, UserId, Whisper
from bridge.relay.rooms import Rooms

from .finder import Known
from .pairs import Pair, Party

__all__ = ["Told", "Whispers", "named", "typed"]

_HOUR = 3600.0
_SOON = 10.0

Told = Callable[[Locale], str]
"""A sentence for people, by how they are spoken to."""


class Whispers:
    """Tells single people something."""

    def __init__(self, rooms: Rooms, clock: Clock) -> None:
        self._rooms = rooms
        self._clock = clock
        self._lately = BoundedDict[tuple[str, str, bool], float](5000)
        """Who was told something of whom, or that words were lost, and when, by the monotonic clock."""

    def tell(self, network: str, room: RoomId, user: UserId, told: Told, key: str = "") -> None:
        """Tell somebody something; `key` is whose account tells it, where that can be."""
        if (adapter := self._rooms.adapters.get(network)) is not None:
            adapter.hint(Whisper(room=room, user=user, text=told(self.locale(network)), key=key))

    def party(self, party: Party, other: Party, told: Told) -> None:
        """Tell one of two something about the other."""
        self.tell(party.network, party.room, party.user, told, other.key)

    def is_news(self, key: str, other: str, *, lost: bool) -> bool:
        """Whether somebody was told nothing of another within the hour; or, where their words are lost, not
        that within some seconds: what answers by itself shall not go on for ever. They are now.
        """
        now, pause, what = self._clock.monotonic(), _SOON if lost else _HOUR, (key, other, lost)
        if now - self._lately.get(what, -_HOUR) < pause:
            return False
        self._lately[what] = now
        return True

    def locale(self, network: str) -> Locale:
        """Return how the people of a network are spoken to."""
        known = self._rooms.directory.network(network)
        return locale(known.show.language, known.show.time_zone) if known is not None else locale("en", None)

    # Sentences for several occasions

    def begun(self, pair: Pair) -> None:
        """Tell both that they talk, and how."""
        for party in pair.parties:
            other = pair.other(party.key)
            adapter = self._rooms.adapters.get(party.network)
            speaker = Speaker(Authorship.PUPPET, other.name, other.key)
            record = adapter.capabilities(party.private, speaker) if adapter is not None else None
            themselves = record is not None and record.authorship is Authorship.PUPPET

            def told(locale: Locale, other: Party = other, *, themselves: bool = themselves) -> str:
                begun = locale.gettext(
                    "You and {name} talk alone from now on. What was written before did not arrive.",
                    name=named(other),
                )
                how = (
                    ""
                    if themselves
                    else locale.gettext("`!msg {typed} …` writes to them.", typed=typed(other))
                )
                end = locale.gettext("`!end {typed}` ends it.", typed=typed(other))
                return " ".join(filter(None, (begun, how, end)))

            self.party(party, other, told)

    def asked(self, pair: Pair) -> None:
        """Ask somebody for their consent. A stranger's words are not shown: they may be anything."""
        other = pair.asking

        def told(locale: Locale) -> str:
            return locale.gettext(
                "{name} wants to talk with you alone. `!accept {typed}` lets them, `!refuse {typed}` does "
                "not; after `!ignore {typed}` you are not asked again.",
                name=named(other),
                typed=typed(other),
            )

        self.party(pair.asked, other, told)

    def over(self, party: Party, other: Party) -> None:
        """Tell somebody that the other has ended their talk."""
        self.party(
            party, other, lambda locale: locale.gettext("You and {name} talk no more.", name=named(other))
        )


def named(person: Party | Known) -> str:
    """Return what somebody is called to people elsewhere."""
    return f"{whole(safe_name(person.name))} ({person.network})"


def typed(person: Party | Known) -> str:
    """Return what somebody is called in an instruction, in one word."""
    return f"{safe_name(person.name).replace(' ', '_')}@{person.network}"
