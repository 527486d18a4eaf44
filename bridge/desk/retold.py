"""Tells a chat's own room what was said to its visitor elsewhere. Each call stands in a transaction of the
store.
"""

from dataclasses import dataclass

from bridge.identity import one_line

from .chats import DESK_NAME, Chats
from .model import Chat, ChatFile, ChatLine, LineBody, SaidBy, final

__all__ = ["Retold", "tell_so_far"]

_SO_FAR = 30
"""So many lines of before at most are told in a room that is new: what came in the last of them matters."""


@dataclass(frozen=True, slots=True)
class Retold:
    """Tells the own room of a chat, if it has one, what an agent said, changed or took back elsewhere."""

    chats: Chats
    chat: Chat
    room: str
    """The room in which they say it."""
    name: str

    def said(self, body: LineBody) -> None:
        """Tell what they said to the visitor."""
        told = self.chats.locale.gettext(
            "{agent}, in the lobby: {text}", agent=self.name, text=_quoted(body.text)
        )
        self._tell(told.strip(), body.file)

    def edited(self, before: str, text: str) -> None:
        """Tell what they put in place of words of theirs."""
        self._tell(
            self.chats.locale.gettext(
                "{agent}, in the lobby, puts other words in place of “{before}”: {text}",
                agent=self.name,
                before=one_line(before),
                text=_quoted(text),
            )
        )

    def removed(self, before: str) -> None:
        """Tell what they took back."""
        text = one_line(before)
        self._tell(
            self.chats.locale.gettext(
                "{agent}, in the lobby, takes back: {text}", agent=self.name, text=text
            ).rstrip()
        )

    def _tell(self, text: str, file: ChatFile | None = None) -> None:
        own = self.chat.room
        if self.chat.rooms and self.room != own:
            self.chats.tell(text, self.chat.number, own, file)


def tell_so_far(chats: Chats, chat: Chat) -> None:
    """Tell what was said until now, as it stands, each in one line: a visitor who writes several might write
    some of others.
    """
    lines = chats.store.lines(chat.number, max(chat.last - _SO_FAR, 0))
    said = [f"{_who(chat, line)}: {one_line(_words(line, words))}" for line, words in final(lines)]
    page = [chat.page] if chat.page else []
    chats.tell("\n".join([chat.label, *page, *said]), chat.number, chat.room)


def _who(chat: Chat, line: ChatLine) -> str:
    """Return who said a line, so that no visitor looks like an agent."""
    return chat.label if line.by is SaidBy.VISITOR else line.name or DESK_NAME


def _quoted(text: str) -> str:
    """Return a text no line of which looks like one of the desk's."""
    return "\n> ".join(text.splitlines())


def _words(line: ChatLine, words: str) -> str:
    return words or (line.body.file.name if line.body.file is not None else "")
