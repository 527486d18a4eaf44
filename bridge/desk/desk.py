"""One desk: what becomes of what visitors and agents say."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from dataclasses import replace

from bridge.clock import Clock
from bridge.identity import one_line, safe_name
from bridge.language import spoken
from bridge.model import DeleteMessage, EditMessage, MessageId, Part, RoomId, SendMessage

from .answering import Answering, shortened
from .arrivals import VisitorArrivals, new_token, once
from .assigning import Assigning
from .chats import Chats
from .floor import Floor
from .hearing import Hearing
from .model import Chat, ChatFile, ChatState, Denial, Denied, LineBody, NewChat, OpenedChat, SaidBy
from .reception import Reception, Welcome
from .retold import tell_so_far
from .rules import DeskRules
from .seams import Seams
from .staff import Staff
from .store import DeskStore
from .ticking import Ticking

__all__ = ["Desk"]

_SHORT = 50
"""In a longer line, whoever comes has nobody before the next `tick`: that looks at all who wait."""

_FIELDS = 30
"""So many fields at most has a chat."""


class Desk:
    """The state machine of one desk over its network's store. Whatever is called is one transaction: it is
    done and kept, or raises (`TemporaryFailure` where the file cannot be written) and nothing was done. What
    is asked again, under the same txn or key, changes nothing.
    """

    def __init__(  # noqa: PLR0913
        self,
        store: DeskStore,
        name: str,
        rules: DeskRules,
        clock: Clock,
        seams: Seams,
        *,
        desks: MutableMapping[str, Floor] | None = None,
        language: Callable[[], str] = lambda: "en",
    ) -> None:
        """`desks` is what all desks of a network share, so that chats pass from one to another; `language`
        what agents speak (BCP 47).
        """
        self.name, self.store = name, store
        self.changed: Callable[[Collection[int]], None] = _nothing
        """Is told which chats have new lines, when these are kept."""
        self.fed: Callable[[], None] = lambda: None
        """Is told that there is something new for agents (`DeskStore.feed`)."""
        self._clock = clock
        self._arrivals = VisitorArrivals(store, name, clock)
        self._chats = Chats(store, name, clock, language)
        self._floor = Floor(self._chats, rules, desks if desks is not None else {})
        self._floor.committed = self._tell
        asked = replace(seams, people=Staff(self._chats, seams.people).people)
        self._reception = Reception(self._floor, asked)
        self._floor.closed = self._reception.closed
        self._floor.ended, self._floor.said = asked.ended, asked.said
        self._answering = Answering(self._floor, self._reception)
        self._answering.look()
        self._asked = asked
        self._hearing = Hearing(self._floor, asked, self._answering, self._reception)
        self._assigning = Assigning(self._floor, asked, self._reception)
        self._ticking = Ticking(self._floor, self._assigning)

    @property
    def rules(self) -> DeskRules:
        return self._floor.rules

    def follow(self, rules: DeskRules) -> None:
        """Work by these rules from now on."""
        self._floor.rules = rules
        self._answering.look()

    @property
    def chats(self) -> Collection[Chat]:
        """The chats that are open now, to be read only."""
        return self._chats.open.values()

    def has_room(self, agent: str) -> bool:
        """Whether an agent wants visitors, and may have one more."""
        row = self._chats.agents.get(agent)
        return (row is None or row.available) and self._chats.busy(agent) < self.rules.capacity

    def chat(self, number: int) -> Chat | None:
        """Return a chat of this desk, open or closed, to be read only; None: there is none."""
        return self._chats.get(number)

    # of visitors

    def welcome(self, language: str) -> Welcome:
        """Return what somebody who speaks this language finds: open or closed, and what to expect."""
        return self._reception.welcome(language)

    def leave_message(self, new: NewChat) -> None:
        """Take what somebody leaves for later; once, under a key as `open` has it. Raises Denied when their
        address is banned.
        """
        self._arrivals.let_in(new)
        txn = once(new)
        if txn is not None and self.store.heard([txn]):
            return
        with self._turn():
            self._reception.leave(new)
            self._asked.left_message(new)
            if txn is not None:
                self.store.add_heard(txn, self._clock.now(), Part(MessageId(f"0.{txn}")))

    def open(self, new: NewChat) -> OpenedChat:
        """Let a visitor in; once, when a browser asks again with the key that it made for that. Raises Denied
        when their address is banned.
        """
        self._arrivals.let_in(new)
        if (again := self._arrivals.again(new)) is not None:
            return again
        token = new_token()
        with self._turn():
            name = safe_name(new.name) if new.name.strip() else ""
            chat = self._chats.open_chat(replace(new, name=name), token)
            self._chats.happened("opened", chat.number)
            if new.text or new.file is not None:
                self._say(chat, new.key, new.text, new.file, new.own)
            self._floor.announce(chat)
            if len(self._chats.in_line) <= _SHORT:
                self._assigning.run()
            self._answering.suggest(chat, new.text)
        opened = OpenedChat(chat.number, token)
        self._arrivals.note(new, opened)
        return opened

    def said(self, number: int, key: str, text: str, file: ChatFile | None = None, own: str = "") -> int:
        """Take what a visitor says, under their browser's own id; `own`: as they wrote it, where that is not
        what everybody else gets. Returns the line's number.

        Raises Denied.
        """
        chat = self._visited(number)
        if key and (known := self.store.line_of(number, key)) is not None:
            return known
        self._let_speak(chat)
        with self._turn():
            n = self._say(chat, key, text, file, own)
            if chat.state is ChatState.CLOSED:
                self._floor.reopen(chat)
            self._answering.suggest(chat, text)
        return n

    def _let_speak(self, chat: Chat) -> None:
        if self.store.is_banned(chat.number, self._clock.now()):
            raise Denied(Denial.BANNED, spoken(chat.language).gettext("This desk is closed to you for now."))

    def _say(self, chat: Chat, key: str, text: str, file: ChatFile | None, own: str) -> int:
        body = LineBody(text, file, own=own if own != text else "")
        n = self._chats.add(chat, "said", SaidBy.VISITOR, chat.name, body, key=key)
        self._chats.change(chat, last_at=self._clock.now())
        self._chats.pass_on(chat, n, text, file)
        return n

    def visited(self, number: int, page: str, title: str) -> None:
        """Note where on the site a visitor is. Raises Denied."""
        chat = self._visited(number)
        if (page, title) != (chat.page, chat.title):
            with self._turn():
                self._chats.change(chat, page=page, title=title)

    def happened(self, number: int, name: str, text: str) -> None:
        """Note what a visitor did on the page, or has there: a field of the chat, which agents are told when
        it is news. Both are one line. Raises Denied.
        """
        chat = self._visited(number)
        is_new = name not in chat.fields and len(chat.fields) >= _FIELDS
        if is_new or chat.fields.get(name) == text or chat.state is ChatState.CLOSED:
            return
        with self._turn():
            self._chats.change(chat, fields={**chat.fields, name: text})
            told = shortened(f"{name}: {text}")
            self._chats.tell(f"{chat.label}: {told}", number, chat.room)

    def rated(self, number: int, stars: int, words: str = "") -> None:
        """Take a visitor's rating, from 1 to 5. Raises Denied."""
        chat = self._visited(number)
        if (stars, words) == (chat.rating, chat.rating_words):
            return
        self._let_speak(chat)
        with self._turn():
            self._chats.change(chat, rating=stars, rating_words=words)
            self._chats.happened("rated", number, chat.agent)
            stars_shown = "★" * stars + "☆" * (5 - stars)
            self._chats.tell(f"{chat.label}: {stars_shown} {one_line(words)}".rstrip(), number)

    def send_to(self, number: int, address: str) -> bool:
        """Have what is said in a chat go to the address that its visitor gives. Returns False where no mail
        can be sent. Raises Denied.
        """
        chat = self._visited(number)
        with self._turn():
            self._chats.change(chat, mail_to=address)
            return self._asked.post(chat, address)

    def mailed(self, number: int, address: str) -> None:
        """Tell agents that what a visitor has not seen of their words went to them by mail."""
        chat = self._chats.get(number)
        if chat is not None:
            with self._turn():
                told = self._chats.locale.gettext(
                    "{chat} was not on the page: what they have not seen went to {address} by mail.",
                    chat=chat.label,
                    address=address,
                )
                self._chats.tell(told, number, chat.room)

    def not_sent(self, number: int, address: str, why: str, *, asked: bool) -> None:
        """Tell agents that a mail is given up, and the visitor of its chat if they `asked` for it. `why` is
        said in the agents' language where it is a sentence of ours.
        """
        with self._turn():
            self._chats.tell(
                self._chats.locale.gettext(
                    "The mail to {address} did not go, and is not tried again: {why}",
                    address=address,
                    why=one_line(self._chats.locale.gettext(why)),
                ),
                number,
            )
            chat = self._chats.get(number) if asked else None
            if chat is not None:
                speak = spoken(chat.language)
                told = speak.gettext("The mail to {address} did not go. Is that right?", address=address)
                self._chats.show_state(chat, told)

    def left(self, number: int) -> None:
        """Close a chat, since its visitor wants that. Raises Denied."""
        chat = self._visited(number)
        if chat.state is ChatState.CLOSED:
            return
        with self._turn():
            self._floor.close(chat, "visitor", spoken(chat.language).gettext("You closed the chat."))
            self._chats.tell_all(self._chats.locale.gettext("{chat} closed the chat.", chat=chat.label), chat)

    def here(self, number: int, *, connected: bool) -> None:
        """Note that a visitor's browser follows the chat now, or does no more: not kept over a restart."""
        self._ticking.here(number, connected=connected)

    def erase(self, number: int) -> None:
        """Forget who the visitor of a chat was and what was said in it: whoever asks for that has seen to
        what went elsewhere (`names`). Its times stay, for figures.
        """
        chat = self._chats.get(number)
        with self._turn():
            if chat is not None and chat.state is not ChatState.CLOSED:
                self._floor.close(chat, "visitor", "")
            self.store.erase(number)
            if chat is not None:
                told = self._chats.locale.gettext(
                    "{number} was deleted, as its visitor wanted.", number=number
                )
                self._chats.tell(told)

    def names(self, number: int) -> list[tuple[RoomId, MessageId]]:
        """Return the names of all that was said in a chat, by its visitor and to them, and of it by the desk,
        each with its room; of one that is forgotten only the latter.
        """
        chat = self._chats.get(number)
        rooms = {*self._floor.desks, f"{self.name}/{number}"}  # it may have begun at another desk
        lines = range(1, chat.last + 1) if chat is not None else ()
        said = [(RoomId(room), MessageId(f"{number}.{n}")) for room in sorted(rooms) for n in lines]
        return said + [(RoomId(row.room), row.id) for row in self.store.told_of(number)]

    def _visited(self, number: int) -> Chat:
        """Return the chat of a visitor who does something in it. Raises Denied."""
        chat = self._chats.get(number)
        if chat is None:
            raise Denied(Denial.GONE, self._chats.locale.gettext("There is no such chat any more."))
        return chat

    # of agents

    def heard(self, command: SendMessage | EditMessage | DeleteMessage) -> Part:
        """Take what was said in the lobby, or in a chat's own room (`DESK/NUMBER`), in its order. Returns the
        name that it has here from now on, whether a visitor got it or nobody; `DeskStore.heard` has it too.
        """
        known = self.store.heard([command.txn])
        if command.txn in known:
            return known[command.txn]
        with self._turn():
            part = self._hearing.hear(command)
            self.store.add_heard(command.txn, self._clock.now(), part)
        return part

    def renamed(self, key: str, new_key: str, name: str) -> None:
        """Let an agent keep their chats who has another key from now on, unless they may not answer by it."""
        known = key in self._chats.agents or self._chats.held.get(key)
        if known and self._asked.is_agent(new_key) and self.rules.may_answer(new_key):
            with self._turn():
                self._floor.rename(key, new_key, name)

    def writes_to(self, agent: str, room: RoomId) -> int | None:
        """Return the chat whose visitor hears what an agent says plainly in the lobby, or in a chat's own
        room; None: nobody does.
        """
        if room == self.name:
            row = self._chats.agents.get(agent)
            return row.current if row is not None else None
        theirs = (chat for chat in self._chats.of(agent) if chat.state is ChatState.TALKING)
        return next((chat.number for chat in theirs if chat.room == room), None)

    def moved(self, number: int, rooms: Mapping[str, str]) -> None:
        """Let a chat have rooms of its own, by their networks; none: it has none."""
        chat = self._chats.get(number)
        if chat is not None and chat.rooms != rooms:
            with self._turn():
                self._chats.change(chat, rooms=rooms)
        elif chat is None and self.store.desk_of(number) == self.name:  # it was erased meanwhile
            with self._turn():
                self.store.change_chat(number, rooms=rooms)

    def tell_where(self, number: int, rooms: Mapping[str, str]) -> None:
        """Tell the lobby which rooms of its own a chat has, by their networks, as people know them."""
        chat = self._chats.get(number)
        if chat is not None:
            with self._turn():
                self._floor.tell_where(chat, rooms)

    def tell_so_far(self, number: int) -> None:
        """Tell agents what was said in a chat until now, where it is heard: somebody has just come into its
        rooms, or it has none any more.
        """
        chat = self._chats.get(number)
        if chat is not None:
            with self._turn():
                tell_so_far(self._chats, chat)

    # of time

    def tick(self) -> None:
        """See to what time brings, every second or two."""
        self._answering.look()
        with self._turn():
            self._ticking.tick()
        self.store.scrub()

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Do something whole: in memory as in the file."""
        try:
            with self.store.transaction():
                yield
        except BaseException:
            for floor in self._floor.desks.values():
                floor.chats.news()
                floor.chats.load()
            raise
        for floor in self._floor.desks.values():
            floor.committed()

    def _tell(self) -> None:
        """Tell whoever shows it what changed."""
        news = self._chats.news()
        if news.touched:
            self.changed(news.touched)
        if news.fed:
            self.fed()


def _nothing(numbers: Collection[int]) -> None:
    pass
