"""Hears what is said in the lobby: what of it goes to which visitor, and what to nobody."""

import difflib

from bridge.kit import fits_glob
from bridge.model import (
    Authorship,
    DeleteMessage,
    EditMessage,
    File,
    MessageId,
    Part,
    RoomId,
    SendMessage,
    Speaker,
)

from .commands import INSTRUCTIONS, AgentAsks
from .floor import Floor, NotDone
from .lines import AgentAside, AgentCommand, AgentWords, read_line
from .model import Chat, ChatFile, ChatState, LineBody, Person, SaidBy, chat_of
from .seams import Seams

__all__ = ["Hearing"]

_CLOSE_ENOUGH = 0.7
"""So much alike is a command that there is to one that there is not, to be meant."""


class Hearing:
    """Reads what agents say, in the order of the lobby. Each call stands in a transaction of the store."""

    def __init__(self, floor: Floor, seams: Seams) -> None:
        self._floor, self._chats, self._seams = floor, floor.chats, seams
        self._told: set[tuple[str, int]] = set()
        """Who was told of which chat that their words do not go there."""

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
        name = f"{line[0]}.{line[1]}" if line is not None else f"0.{command.txn}"
        return Part(MessageId(name), speaker=command.speaker.account)

    def agent(self, speaker: Speaker) -> Person | None:
        """Return the agent who speaks; None: it is nobody who may answer visitors."""
        key = speaker.key
        if speaker.how is not Authorship.PUPPET or not key or not self._seams.is_agent(key):
            return None
        if not any(fits_glob(glob, key) for glob in self._floor.rules.agents):
            return None
        return Person(key, speaker.name, key.partition("/")[0])

    def _send(self, command: SendMessage) -> tuple[int, int] | None:
        agent = self.agent(command.speaker)
        if agent is None:
            return None
        said = read_line(command.content)
        if isinstance(said, AgentAside):
            return None
        number = said.number
        if number is None and command.answered is not None:
            number = chat_of(command.answered.part.id)
            if number == 0:  # colleagues answer each other
                return None if isinstance(said, AgentWords) else self._ask(said, agent, command.room, None)
        try:
            if isinstance(said, AgentCommand):
                return self._ask(said, agent, command.room, number)
            return self._say(said, agent, command, number)
        except NotDone as why:
            self._tell(str(why), command.room, number or 0)
            return None

    def _ask(
        self, said: AgentCommand, agent: Person, room: RoomId, number: int | None
    ) -> tuple[int, int] | None:
        one = INSTRUCTIONS.get(said.name)
        if one is None:
            alike = difflib.get_close_matches(said.name, INSTRUCTIONS, 1, _CLOSE_ENOUGH)
            if alike:
                told = self._floor.locale.gettext("Nobody was told that. Is !{name} meant?", name=alike[0])
                self._tell(told, room, 0)
            return None
        if number is None:
            number = _own_chat(room)
        try:
            asks = AgentAsks(self._floor, self._seams, agent, said.words, number)
            answer = one.follow(asks)
        except NotDone as why:
            answer = str(why)
        if answer:
            self._tell(answer, room, number or 0)
        return None

    def _say(
        self, said: AgentWords, agent: Person, command: SendMessage, number: int | None
    ) -> tuple[int, int] | None:
        named = number is not None
        number = number if named else _own_chat(command.room)
        if number is None:
            number = self._chats.agent(agent.key, agent.name).current
        if number is None:
            return None
        chat = self._chats.get(number)
        if chat is None:
            raise NotDone(self._floor.locale.gettext("There is no chat {number} here.", number=number))
        if chat.state in (ChatState.WAITING, ChatState.OFFERED) and named:
            self._floor.take(chat, agent)
        if chat.state is not ChatState.TALKING or chat.agent != agent.key:
            self._refuse(chat, agent, named=named)
            return None
        return chat.number, self._floor.say(chat, agent, said.text, _file(command.file))

    def _refuse(self, chat: Chat, agent: Person, *, named: bool) -> None:
        """Say why an agent's words do not go to a chat: each time when they named it, else once."""
        if not named and (agent.key, chat.number) in self._told:
            return
        self._told.add((agent.key, chat.number))
        say = self._floor.locale.gettext
        if chat.state is ChatState.CLOSED:
            raise NotDone(
                say("{number} is closed: nobody was told that. !take {number} opens it", number=chat.number)
            )
        if chat.state is ChatState.TALKING:
            raise NotDone(
                say(
                    "{number} is {agent}'s: !take {number} takes it over",
                    number=chat.number,
                    agent=chat.agent_name,
                )
            )
        raise NotDone(say("{chat} waits: !take {number} takes it", chat=chat.label, number=chat.number))

    def _tell(self, text: str, room: RoomId, chat: int) -> None:
        self._chats.tell(text, chat, room)

    def _edit(self, command: EditMessage) -> tuple[int, int] | None:
        target = _line_of(command.target)
        chat = self._chats.get(target[0]) if target else None
        if target is None or chat is None:
            return None
        said = read_line(command.content)
        if not isinstance(said, AgentWords) or said.number not in (None, chat.number):
            self._chats.add(chat, "gone", SaidBy.AGENT, command.speaker.name, LineBody(of=target[1]))
            told = self._floor.locale.gettext(
                "{chat} sees that line no more, since other words stand there now.", chat=chat.label
            )
            self._tell(told, command.room, chat.number)
            return chat.number, chat.last
        body = LineBody(text=said.text, of=target[1])
        return chat.number, self._chats.add(chat, "edited", SaidBy.AGENT, command.speaker.name, body)

    def _delete(self, command: DeleteMessage) -> tuple[int, int] | None:
        target = _line_of(command.target)
        chat = self._chats.get(target[0]) if target else None
        if target is None or chat is None:
            return None
        return chat.number, self._chats.add(
            chat, "gone", SaidBy.AGENT, command.speaker.name, LineBody(of=target[1])
        )


def _own_chat(room: RoomId) -> int | None:
    """Return the number of the chat whose own room it is; None: it is the desk's."""
    _, slash, number = room.partition("/")
    return int(number) if slash and number.isdecimal() else None


def _line_of(part: Part) -> tuple[int, int] | None:
    """Return the chat and the line that a message is; None: it is none."""
    chat, dot, n = part.id.partition(".")
    if not (dot and chat.isdecimal() and n.isdecimal()) or chat == "0":
        return None
    return int(chat), int(n)


def _file(file: File | None) -> ChatFile | None:
    return ChatFile(file.name, file.type, file.size, str(file.path)) if file is not None else None
