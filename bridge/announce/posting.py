"""Sends the mails of lists by the server of the map, with links to the pages that it hands out."""

import asyncio
import logging
from collections.abc import Callable

from bridge.clock import Clock
from bridge.config import Config
from bridge.mail import MailNotSent, MailUnsure, send_mail

from .book import Announced
from .codes import LEAVE, LINK_CONFIRMS, ListCodes
from .ledger import Subscription
from .letters import announcement_mail, question_mail

__all__ = ["ListPost"]

log = logging.getLogger(__name__)


class ListPost:
    """Sends them, where the map has a server (`mail:`) and an address for links (`media: public_url:`)."""

    def __init__(
        self,
        config: Callable[[], Config],
        codes: ListCodes,
        failed: Callable[[Subscription], None],
        clock: Clock,
    ) -> None:
        """`failed` is told whom nobody could ask."""
        self._config = config
        self._codes = codes
        self._failed = failed
        self._clock = clock
        self._asking: set[asyncio.Task[None]] = set()

    def works(self) -> bool:
        """Whether anything can be sent."""
        config = self._config()
        return config.mail is not None and config.media.public_url is not None

    def send(self, entry: Subscription, one: Announced) -> None:
        """Tell somebody what is announced: blocking. Raises MailNotSent and MailUnsure."""
        mail = self._config().mail
        if mail is None:
            raise MailNotSent("the map has no `mail:`")
        link = self._link(LEAVE, entry)
        send_mail(mail, announcement_mail(mail, entry, one, link, self._clock.now()), [entry.user])

    def ask(self, entry: Subscription) -> bool:
        """Ask somebody beside all else whether they want a list. Returns False where that cannot be."""
        if not self.works():
            return False
        task = asyncio.ensure_future(self._ask(entry))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return True

    async def _ask(self, entry: Subscription) -> None:
        mail = self._config().mail
        assert mail is not None
        message = question_mail(mail, entry, self._link(LINK_CONFIRMS, entry), self._clock.now())
        try:
            await asyncio.to_thread(send_mail, mail, message, [entry.user])
        except MailNotSent as error:
            log.warning("somebody who asks for %s by mail is not asked to confirm: %s", entry.list, error)
            self._failed(entry)
        except MailUnsure as error:
            log.warning("somebody who asks for %s by mail may not be asked: %s", entry.list, error)

    async def close(self) -> None:
        """Wait for what is on its way."""
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _link(self, purpose: str, entry: Subscription) -> str:
        return f"{self._config().media.public_url}/{purpose}/{self._codes.token(purpose, entry.id)}"
