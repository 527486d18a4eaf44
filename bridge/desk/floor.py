"""The floor, on which chats change hands: from one state to the next, with what people are told then."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import NamedTuple

from bridge.identity import one_line
from bridge.language import Locale, spoken

from .chats import Chats
from .model import Chat, ChatState, LineBody, Person, SaidBy
from .retold import Retold
from .rules import DeskRules

__all__ = ["Floor", "Lost", "NotDone"]


class NotDone(Exception):
    """An agent is refused something; the text says why, in their language. Nothing has changed."""


class Lost(NamedTuple):
    """The chat that an agent's plain words went to."""

    at: float
    chat: int


class Floor:
    """Gives chats to agents and takes them back. Each call stands in a transaction of the store."""

    def __init__(self, chats: Chats, rules: DeskRules, desks: "MutableMapping[str, Floor]") -> None:
        """`desks` are those of the network, by their names: this one puts itself there."""
        self.chats, self.rules, self.desks = chats, rules, desks
        desks[chats.desk] = self
        self.lost: dict[str, Lost] = {}
        """Agents whose plain words go to a chat no more, and who may not have seen that."""
        self.closed: Callable[[str], str] = lambda _: ""
        """Says in a visitor's language that the desk is closed, and until when; "" while it is open."""
        self.ended: Callable[[Chat], None] = lambda _: None
        """Is told which chat was closed."""
        self.said: Callable[[Chat, int], None] = lambda _chat, _n: None
        """Is told which line a person said to a visitor."""
        self.committed: Callable[[], None] = lambda: None
        """Is called when what was done is kept."""

    @property
    def locale(self) -> Locale:
        """How agents are spoken to."""
        return self.chats.locale

    def find(self, number: int) -> Chat:
        """Return a chat of this desk. Raises NotDone, and says where it is, when it is none."""
        chat = self.chats.get(number)
        if chat is not None:
            return chat
        other = self.chats.store.chat(number)
        if other is not None:
            raise NotDone(self.locale.gettext("{number} is at {desk}.", number=number, desk=other.desk))
        raise NotDone(self.locale.gettext("There is no chat {number} here.", number=number))

    def whose(self, chat: Chat) -> str:
        """Say who has a chat, and that their words reach its visitor."""
        return self.locale.gettext(
            "{chat} is {agent}'s: what {agent} says goes to them", chat=chat.label, agent=chat.agent_name
        )

    def not_theirs(self, chat: Chat) -> str:
        """Say that another agent has a chat."""
        return self.locale.gettext(
            "{number} is {agent}'s: !take {number} takes it over", number=chat.number, agent=chat.agent_name
        )

    def untold(self, chat: Chat) -> str:
        """Say that nobody was told what somebody said to a visitor whom another agent has."""
        return self.locale.gettext(
            "Nobody was told that: {number} is {agent}'s. !take {number} takes it over",
            number=chat.number,
            agent=chat.agent_name,
        )

    def rename(self, key: str, new_key: str, name: str) -> None:
        """Know an agent by another key."""
        row = replace(self.chats.agent(key), key=new_key, name=name)
        self.chats.agents[new_key] = row
        self.chats.store.put_agent(row)
        self.chats.agents[key].current = None  # who takes the name next talks to nobody
        self.chats.store.put_agent(self.chats.agents[key])
        for chat in self.chats.of(key):
            self.chats.change(chat, agent=new_key, agent_name=name)
        if (lost := self.lost.pop(key, None)) is not None:
            self.lost[new_key] = lost

    def offer(self, chat: Chat, agent: Person) -> None:
        """Ask an agent to take a chat. Its visitor waits on, and nobody's words reach them meanwhile."""
        now = self.chats.clock.now()
        self.chats.change(
            chat, state=ChatState.OFFERED, agent=agent.key, agent_name=agent.name, offered_at=now
        )
        row = self.chats.agent(agent.key, agent.name)
        row.given_at = now
        self.chats.store.put_agent(row)
        self.chats.happened("offered", chat.number, agent.key)
        self.chats.tell_all(
            self.locale.gettext(
                "{agent}: {chat} is for you (answer, or !take {number})",
                agent=agent.name,
                chat=chat.label,
                number=chat.number,
            ),
            chat,
        )

    def take(self, chat: Chat, agent: Person) -> None:
        """Give a chat to an agent who wants it: from now on what they say goes to its visitor."""
        self.need_room(chat, agent)
        before, had = chat.state, chat.agent
        if before is ChatState.TALKING and had == agent.key:
            self.turn_to(chat, agent)
            return
        now = self.chats.clock.now()
        columns: dict[str, object] = {"taken_at": now} if chat.taken_at is None else {}
        if before is ChatState.CLOSED:
            columns |= {"closed_at": None, "closed_by": "", "waits_since": now}
            self.chats.happened("reopened", chat.number, agent.key)
        if before is ChatState.TALKING:
            self._turn_away(had, chat)
        self.chats.change(
            chat, state=ChatState.TALKING, agent=agent.key, agent_name=agent.name, offered_at=None, **columns
        )
        chat.passed.clear()
        self.chats.happened("taken", chat.number, agent.key)
        self.turn_to(chat, agent, given=True)
        here = spoken(chat.language).gettext("You are talking with {agent} now.", agent=agent.name)
        self.chats.show_state(chat, here)

    def need_room(self, chat: Chat, agent: Person) -> None:
        """Raise NotDone when an agent has as many chats as one may have, and this would be one more."""
        if self.rules.is_bot(agent.key):
            return
        if self.chats.busy(agent.key, besides=chat.number) >= self.rules.capacity:
            raise NotDone(
                self.locale.gettext(
                    "{agent} has as many chats as one may have here ({number}): "
                    "!close or !transfer one first",
                    agent=agent.name,
                    number=self.rules.capacity,
                )
            )

    def turn_to(self, chat: Chat | None, agent: Person, *, given: bool = False) -> None:
        """Let an agent's plain words go to this chat; None: to nobody."""
        row = self.chats.agent(agent.key, agent.name)
        row.name, row.current = agent.name, chat.number if chat is not None else None
        if given:
            row.given_at = self.chats.clock.now()
        self.chats.store.put_agent(row)

    def _turn_away(self, key: str, chat: Chat) -> None:
        """Let nothing more of an agent's plain words go to a chat."""
        row = self.chats.agents.get(key)
        if row is not None and row.current == chat.number:
            row.current = None
            self.chats.store.put_agent(row)
            self.lost[key] = Lost(self.chats.clock.now(), chat.number)

    def say(self, chat: Chat, agent: Person, body: LineBody, room: str, at: float | None = None) -> int:
        """Say an agent's words to the visitor of a chat that they have, a program's also to one who waits;
        `room` is where they said them, `at` when, if not now. Returns the line's number.
        """
        has = chat.state is ChatState.TALKING and chat.agent == agent.key
        assert has or self.rules.is_bot(agent.key)
        n = self.chats.add(chat, "said", SaidBy.AGENT, agent.name, body, at=at)
        Retold(self.chats, chat, room, agent.name).said(body)
        now = self.chats.clock.now()
        if chat.answered_at is None and has:
            self.chats.happened("answered", chat.number, agent.key)
            self.chats.change(chat, answered_at=now, last_at=now)
        else:
            self.chats.change(chat, last_at=now)
        if not self.rules.is_bot(agent.key):
            self.said(chat, n)
        return n

    def give_back(self, chat: Chat, *, what: str, told: str) -> None:
        """Take a chat from its agent: its visitor waits again, where they stood in line. `told` is what
        agents are told; "": nothing.
        """
        had, name, talked = chat.agent, chat.agent_name, chat.state is ChatState.TALKING
        chat.passed.add(had)
        self._turn_away(had, chat)
        self.chats.change(chat, state=ChatState.WAITING, agent="", agent_name="", offered_at=None)
        self.chats.happened(what, chat.number, had)
        if talked:
            here = spoken(chat.language).gettext("{agent} had to go. Somebody else comes.", agent=name)
            self.chats.show_state(chat, here)
        if told:
            self.chats.tell_all(told, chat)

    def close(self, chat: Chat, by: str, text: str) -> None:
        """End a chat. `by` is `visitor`, `desk` or an agent's key; `text` is what the visitor is told."""
        self._turn_away(chat.agent, chat)
        now = self.chats.clock.now()
        missed = chat.answered_at is None
        self.chats.change(
            chat, state=ChatState.CLOSED, closed_at=now, closed_by=by, missed=missed, offered_at=None
        )
        if missed:
            self.chats.happened("missed", chat.number, chat.agent)
        self.chats.happened("closed", chat.number, chat.agent)
        self.chats.show_state(chat, text)
        self.ended(chat)

    def reopen(self, chat: Chat) -> None:
        """Let a chat that was closed wait again, since its visitor has more to say."""
        now = self.chats.clock.now()
        chat.passed.clear()
        self.chats.change(
            chat,
            state=ChatState.WAITING,
            agent="",
            agent_name="",
            closed_at=None,
            closed_by="",
            waits_since=now,
        )
        self.chats.happened("reopened", chat.number)
        self.announce(chat)

    def announce(self, chat: Chat) -> None:
        """Tell agents that a chat waits, and its visitor where in line."""
        position = len(self.chats.in_line)
        page = f" – {one_line(chat.page)}" if chat.page else ""
        self.chats.tell(
            self.locale.gettext(
                "{chat} waits ({position} in line): !take {number}{page}",
                chat=chat.label,
                position=position,
                number=chat.number,
                page=page,
            ),
            chat.number,
        )
        self.show_position(chat, position)

    def show_position(self, chat: Chat, position: int) -> None:
        """Tell a visitor where they are in line."""
        speak = spoken(chat.language)
        text = self.closed(chat.language) or (
            speak.gettext("You are next: somebody answers soon.")
            if position == 1
            else speak.gettext("You are number {place} in line.", place=position)
        )
        chat.place = position
        self.chats.show_state(chat, text, position=position)

    def hand_to(self, chat: Chat, agent: Person, to: Person) -> None:
        """Offer a chat to another agent."""
        self.need_room(chat, to)
        if not self.chats.agent(to.key, to.name).available:
            raise NotDone(
                self.locale.gettext("{agent} gets no visitors now: !on changes that", agent=to.name)
            )
        self._turn_away(chat.agent, chat)
        self.chats.happened("transferred", chat.number, agent.key)
        told = spoken(chat.language).gettext("You are passed on to {agent}.", agent=to.name)
        self.offer(chat, to)
        self.chats.show_state(chat, told)

    def hand_over(self, chat: Chat, agent: Person, desk: "Floor") -> None:
        """Let a chat wait at another desk."""
        self._turn_away(chat.agent, chat)
        self.chats.happened("transferred", chat.number, agent.key)
        self.chats.change(
            chat,
            state=ChatState.WAITING,
            agent="",
            agent_name="",
            offered_at=None,
            desk=desk.chats.desk,
            rooms={},
        )
        self.chats.release(chat)
        chat.passed.clear()
        desk.chats.adopt(chat)
        desk.announce(chat)

    def tell_where(self, chat: Chat, rooms: Mapping[str, str]) -> None:
        """Tell agents in the lobby where a chat's own rooms are."""
        names = ", ".join(f"{room} ({network})" for network, room in rooms.items())
        told = self.locale.gettext("{chat} is in a room of its own: {rooms}", chat=chat.label, rooms=names)
        self.chats.tell(told, chat.number)
