"""Assigning: chats come to agents, and go back from those who are gone, as `routing` says."""

from collections.abc import Iterator, Mapping, Sequence

from .floor import Floor
from .model import Chat, ChatState, Person
from .reception import Reception
from .routing import Candidate, Held, TakingTurns, Waiting, Why, offers, taken_back
from .seams import Seams

__all__ = ["Assigning"]


class Assigning:
    """Offers the chats of one desk to its agents, and takes them back. Each call stands in a transaction of
    the store.
    """

    def __init__(self, floor: Floor, seams: Seams, reception: Reception) -> None:
        self._floor, self._chats, self._seams, self._reception = floor, floor.chats, seams, reception
        self._missing: dict[str, float] = {}
        """Since when agents have been gone or away, by the clock's `monotonic`."""
        self._before: dict[int, str | None] = {}
        """Whom the visitors who wait talked to before, as far as that was asked."""
        self._settled: object = None
        """The state in which everything that could be offered was: while it is the same, nothing can be."""

    def run(self) -> None:
        """Offer and take back whatever is due now."""
        if not self._chats.open:
            return
        rules = self._floor.rules
        people = {one.key: one for one in self._seams.agents(rules)}
        wanted = TakingTurns(rules.assign, rules.capacity, rules.answer_within, rules.back_within)
        unanswered = self._take_back(wanted, people)
        self._offer(wanted, people)
        for chat in unanswered:
            if chat.state is ChatState.WAITING:
                told = self._floor.locale.gettext(
                    "{chat} waits for anybody, since nobody who was asked answers: !take {number}",
                    chat=chat.label,
                    number=chat.number,
                )
                self._chats.tell_all(told, chat)

    def _take_back(self, wanted: TakingTurns, people: Mapping[str, Person]) -> Sequence[Chat]:
        """Take chats from those who are gone or do not answer. Returns those that were only offered."""
        self._note_missing(people)
        held = list(self._held())
        agents = {one.agent: self._candidate(one.agent, people) for one in held}
        unanswered = []
        for back in list(taken_back(wanted, agents, held, self._chats.clock.now())):
            chat = self._chats.open[back.number]
            if chat.state is ChatState.OFFERED and back.why is not Why.FULL:
                unanswered.append(chat)
            self._back(chat, back.why)
        return unanswered

    def _note_missing(self, people: Mapping[str, Person]) -> None:
        now = self._chats.clock.monotonic()
        gone = [key for key, chats in self._chats.held.items() if chats and key not in people]
        away = [key for key, one in people.items() if one.away]
        self._missing = {key: self._missing.get(key, now) for key in (*away, *gone)}

    def _held(self) -> Iterator[Held]:
        """Yield the chats that agents may lose: offers, and those of agents who are missing."""
        for key, numbers in self._chats.held.items():
            for number in sorted(numbers):
                chat = self._chats.open[number]
                if chat.state is ChatState.OFFERED:
                    yield Held(number, key, chat.offered_at)
                elif key in self._missing:
                    yield Held(number, key)

    def _offer(self, wanted: TakingTurns, people: Mapping[str, Person]) -> None:
        """Offer chats that wait to agents who are free. Nobody is asked for an answer after hours."""
        off = {key for key in people if not self._chats.agent(key).available}
        stands = self._floor.rules, people, off, self._chats.moves, set(self._chats.gone)
        if stands == self._settled or not self._reception.situation().is_open:
            return
        agents = [self._candidate(key, people) for key in sorted(people)]
        self._before = {number: one for number, one in self._before.items() if number in self._chats.in_line}
        for offer in list(offers(wanted, agents, self._waiting(), self._chats.clock.now())):
            self._floor.offer(self._chats.open[offer.number], people[offer.agent])
        self._settled = stands

    def _waiting(self) -> Iterator[Waiting]:
        for chat in self._chats.queue():
            if chat.state is ChatState.WAITING:
                yield Waiting(chat.number, self._had_before(chat), chat.passed)

    def _had_before(self, chat: Chat) -> str | None:
        """Return the agent who talked last with the visitor of a chat; None: nobody is known."""
        if chat.number not in self._before:
            others = self._chats.store.others_of(chat)
            agents = (one.agent for one in others if one.desk == self._chats.desk and one.agent)
            self._before[chat.number] = next(agents, None)
        return self._before[chat.number]

    def _candidate(self, key: str, people: Mapping[str, Person]) -> Candidate:
        row, since = self._chats.agent(key), self._missing.get(key)
        missing = None
        if since is not None:
            missing = self._chats.clock.now() - (self._chats.clock.monotonic() - since)
            if key in people:  # who talks is not away, whatever their client says
                missing = max(missing, row.seen_at)
        return Candidate(
            key,
            there=key in people,
            on=row.available,
            away=key in people and bool(people[key].away),
            missing_since=missing,
            chats=self._chats.busy(key),
            asked=sum(chat.state is ChatState.OFFERED for chat in self._chats.of(key)),
            last_given=row.given_at,
            program=self._floor.rules.is_bot(key),
        )

    def _back(self, chat: Chat, why: Why) -> None:
        told, what = "", "passed" if chat.state is ChatState.OFFERED else "released"
        if what == "released":
            locale = self._floor.locale
            values = {"chat": chat.label, "agent": chat.agent_name, "number": chat.number}
            told = (
                locale.gettext("{chat} waits again, since {agent} is away: !take {number}", **values)
                if why is Why.AWAY
                else locale.gettext("{chat} waits again, since {agent} is gone: !take {number}", **values)
            )
        passed = set(chat.passed)
        self._floor.give_back(chat, what=what, told=told)
        if why is Why.FULL:
            chat.passed = passed  # it may be theirs when they have time
