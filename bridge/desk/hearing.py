"""Hears the lobby: some of what is said there goes to one visitor, and the rest to nobody."""

import difflib
import re
from typing import NamedTuple

from bridge.model import (
    Authorship,
    DeleteMessage,
    EditMessage,
    File,
    Kind,
    MessageId,
    Part,
    RoomId,
    SendMessage,
    Speaker,
    plain,
)

from .answering import Answering
from .chats import Chats
from .commands import INSTRUCTIONS, AgentAsks
from .cut_lines import CutLines
from .floor import Floor, NotDone
from .lines import AgentAside, AgentCommand, AgentLine, AgentWords, leading_number, read_line, words_of
from .model import Chat, ChatFile, ChatState, LineBody, Person, SaidBy, chat_of, own_chat
from .reception import Reception
from .retold import Retold
from .seams import Seams

__all__ = ["Hearing"]

_ALIKE = 0.7
"""So much alike is a command that there is to one that there is not, to be meant."""
_SURPRISED = 300.0
"""So long an agent may not have seen that their plain words go to a chat no more, in seconds."""

_CALLED = re.compile(r"(?:\s*[(\[][^)\]]{1,60}[)\]])?\s*[:：,，]")
"""What stands behind the name of who is addressed, with what tells namesakes apart: ` (shop): `."""


class _Line(NamedTuple):
    """A line that a visitor has."""

    chat: int
    n: int


class Hearing:
    """Reads what agents say, in the order of the lobby. Each call stands in a transaction of the store."""

    def __init__(self, floor: Floor, seams: Seams, answering: Answering, reception: Reception) -> None:
        self._floor, self._chats, self._seams = floor, floor.chats, seams
        self._answering, self._reception = answering, reception
        self._cut = CutLines(floor.chats.clock)

    def hear(self, command: SendMessage | EditMessage | DeleteMessage) -> Part:
        """Do what is said. Returns the name that it has from now on: of the line that a visitor got, or one
        by which it is known that nobody did.
        """
        match command:
            case SendMessage():
                line = self._send(command)
            case EditMessage():
                line = self._edit(command)
            case DeleteMessage():
                line = self._delete(command)
        name = f"{line.chat}.{line.n}" if line is not None else f"0.{command.txn}"
        return Part(MessageId(name), speaker=command.speaker.account)

    def _agent(self, speaker: Speaker) -> Person | None:
        """Return the agent who speaks; None: it is nobody who may answer visitors."""
        key = speaker.key
        if speaker.how is not Authorship.PUPPET or not key or not self._seams.is_agent(key):
            return None
        if not self._floor.rules.may_answer(key):
            return None
        self._chats.agent(key, speaker.name).seen_at = self._chats.clock.now()
        return Person(key, speaker.name, key.partition("/")[0])

    def _send(self, command: SendMessage) -> _Line | None:
        agent = self._agent(command.speaker)
        if agent is None:
            return None
        said, own = self._meant(command), own_chat(command.room)
        to = chat_of(command.answered.part.id) if command.answered is not None else None
        number = None if isinstance(said, AgentAside) else said.number
        number = number if number is not None else to
        line: _Line | None = None
        talked = self._chats.agent(agent.key).current
        try:
            line = self._read(said, agent, command, number)
        except NotDone as why:
            self._chats.tell(str(why), number or own or 0, command.room)
        if own is not None:
            self._stay(agent, own, talked)
        if number is not None or not isinstance(said, AgentWords) or said.perhaps is not None:
            self._cut.note(agent.key, command.content.text, line.chat if line is not None else 0)
        return line

    def _stay(self, agent: Person, own: int, talked: int | None) -> None:
        """Let an agent's plain words in the lobby go to whom they went before, whatever the agent took in its
        own room: that is where they talk with its visitor.
        """
        row = self._chats.agent(agent.key)
        if row.current == own != talked:
            row.current = talked
            self._chats.store.put_agent(row)

    def _meant(self, command: SendMessage | EditMessage) -> AgentLine:
        """Return what an agent's line means: in a chat's own room, `2: please` is addressed to nobody
        else.
        """
        said, own = read_line(command.content), own_chat(command.room)
        if not isinstance(said, AgentWords):
            return said
        if own is not None:
            ours = said.number in (None, own) and not said.perhaps
            return said if ours else AgentWords(words_of(command.content).strip())
        return self._called(said) if said.number is None else said

    def _called(self, words: AgentWords) -> AgentLine:
        """Return what words mean that may begin with what a visitor is called, as clients complete it: they
        are not for whomever the agent talks to.
        """
        number, _ = leading_number(words.text)
        chat = self._chats.get(number) if number is not None else None
        if chat is None or not chat.name or not words.text.startswith(chat.label):
            return words
        called = _CALLED.match(words.text, len(chat.label))
        return read_line(plain(f"{chat.number}: {words.text[called.end() :]}")) if called else words

    def _read(self, said: AgentLine, agent: Person, command: SendMessage, number: int | None) -> _Line | None:
        match said:
            case AgentAside():
                return None
            case AgentCommand():
                self._ask(said, agent, command.room, number or None)
                return None
            case AgentWords():
                if number == 0:  # colleagues answer each other
                    return None
                if number is not None:
                    return self._say(said, agent, command, self._named(number, agent, command.room))
                return self._say(said, agent, command, self._unnamed(said, agent, command))

    def _ask(self, said: AgentCommand, agent: Person, room: RoomId, number: int | None) -> None:
        one = INSTRUCTIONS.get(said.name)
        if one is None:  # perhaps one of Hubbub's own
            alike = [f"!{name}" for name in difflib.get_close_matches(said.name, INSTRUCTIONS, 1, _ALIKE)]
            if alike:
                locale = self._floor.locale
                raise NotDone(locale.gettext("Nobody was told that. Is {command} meant?", command=alike[0]))
            return
        number = number if number is not None else own_chat(room)
        asks = AgentAsks(
            self._floor, self._seams, self._answering, self._reception, agent, said.words, number, room
        )
        answer = one.follow(asks)
        self._floor.lost.pop(agent.key, None)  # they did that themselves
        if answer:
            self._chats.tell(answer, asks.about, room)

    def _named(self, number: int, agent: Person, room: RoomId) -> Chat:
        """Return a chat that an agent answers or addresses, which they take when nobody has it."""
        chat = self._floor.find(number)
        if chat.state in (ChatState.WAITING, ChatState.OFFERED) and not self._floor.rules.is_bot(agent.key):
            self._floor.take(chat, agent)
            self._chats.tell_all(self._floor.whose(chat), chat, room)
        return chat

    def _unnamed(self, said: AgentWords, agent: Person, command: SendMessage) -> Chat | None:
        """Return the chat that plain words go to; None: to none."""
        number = own_chat(command.room) or self._chats.agent(agent.key, agent.name).current
        perhaps = self._chats.open.get(said.perhaps) if said.perhaps is not None else None
        if perhaps is not None and perhaps.number != number:
            raise NotDone(
                self._floor.locale.gettext(
                    "Nobody was told that: for {chat}, write {number}: in place of the comma.",
                    chat=perhaps.label,
                    number=perhaps.number,
                )
            )
        rest = self._cut.rest(agent.key, command.content.text)
        if rest is not None and number is not None and rest != number:
            locale = self._floor.locale
            raise NotDone(
                locale.gettext("Nobody was told that: it looks like the rest of the long line before.")
            )
        if number is not None:
            chat = self._floor.find(number)
            offered = chat.state is ChatState.OFFERED and chat.agent == agent.key
            return self._named(number, agent, command.room) if offered else chat  # `answer, or !take 12`
        lost = self._floor.lost.pop(agent.key, None)
        if lost is not None and self._chats.clock.now() - lost.at < _SURPRISED:
            locale = self._floor.locale
            raise NotDone(
                locale.gettext("Nobody was told that: {number} is closed, or not yours.", number=lost.chat)
            )
        return None

    def _say(self, said: AgentWords, agent: Person, command: SendMessage, chat: Chat | None) -> _Line | None:
        if chat is None:
            return None
        text = f"* {agent.name} {said.text}" if command.kind is Kind.EMOTE else said.text
        body = LineBody(text, _file(command.file), answers=_answered(command, chat))
        if not (body.text or body.file) or not self._reaches(chat, agent):
            return None
        return _Line(chat.number, self._floor.say(chat, agent, body, command.room, command.at))

    def _reaches(self, chat: Chat, agent: Person) -> bool:
        """Whether an agent's words go to a chat. Raises NotDone, since a person wants to know why not."""
        if self._floor.rules.is_bot(agent.key):
            has = chat.state is ChatState.TALKING and chat.agent == agent.key
            return has or chat.state in (ChatState.WAITING, ChatState.OFFERED)
        locale = self._floor.locale
        if chat.state is ChatState.CLOSED:
            raise NotDone(
                locale.gettext(
                    "Nobody was told that: {number} is closed. !take {number} opens it", number=chat.number
                )
            )
        if chat.state is not ChatState.TALKING:
            raise NotDone(
                locale.gettext(
                    "Nobody was told that: {chat} waits. !take {number} takes it",
                    chat=chat.label,
                    number=chat.number,
                )
            )
        if chat.agent != agent.key:
            raise NotDone(self._floor.untold(chat))
        return True

    def _edit(self, command: EditMessage) -> _Line | None:
        found = self._sent(command.target)
        if found is None:
            return None
        chats, chat, n = found
        said, name = self._meant(command), command.speaker.name
        retold, before = Retold(chats, chat, command.room, name), chats.words(chat, n)
        if isinstance(said, AgentWords) and said.number in (None, chat.number):
            if not self._may_edit(command, chat):
                return None
            body = LineBody(text=said.text, of=n)
            retold.edited(before, said.text)
            return _Line(chat.number, chats.add(chat, "edited", SaidBy.AGENT, name, body))
        told = self._floor.locale.gettext(
            "{chat} sees that line no more, since other words stand there now.", chat=chat.label
        )
        self._chats.tell(told, chat.number, command.room)
        retold.removed(before)
        return _Line(chat.number, chats.add(chat, "gone", SaidBy.AGENT, name, LineBody(of=n)))

    def _may_edit(self, command: EditMessage, chat: Chat) -> bool:
        """Whether an agent's other words reach a visitor: as new ones would. Else a person is told so."""
        agent = self._agent(command.speaker)
        if agent is None:
            return False
        try:
            return self._reaches(chat, agent)
        except NotDone:
            told = self._floor.locale.gettext(
                "{chat} still sees the words before: only who has {number} can put others in their place.",
                chat=chat.label,
                number=chat.number,
            )
            self._chats.tell(told, chat.number, command.room)
            return False

    def _delete(self, command: DeleteMessage) -> _Line | None:
        found = self._sent(command.target)
        if found is None:
            return None
        chats, chat, n = found
        name = command.speaker.name
        Retold(chats, chat, command.room, name).removed(chats.words(chat, n))
        return _Line(chat.number, chats.add(chat, "gone", SaidBy.AGENT, name, LineBody(of=n)))

    def _sent(self, target: Part) -> tuple[Chats, Chat, int] | None:
        """Return the chat and the line that agents' words are, wherever that chat is now; None: nobody got
        them.
        """
        number, _, n = target.id.partition(".")
        if not (number.isdecimal() and n.isdecimal()):
            return None
        for floor in self._floor.desks.values():
            chat = floor.chats.get(int(number))
            if chat is not None:
                line = floor.chats.store.line(chat.number, int(n))
                ours = line is not None and (line.kind, line.by) == ("said", SaidBy.AGENT)
                return (floor.chats, chat, int(n)) if ours else None
        return None


def _answered(command: SendMessage, chat: Chat) -> int | None:
    """Return the line of the chat that an agent's words answer; None: none."""
    if command.answered is None:
        return None
    number, _, n = command.answered.part.id.partition(".")
    return int(n) if number == str(chat.number) and n.isdecimal() else None


def _file(file: File | None) -> ChatFile | None:
    return ChatFile(file.name, file.type, file.size, str(file.path)) if file is not None else None
