"""The chats of one desk that are open, at hand, and what is written of all."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from bridge.clock import Clock
from bridge.language import Locale, spoken
from bridge.looks import look

from .model import Chat, ChatFile, ChatLine, ChatState, FeedRow, LineBody, NewChat, SaidBy, final
from .store import AgentRow, DeskStore

__all__ = ["DESK_NAME", "Chats", "News"]

_IN_LINE = (ChatState.WAITING, ChatState.OFFERED)
_HELD = (ChatState.OFFERED, ChatState.TALKING)
DESK_NAME = "Desk"
"""The name by which the desk itself speaks."""
_DESK = "desk"
_ALL = 100_000


@dataclass(slots=True)
class News:
    """Changes that somebody shows: visitors' pages, and the rooms of agents."""

    touched: set[int]
    """Chats with new lines."""
    fed: bool
    """Whether there is something new for agents."""


class Chats:
    """Keeps what is open in memory as it is in the store. All changes stand in a transaction of the store;
    when that fails, `load` makes both the same again.
    """

    def __init__(self, store: DeskStore, desk: str, clock: Clock, language: Callable[[], str]) -> None:
        self.store, self.desk, self.clock = store, desk, clock
        self._language = language
        self.open: dict[int, Chat] = {}
        self.in_line: set[int] = set()
        """Those that no agent has taken."""
        self.held: Mapping[str, set[int]] = {}
        """Those that agents have, or are offered."""
        self.gone: set[int] = set()
        """Those whose visitors are not on the page any more, as their agents were told."""
        self.agents: dict[str, AgentRow] = {}
        self.moves = 0
        """Grows whenever a chat comes to stand otherwise."""
        self._queue: list[Chat] | None = None
        self._news = News(set(), fed=False)
        self.load()

    @property
    def locale(self) -> Locale:
        """How agents are spoken to."""
        return spoken(self._language())

    def load(self) -> None:
        """Read what is open from the store."""
        passed = {number: chat.passed for number, chat in self.open.items()}
        self.open = {chat.number: chat for chat in self.store.open_chats(self.desk)}
        self.in_line = set()
        self.held = defaultdict(set)
        self._moved()
        for number, chat in self.open.items():
            chat.passed = passed.get(number, set())
            self._file(chat)
        self.agents = {agent.key: agent for agent in self.store.agents(self.desk)}

    def news(self) -> News:
        """Return what changed since this was asked last."""
        news, self._news = self._news, News(set(), fed=False)
        return news

    def _moved(self) -> None:
        self.moves += 1
        self._queue = None

    def _file(self, chat: Chat) -> None:
        self._moved()
        if chat.state in _IN_LINE:
            self.in_line.add(chat.number)
        if chat.state in _HELD:
            self.held[chat.agent].add(chat.number)

    def get(self, number: int) -> Chat | None:
        """Return a chat of this desk, open or closed; None: it has no such chat."""
        chat = self.open.get(number) or self.store.chat(number)
        return chat if chat is not None and chat.desk == self.desk else None

    def queue(self) -> Sequence[Chat]:
        """Return the chats that no agent has taken, in line."""
        if self._queue is None:
            waiting = (self.open[number] for number in self.in_line)
            self._queue = sorted(waiting, key=attrgetter("waits_since", "number"))
        return self._queue

    def of(self, key: str) -> list[Chat]:
        """Return the chats that an agent has, or is offered, by their numbers."""
        return [self.open[number] for number in sorted(self.held.get(key, ()))]

    def busy(self, key: str, *, besides: int = 0) -> int:
        """Return how many visitors an agent has, not counting one chat: who is only offered to them is not
        theirs yet, and who has left the page needs nobody's time.
        """
        theirs = self.held.get(key, set()) - self.gone - {besides}
        return sum(self.open[number].state is ChatState.TALKING for number in theirs)

    def agent(self, key: str, name: str = "") -> AgentRow:
        """Return what is remembered of an agent, who may be new."""
        found = self.agents.get(key)
        if found is None:
            found = self.agents[key] = AgentRow(self.desk, key, name)
        return found

    def open_chat(self, new: NewChat, token: str) -> Chat:
        chat = self.store.add_chat(self.desk, new, token, self.clock.now())
        self.adopt(chat)
        return chat

    def adopt(self, chat: Chat) -> None:
        """Have a chat among the open ones."""
        self.open[chat.number] = chat
        self._file(chat)

    def release(self, chat: Chat) -> None:
        """Have it there no more."""
        self._moved()
        self.open.pop(chat.number, None)
        self.in_line.discard(chat.number)
        self.held[chat.agent].discard(chat.number)

    def change(self, chat: Chat, **columns: Any) -> None:
        """Change how a chat stands."""
        if "state" in columns or "agent" in columns:
            self.release(chat)
        for name, value in columns.items():
            setattr(chat, name, value)
        self.store.change_chat(chat.number, **columns)
        if ("state" in columns or "agent" in columns) and chat.state is not ChatState.CLOSED:
            self.open[chat.number] = chat
            self._file(chat)

    def add(  # noqa: PLR0913 what a line has
        self,
        chat: Chat,
        kind: str,
        by: SaidBy,
        name: str,
        body: LineBody,
        *,
        key: str = "",
        at: float | None = None,
    ) -> int:
        """Say something to a chat's visitor; `at`: when, if not now. Returns the line's number."""
        chat.last += 1
        at = self.clock.now() if at is None else at
        self.store.add_line(ChatLine(chat.number, chat.last, at, kind, by, name, key, body))
        self._news.touched.add(chat.number)
        return chat.last

    def words(self, chat: Chat, n: int) -> str:
        """Return the words of a line as its visitor sees them; empty: they see none."""
        lines = self.store.lines(chat.number, n - 1, _ALL)
        return next((words for line, words in final(lines) if line.n == n), "")

    def show_state(self, chat: Chat, text: str, *, position: int | None = None) -> None:
        """Tell a visitor how their chat stands, in a sentence of their language."""
        body = LineBody(text=text, state=chat.state, position=position, agent=chat.agent_name)
        if chat.state in _IN_LINE:
            body = LineBody(text=text, state=ChatState.WAITING, position=position)
        self.add(chat, "state", SaidBy.DESK, "", body)

    def pass_on(self, chat: Chat, n: int, text: str, file: ChatFile | None) -> None:
        """Let agents hear what a visitor said."""
        sender, now, body = str(chat.number), self.clock.now(), LineBody(text, file)
        own = chat.name if chat.name and look(chat.name) != look(DESK_NAME) else chat.label
        name = own if chat.rooms else chat.label
        self._feed(FeedRow(0, chat.room, now, "said", chat.number, n, sender, name, body))

    def tell(self, text: str, chat: int = 0, room: str = "", file: ChatFile | None = None) -> int:
        """Tell agents something in the desk's own words. Returns its number in the feed."""
        now, where = self.clock.now(), room or self.desk
        return self._feed(FeedRow(0, where, now, "said", chat, 0, _DESK, DESK_NAME, LineBody(text, file)))

    def tell_all(self, text: str, chat: Chat, room: str = "") -> None:
        """Tell it wherever a chat is talked of: in `room`, where somebody asked, the lobby, and its own."""
        for where in dict.fromkeys((room or self.desk, self.desk, chat.room)):
            self.tell(text, chat.number, where)

    def _feed(self, row: FeedRow) -> int:
        self._news.fed = True
        return self.store.add_feed(row)

    def happened(self, what: str, chat: int = 0, agent: str = "") -> None:
        """Note a fact for figures."""
        self.store.add_happening(self.clock.now(), self.desk, chat, what, agent)
