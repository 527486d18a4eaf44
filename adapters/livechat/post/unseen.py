"""Sends what agents say to visitors who are gone after them, to the mail address that they gave."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bridge import N_, Clock, Mail, mail_address, spoken
from bridge.desk import Chat, ChatLine, DeskStore, MailKind, MailRow, SaidBy, final

from .config import DeskMail
from .letter import ChatLetter, clean

__all__ = ["ENOUGH", "Unseen", "is_enough", "unseen_letter"]

ENOUGH = N_("enough went there today")
_MOST = 5
"""So many at most go in a day about one chat, and to one address: anybody can say that it is theirs."""
_DAY = 86_400.0


class _Said(NamedTuple):
    first: int
    last: int


class Unseen:
    """Has a mail go out when nobody follows the chat, and not when somebody does again. A line is seen that a
    browser had by its stream, or named when it asked for the next.
    """

    def __init__(
        self,
        store: DeskStore,
        rules: Callable[[str], DeskMail | None],
        mail: Callable[[], Mail | None],
        clock: Clock,
        follows: Callable[[int], bool],
    ) -> None:
        """`follows` says whether a browser follows a chat now."""
        self._store = store
        self._rules = rules
        self._mail = mail
        self._clock = clock
        self._follows = follows
        self._said: dict[int, _Said] = {}
        """Lines in chats that are followed, which may not have been seen."""

    def said(self, chat: Chat, n: int) -> None:
        """Note what a person said to a visitor, in the transaction that keeps it."""
        if self._follows(chat.number):
            before = self._said.get(chat.number)
            self._said[chat.number] = _Said(before.first if before is not None else n, n)
        else:
            self._add(chat, n - 1)

    def came(self, number: int) -> None:
        """Let no mail go to a visitor who is there again. Raises TemporaryFailure."""
        waiting = self._store.outbox.waiting(MailKind.UNSEEN, number)
        chat = self._store.chat(number) if waiting is not None else None
        if waiting is not None and chat is not None:
            with self._store.transaction():
                self._store.outbox.take_back(MailKind.UNSEEN, number)
            self._said[number] = _Said(waiting.last + 1, chat.last)

    def left(self, number: int, reached: int) -> None:
        """Have what was said behind the line that they have `reached` go after a visitor. Raises
        TemporaryFailure.
        """
        said = self._said.get(number)
        chat = self._store.chat(number) if said is not None and said.last > reached else None
        if said is not None and chat is not None:
            with self._store.transaction():
                self._add(chat, max(said.first - 1, reached))
        self._said.pop(number, None)

    def _add(self, chat: Chat, seen: int) -> None:
        rules = self._rules(chat.desk)
        to = chat.mail_to or mail_address(chat.mail)
        if to and rules is not None and rules.unseen is not None and self._mail() is not None:
            self._store.outbox.add(
                MailKind.UNSEEN,
                chat.desk,
                to,
                self._clock.now(),
                chat=chat.number,
                last=seen,
                wait=rules.unseen,
            )


def is_enough(store: DeskStore, row: MailRow, now: float) -> bool:
    """Whether no more may go about the chat of a mail, or to its address, today."""
    return store.outbox.count(row.kind, row.chat, row.recipient, now - _DAY) >= _MOST


def unseen_letter(
    lines: Sequence[ChatLine], chat: Chat, rules: DeskMail, desk: str, origins: Sequence[str]
) -> ChatLetter | None:
    """Return the mail with what agents said in these lines, in the visitor's language; None: it is taken
    back. Nothing in it is the visitor's but the address of their page, which is one of the `origins`: whoever
    gets it may be somebody else.
    """
    said = [_told(line, words) for line, words in final(lines) if line.by is SaidBy.AGENT]
    if not said:
        return None
    speak = spoken(chat.language)
    text = [speak.gettext("This was said in your chat when you were not on the page:"), "", *said, ""]
    if page := _page(chat.page, origins):
        text += [speak.gettext("To go on, open the page in the same browser: {page}", page=page), ""]
    text += [
        "-- ",
        speak.gettext(
            "You get this since somebody gave this address in the chat. Was it not you? Then do nothing."
        ),
        speak.gettext("What you answer goes to {desk}.", desk=desk)
        if rules.reply_to is not None
        else speak.gettext("Nobody reads what is answered to this mail."),
    ]
    reply = ("", rules.reply_to) if rules.reply_to is not None else None
    subject = speak.gettext("{desk} answered you", desk=desk)
    return ChatLetter(desk, subject, speak.language, "\n".join(text) + "\n", reply_to=reply)


def _told(line: ChatLine, words: str) -> str:
    """Return a line as people read it; what follows its first is set in, so that it looks like no other."""
    file = [f"📎 {line.body.file.name}"] if line.body.file is not None else []
    text = clean("\n".join([*filter(None, [words]), *file])).replace("\n", "\n    ")
    return f"{' '.join(clean(line.name).split())}: {text}"


def _page(address: str, origins: Sequence[str]) -> str:
    """Return the address of a page of the shop, but for what may be a secret in it; empty: it is none."""
    own = any(f"{address}/".startswith(f"{origin}/") for origin in origins)
    return address.partition("#")[0].partition("?")[0] if own else ""
