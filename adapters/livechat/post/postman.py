"""Sends the mail of desks, beside all else: each once, and again for as long as it surely did not go."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from email.message import EmailMessage

from adapters.livechat.desks import Desks
from bridge import Clock, Complaints, Mail, MailNotSent, MailUnsure, TemporaryFailure, send_mail
from bridge.desk import Chat, ChatLine, Desk, MailKind, MailRow

from .left import left_letter
from .letter import ChatLetter
from .transcript import ChatTranscript
from .unseen import ENOUGH, is_enough, unseen_letter

__all__ = ["Postman"]

log = logging.getLogger(__name__)

_FIRST, _LONGEST = 30.0, 3600.0
"""After how long a mail is tried again, in seconds: at first, and at most."""
_TRIED = 2 * 86_400.0
"""For how long, in seconds."""
_CLAIM = 10.0
_LAST = 0.5
"""So long what is on its way has when we stop, in seconds."""
_ALL = 100_000


class _TakenBack(MailNotSent):
    """A mail is not to go: its chat was deleted, or we stop."""


class Postman:
    """Sends what the outbox has, one mail after another."""

    def __init__(  # noqa: PLR0913, PLR0917 whom it asks
        self,
        network: str,
        desks: Desks,
        mail: Callable[[], Mail | None],
        forget: Callable[[Chat], str],
        origins: Callable[[], Sequence[str]],
        clock: Clock,
    ) -> None:
        """`mail` is the server of the map, `forget` gives the address of the page on which a visitor deletes
        their chat (empty: there is none), and `origins` where pages of the shop come from.
        """
        self._network = network
        self._desks = desks
        self._mail = mail
        self._forget = forget
        self._origins = origins
        self._clock = clock
        self._complaints = Complaints(log, clock)
        self._going: asyncio.Task[None] | None = None
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        """Let what was on its way when we ended stay as it is: once too few is better than twice."""
        store = self._desks.store
        for row in store.outbox.left_over():
            unsure = "%s: %s may not have arrived, and is not sent again"
            log.warning(unsure, self._network, _what(row), extra=_keys(row))
            with store.transaction():
                store.outbox.settle(row.number, "unsure")

    def tick(self) -> None:
        """Send what is due, if nothing is on its way: every second or two. Raises TemporaryFailure."""
        if self._going is not None and not self._going.done():
            return
        mail, row = self._mail(), self._desks.store.outbox.due(self._clock.now())
        if mail is not None and row is not None:
            self._going = asyncio.ensure_future(self._go(mail, row))

    async def close(self) -> None:
        """Begin nothing more, and give what is on its way a moment."""
        self._closed = True
        if self._going is not None:
            await asyncio.wait({self._going}, timeout=_LAST)
            self._going.cancel()

    async def _go(self, mail: Mail, row: MailRow) -> None:
        """Send what is due, beginning with this."""
        following: MailRow | None = row
        try:
            while following is not None and not self._closed:
                await self._send(mail, following)
                following = self._desks.store.outbox.due(self._clock.now())
        except TemporaryFailure as error:
            self._complaints.tell("store", f"{self._network}: no mail is sent: {error}")
            await self._clock.sleep(_FIRST)
        except Exception as error:  # noqa: BLE001 the mail of later is sent then
            self._complaints.tell("bug", f"{self._network}: no mail is sent: a bug ({error!r})", error)

    async def _send(self, mail: Mail, row: MailRow) -> None:
        if row.kind is MailKind.UNSEEN and is_enough(self._desks.store, row, self._clock.now()):
            self._settle(row, "gone")
            self._tell(row, ENOUGH)
            return
        written = self._written(mail, row)
        if written is None:
            self._settle(row, "gone")
            return
        message, last = written
        loop = asyncio.get_running_loop()

        def claim() -> bool:
            with self._desks.store.transaction():
                return not self._closed and self._desks.store.outbox.claim(
                    row.number, last, self._clock.now()
                )

        def begin() -> None:
            if not _asked(claim, loop):
                raise _TakenBack

        try:
            await _threaded(lambda: send_mail(mail, message, [row.recipient], begin))
        except _TakenBack:
            log.debug("%s: %s does not go now", self._network, _what(row), extra=_keys(row))
        except MailNotSent as error:
            self._not_sent(row, error)
        except MailUnsure as error:
            said = f"{self._network}: {_what(row)} may not arrive: {error}"
            self._complaints.tell("unsure", said, keys=_keys(row))
            self._settle(row, "unsure")
        else:
            self._sent(row)

    def _sent(self, row: MailRow) -> None:
        self._complaints.over("later")
        self._settle(row, "sent")
        desk = self._desk(row)
        if row.kind is MailKind.UNSEEN and desk is not None:
            desk.mailed(row.chat, row.recipient)

    def _not_sent(self, row: MailRow, error: MailNotSent) -> None:
        now, outbox = self._clock.now(), self._desks.store.outbox
        if not outbox.has(row.number):  # whom it was to has been forgotten meanwhile
            return
        ends = error.for_good or now - row.at >= _TRIED
        with self._desks.store.transaction():
            outbox.postpone(row, now + min(_FIRST * 2.0 ** min(row.tries, 10), _LONGEST), str(error))
            if ends:
                outbox.give_up(row.number, str(error), now)
            else:
                outbox.join(row)
        if not ends:
            said = f"{self._network}: {_what(row)} goes later: {error}"
            self._complaints.tell("later", said, keys=_keys(row))
            return
        ended = "%s: %s did not go, and is not tried again: %s"
        log.error(ended, self._network, _what(row), error, extra=_keys(row))
        self._tell(row, str(error))

    def _tell(self, row: MailRow, why: str) -> None:
        desk = self._desk(row)
        if desk is not None:
            asked = row.kind is MailKind.TRANSCRIPT
            desk.not_sent(row.chat, row.recipient, why, asked=asked)

    def _desk(self, row: MailRow) -> Desk | None:
        """Return the desk that is told of a mail: its chat may have been passed on."""
        return self._desks.find(self._desks.store.desk_of(row.chat) or row.desk)

    def _settle(self, row: MailRow, state: str) -> None:
        with self._desks.store.transaction():
            self._desks.store.outbox.settle(row.number, state)

    def _written(self, mail: Mail, row: MailRow) -> tuple[EmailMessage, int] | None:
        """Return a mail, and which line of the chat is the last in it; None: what it is about is gone."""
        store = self._desks.store
        name = self._called(row.desk)
        if row.message is not None:
            return left_letter(row.message, name).written(mail, self._network, row), 0
        chat, told = store.chat(row.chat), store.outbox.told(row.chat, row.recipient)
        if chat is None:
            return None
        if row.kind is MailKind.UNSEEN:
            before = (one.last for one in told if one.number < row.number)  # the owner may send an old one
            lines = store.lines(row.chat, max([row.last, *before]), _ALL)
            letter = self._unseen(chat, lines, name)
        else:
            lines = store.lines(row.chat, 0, _ALL)
            letter = self._transcript(row, chat, name).of(lines)
        if letter is None:
            return None
        return letter.written(mail, self._network, row, told), lines[-1].n if lines else 0

    def _unseen(self, chat: Chat, lines: Sequence[ChatLine], name: str) -> ChatLetter | None:
        rules = self._desks.rules(chat.desk)
        if rules is None or rules.mail.unseen is None:
            return None
        if self._desks.store.is_banned(chat.number, self._clock.now()):
            return None
        return unseen_letter(lines, chat, rules.mail, name, self._origins())

    def _transcript(self, row: MailRow, chat: Chat, name: str) -> ChatTranscript:
        rules = self._desks.rules(row.desk)
        own = row.kind is MailKind.TRANSCRIPT
        return ChatTranscript(
            chat,
            name,
            rules.hours.time_zone if rules is not None and rules.hours is not None else None,
            rules.mail.reply_to if rules is not None else None,
            own=own,
            forget=self._forget(chat) if own else "",
        )

    def _called(self, desk: str) -> str:
        rules = self._desks.rules(desk)
        return (rules.mail.name if rules is not None else None) or desk


def _keys(row: MailRow) -> dict[str, str]:
    """Return the keys of a line about a mail, besides those of its task."""
    return {"room": row.desk}


def _what(row: MailRow) -> str:
    """Say which mail it is, without who or what."""
    if row.kind is MailKind.MESSAGE:
        return f"the mail with a message that was left at {row.desk}"
    return f"the mail with chat {row.chat}"


def _asked(question: Callable[[], bool], loop: asyncio.AbstractEventLoop) -> bool:
    """Ask something in the loop, from a thread. False: it does not answer, and then was not asked either."""
    answer = Future[bool]()

    def ask() -> None:
        if answer.set_running_or_notify_cancel():
            try:
                answer.set_result(question())
            except Exception as error:  # noqa: BLE001 it is raised where the answer is wanted
                answer.set_exception(error)

    with contextlib.suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(ask)
    wait([answer], _CLAIM)
    return False if answer.cancel() else answer.result()


async def _threaded(work: Callable[[], object]) -> None:
    """Do what blocks in a thread for which no end of the service waits: a server that does not answer has a
    minute.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if not done.done():
            done.set_exception(error) if error is not None else done.set_result(None)

    def run() -> None:
        error: Exception | None = None
        try:
            work()
        except Exception as found:  # noqa: BLE001 it is raised where this is awaited
            error = found
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, error)

    threading.Thread(target=run, name="mail", daemon=True).start()
    await done
