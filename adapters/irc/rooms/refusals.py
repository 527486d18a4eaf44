"""Why a server refuses a line: for its words, for their form, or because of the room."""

import re
from collections.abc import Callable
from enum import StrEnum

from bridge import (
    AdapterError,
    Command,
    DeleteMessage,
    FormRefused,
    Kind,
    RateLimited,
    Receipt,
    Rejected,
    RoomId,
    RoomUnavailable,
    SendMessage,
    Settle,
    SetTopic,
)

__all__ = ["RETRY", "Form", "Forms", "Judge", "Refused", "refusal"]

RETRY = 30.0
_NO_ROOM = {"401", "403", "404", "437", "442", "477", "489"}
_NOT_SAID = {"404", "408", "492"}
"""ERR_CANNOTSENDTOCHAN; ERR_NOCTRLSONCHAN, ERR_NOCTCP of hybrid and its kin."""
_TOO_FAST = {"263", "407", "439"}
_OTHERS = {"405", "411", "412", "413", "414", "415", "417", "486", "531", "716", "717"}
_NOT_DONE: dict[type[Command], tuple[set[str], str]] = {
    DeleteMessage: ({"421", "482", "FAIL"}, "the server lets hubbub remove nothing in"),
    SetTopic: (
        {"403", "404", "442", "477", "482", "FAIL"},
        "the server lets hubbub set no topic in",
    ),
}
_ABOUT_THE_WORDS = re.compile(
    r"containing|CTCP|notice|colou?r|format|control code|caps|censor|swear|spam|filter|repeat|your message",
    re.IGNORECASE,
)
_ABOUT_THE_ROOM = re.compile(
    r"^cannot send to|moderated|(st|re) banned|mute|quiet|voice|regist|identif|logged in|external|member",
    re.IGNORECASE,
)


class Refused(AdapterError):
    """A message was refused; `by_words` is the error that the server's words alone suggest."""

    def __init__(self, by_words: AdapterError) -> None:
        super().__init__(str(by_words))
        self.by_words = by_words


def refusal(
    numeric: str, reason: str, room: str, command: type[Command] = SendMessage
) -> AdapterError | None:
    """Return the error that a numeric before the PONG means for the command; None: it means nothing.

    RFC 2812 section 5.2, modern.ircdocs.horse numerics; `reason` is the server's own text.
    """
    if numeric in _TOO_FAST:
        return RateLimited(f"the server asks hubbub to wait before it writes to {room}: {reason}", RETRY)
    numerics, sentence = _NOT_DONE.get(command, (set(), ""))
    if numeric in numerics:
        return Rejected(f"{sentence} {room}: {reason}")
    if numeric in _NOT_SAID and command is SendMessage:
        about_words = _ABOUT_THE_WORDS.search(reason) or not _ABOUT_THE_ROOM.search(reason)
        rejected = Rejected(f"{room} does not take this message: {reason}")
        return Refused(rejected if about_words else _unavailable(room, reason))
    if numeric in _NO_ROOM or numeric == "400":
        return _unavailable(room, reason)
    if numeric in _OTHERS or numeric == "FAIL":
        return Rejected(f"the server refuses the message: {reason}")
    return None


def _unavailable(room: str, reason: str) -> RoomUnavailable:
    return RoomUnavailable(f"hubbub cannot speak in {room}: {reason}", RETRY)


class Form(StrEnum):
    """A form of speech that some rooms refuse (modes c, C, T)."""

    CODES = "formatting"
    CTCP = "CTCP"
    NOTICE = "notices"


_KINDS = {Kind.EMOTE: Form.CTCP, Kind.NOTICE: Form.NOTICE}


class Forms:
    """The forms that the rooms of one connection refuse, until their modes change."""

    def __init__(self) -> None:
        self._refused: dict[RoomId, set[Form]] = {}
        self._tried: dict[RoomId, set[Form]] = {}
        """The forms that were dropped, while nothing has been taken since."""

    def plain(self, room: RoomId) -> bool:
        """Whether formatting is refused."""
        return Form.CODES in self._refused.get(room, ())

    def kind(self, command: SendMessage) -> Kind:
        """Return the kind that a message can be sent as."""
        refused = self._refused.get(command.room)
        return Kind.TEXT if refused and _KINDS.get(command.kind) in refused else command.kind

    def leave(self, command: SendMessage) -> set[Form]:
        """Drop the forms that a refused message had, from now on. Returns them; if it had none, no form
        was the matter: what was left away for it is used again.
        """
        had = {_KINDS[self.kind(command)]} if self.kind(command) in _KINDS else set()
        if any(span.marks or span.colour is not None for span in command.content.spans):
            had.add(Form.CODES)
        tried = self._tried.setdefault(command.room, set())
        if had:
            tried |= had
            self._refused.setdefault(command.room, set()).update(had)
        else:
            self._refused.get(command.room, set()).difference_update(tried)
            self.taken(command.room)
        return had

    def taken(self, room: RoomId) -> None:
        """Note that the room took a message: the forms that were dropped were the reason."""
        self._tried.pop(room, None)

    def forget(self, room: RoomId) -> None:
        """Forget a room whose modes have changed."""
        self._refused.pop(room, None)
        self.taken(room)


class Judge:
    """Finds out why a message was refused: the words that say so differ from server to server."""

    def __init__(self, forms: Forms, ask: Callable[[RoomId, Settle], bool]) -> None:
        """`ask`: have it settled whether the room takes what nobody sees; False: that cannot be asked."""
        self._forms = forms
        self._ask = ask

    def settle(self, command: SendMessage, settle: Settle, outcome: Receipt | AdapterError) -> None:
        """Settle a message with its outcome."""
        if isinstance(outcome, Refused):
            refused = outcome
            if not self._ask(command.room, lambda answer: settle(self._verdict(command, refused, answer))):
                settle(self._verdict(command, refused, None))
            return
        if isinstance(outcome, Receipt):
            self._forms.taken(command.room)
        settle(outcome)

    def _verdict(
        self, command: SendMessage, refused: Refused, answer: Receipt | AdapterError | None
    ) -> AdapterError:
        if isinstance(answer, AdapterError):
            return RoomUnavailable(str(refused), RETRY)
        if forms := self._forms.leave(command):
            return FormRefused(f"{command.room} may not take {' and '.join(sorted(forms))}: {refused}")
        return Rejected(str(refused), alone=True) if answer else refused.by_words
