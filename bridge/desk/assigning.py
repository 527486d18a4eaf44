"""Chats come to agents, and go back from those who are gone, as `routing` says."""

from collections.abc import Iterator, Mapping

from .chats import Chats
from .floor import Floor
from .model import Chat, ChatState, Person
from .reception import Reception
from .routing import Back, Candidate, Offer, Open, TakingTurns, Unanswered, Why, steps
from .seams import Seams

__all__ = ["Assigning"]


class Assigning:
    """Does it for one desk. Each call stands in a transaction of the store."""

    def __init__(self, floor: Floor, seams: Seams, reception: Reception) -> None:
        self._floor, self._chats, self._seams, self._reception = floor, floor.chats, seams, reception
        self._missing: dict[str, float] = {}
        """Since when agents have been gone or away, by the clock's `monotonic`."""
        self._before: dict[int, str | None] = {}
        """Whom the visitors who wait talked to before."""

    def run(self) -> None:
        """Do what is to be done now."""
        rules = self._floor.rules
        people = {one.key: one for one in self._seams.agents(rules)}
        is_open = not self._chats.in_line or self._reception.situation().is_open
        assign = rules.assign if is_open else "first"  # nobody is asked for an answer after hours
        wanted = TakingTurns(assign, rules.capacity, rules.answer_within, rules.back_within)
        agents = list(self._candidates(people))
        self._remember()
        waiting = any(one.is_available for one in agents)
        movable = self._open(is_open=is_open, waiting=waiting)
        for step in list(steps(wanted, agents, movable, self._chats.clock.now())):
            chat = self._chats.open[step.number]
            match step:
                case Offer():
                    self._floor.offer(chat, people[step.agent])
                case Back():
                    self._back(chat, step.why)
                case Unanswered():
                    told = self._floor.locale.gettext(
                        "{chat} waits for anybody, since nobody who was asked answers: !take {number}",
                        chat=chat.label,
                        number=chat.number,
                    )
                    self._chats.tell_all(told, chat)

    def _candidates(self, people: Mapping[str, Person]) -> Iterator[Candidate]:
        clock, rules = self._chats.clock, self._floor.rules
        now, tick = clock.now(), clock.monotonic()
        holding = {key for key, chats in self._chats.held.items() if chats and not rules.is_bot(key)}
        self._missing = {
            key: self._missing.get(key, tick)
            for key in [*people, *(holding - people.keys())]
            if key not in people or people[key].away
        }
        for key in sorted(people.keys() | holding):
            row, since = self._chats.agent(key), self._missing.get(key)
            missing = None if since is None else now - (tick - since)
            if missing is not None and key in people:  # who talks is not away, whatever their client says
                missing = max(missing, row.seen_at)
            yield Candidate(
                key,
                there=key in people,
                on=row.available,
                away=key in people and bool(people[key].away),
                missing_since=missing,
                chats=len(self._chats.held.get(key, ())),
                last_given=row.given_at,
                program=rules.is_bot(key),
            )

    def _open(self, *, is_open: bool, waiting: bool) -> Iterator[Open]:
        """Yield what may be moved, who waits longest first; `waiting`: also those whom nobody has."""
        moving = {number for key in self._missing for number in self._chats.held.get(key, ())}
        chats = [
            chat
            for number in moving | self._chats.in_line
            if (chat := self._chats.open[number]).state is not ChatState.WAITING or waiting
        ]
        for chat in sorted(chats, key=lambda chat: (chat.waits_since, chat.number)):
            match chat.state:
                case ChatState.TALKING:
                    yield Open(chat.number, "talking", 0.0, chat.agent, asked=chat.passed)
                case ChatState.OFFERED:
                    since = chat.offered_at or 0.0
                    yield Open(chat.number, "offered", since, chat.agent, asked=chat.passed)
                case _:
                    before = self._before[chat.number] if is_open else None
                    yield Open(chat.number, "waiting", 0.0, before=before, asked=chat.passed)

    def _remember(self) -> None:
        """Find out whom those who wait talked to before."""
        self._before = {
            number: self._before[number] if number in self._before else _before(self._chats, number)
            for number in self._chats.in_line
        }

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
        self._floor.give_back(chat, what=what, told=told)


def _before(chats: Chats, number: int) -> str | None:
    """Return the agent who talked last with the visitor of a chat; None: nobody is known."""
    chat = chats.open[number]
    if not chat.customer and not chat.mail:
        return None
    known = chats.store.chats_of(customer=chat.customer, mail="" if chat.customer else chat.mail)
    return next(
        (one.agent for one in known if one.number != number and one.desk == chats.desk and one.agent), None
    )
