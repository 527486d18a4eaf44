"""Has mail of a desk go out, kept with what it is about, in one transaction."""

from collections.abc import Callable

from bridge import Clock, Mail, mail_address
from bridge.desk import Chat, DeskStore, MailKind, NewChat, SaidBy

from .config import DeskMail

__all__ = ["DeskPost"]

_ALL = 100_000
_SAYS = {"said", "edited", "gone"}


class DeskPost:
    """Puts mail into the outbox."""

    def __init__(
        self,
        store: DeskStore,
        rules: Callable[[str], DeskMail | None],
        mail: Callable[[], Mail | None],
        clock: Clock,
    ) -> None:
        """`rules` are those of a desk; None: it left the map."""
        self._store = store
        self._rules = rules
        self._mail = mail
        self._clock = clock

    def works(self) -> bool:
        """Whether the map has a server for mail."""
        return self._mail() is not None

    def post(self, chat: Chat, to: str) -> bool:
        """Have what was said in a chat go to an address. Returns False where no mail can be sent."""
        if not self.works():
            return False
        own = to in (mail_address(chat.mail), chat.mail_to)
        self._add(MailKind.TRANSCRIPT if own else MailKind.COPY, chat, to)
        return True

    def ended(self, chat: Chat) -> None:
        """Have the mail go that belongs to the end of a chat: for whom the owner wants it, and the rest of
        what was said for the visitor if they asked before.
        """
        rules = self._rules(chat.desk)
        if not self.works() or rules is None or not (rules.transcripts or chat.mail_to):
            return
        lines = [line for line in self._store.lines(chat.number, 0, _ALL) if line.kind in _SAYS]
        if not any(line.by is SaidBy.VISITOR for line in lines):
            return
        for address in rules.transcripts:
            self._add(MailKind.COPY, chat, address)
        if chat.mail_to:
            told = self._store.outbox.told(chat.number, chat.mail_to)
            if all(row.last < lines[-1].n or row.kind is MailKind.UNSEEN for row in told):
                self._add(MailKind.TRANSCRIPT, chat, chat.mail_to)

    def left(self, desk: str, message: NewChat) -> None:
        """Have what a visitor left go to whom the owner wants."""
        rules = self._rules(desk)
        if not self.works() or rules is None:
            return
        for address in rules.away:
            self._store.outbox.add(MailKind.MESSAGE, desk, address, self._clock.now(), message=message)

    def _add(self, kind: MailKind, chat: Chat, to: str) -> None:
        now = self._clock.now()
        if kind is MailKind.TRANSCRIPT:  # it has that too
            self._store.outbox.take_back(MailKind.UNSEEN, chat.number)
        self._store.outbox.add(kind, chat.desk, to, now, chat=chat.number, last=chat.last)
