"""The guard decides who may do what, how often, and what of it is passed on."""

import asyncio
import ipaddress
import logging
import mimetypes
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from adapters.livechat.asked import Identity, NewVisit, PageEvent
from adapters.livechat.callers import Admitted, Caller
from adapters.livechat.config import NetworkConfig
from adapters.livechat.refused import VisitRefused
from bridge import N_, SYSTEM, Attachment, Clock, Complaints, Sniffer, mail_address, spoken
from bridge.desk import Chat

from .addresses import Address, address_key
from .clamd import Clamd, ClamdFailed
from .dnsbl import Blocklists
from .identity import is_vouched_for
from .links import MARK, harmless
from .pace import SharedPace
from .proof import Proofs

__all__ = ["Guard"]

log = logging.getLogger(__name__)

_PIECE = 1024 * 1024
_LONGEST_EVENT = 1000
_ONE_WORD = re.compile(r"[!-~]+")
"""What an address of a page is, as browsers write it."""


class Guard:
    """Lets visitors do what they ask for, or raises VisitRefused with a sentence in their language."""

    def __init__(
        self,
        config: NetworkConfig,
        key: bytes,
        *,
        open_chats: Callable[[], Iterable[Chat]],
        chat: Callable[[int], Chat | None],
        clock: Clock = SYSTEM,
    ) -> None:
        """`key` hashes addresses; `open_chats` gives the chats that are open, `chat` one by its number."""
        self.config = config
        """As it is now: the shop's secret and its pages can change meanwhile."""
        rules = config.guard
        self._limits, self._links, self._key = rules.limits, rules.links, key
        self._open_chats, self._chat, self._clock = open_chats, chat, clock
        self._complaints = Complaints(log, clock)
        self._proofs = Proofs(rules.proof, clock) if rules.proof else None
        self._lists = Blocklists(rules.dnsbl, rules.dns, clock)
        self._clamav = rules.clamav
        self._clamd = Clamd(rules.clamav) if rules.clamav is not None else None
        limits = rules.limits
        self._opened = SharedPace(limits.opened, limits.opened_in_all, clock)
        self._said = SharedPace(limits.said, limits.said_in_all, clock)
        self._events = SharedPace(limits.said, limits.said_in_all, clock)
        self._files = SharedPace(limits.files, limits.files_in_all, clock)
        self._mails = SharedPace(limits.mails, limits.mails_in_all, clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._lists.close()

    def proof(self, caller: Caller) -> dict[str, object] | None:
        """Return what a browser has to work for before it may begin; None: nothing."""
        return self._proofs.set(self._known(caller)[1]) if self._proofs is not None else None

    @property
    def length(self) -> int:
        """The most letters of what is said at once."""
        return self._limits.length

    async def opening(self, caller: Caller, asked: NewVisit) -> Admitted:
        """Let somebody begin a chat, or leave a message. How many chats are open is counted last: nothing
        else is done before this one is.
        """
        address, who = self._known(caller)
        if asked.website:
            raise _no(caller, 400, "form", N_("A field was filled in that is for nobody: reload the page."))
        self._measure(caller, asked.text)
        self._pace(caller, "opened", self._opened, who)
        if self._proofs is not None and not self._proofs.spend(who, asked.proof or {}):
            raise _no(caller, 403, "proof", N_("The page has been open for long: try again."))
        customer = self._customer(caller, asked.identity) if asked.identity is not None else None
        if (zone := await self._lists.listing(address)) is not None:
            raise _no(
                caller,
                403,
                "listed",
                N_("Your internet address is on {list}, since abuse came from it: write us a mail instead."),
                list=zone,
            )
        self._count(caller, who)
        return Admitted(self._cleaned(caller, asked, customer), customer.user if customer else "", who)

    async def saying(self, caller: Caller, text: str) -> str:
        """Let somebody say something. Returns what of it may be said."""
        self._measure(caller, text)
        self._pace(caller, "said", self._said, self._known(caller)[1])
        chat, text = self._chat(caller.chat) if caller.chat is not None else None, text.replace("\0", "")
        if not text.strip():
            raise VisitRefused(400, "unclear", "nothing is said in this")
        is_known = chat is not None and chat.answered_at is not None
        return text if is_known else self._unlinked(caller, text)

    def happening(self, caller: Caller, event: PageEvent) -> tuple[str, str]:
        """Let a page tell something of its visitor, as often as visitors may say something. Returns its name
        and what it is, as they may be shown.
        """
        data = event.data
        text = data if isinstance(data, str) else msgspec.json.encode(data).decode()
        self._measure(caller, text, _LONGEST_EVENT)
        self._pace(caller, "said", self._events, self._known(caller)[1])
        return self.beside(event.name), self.beside(text)

    def rating(self, caller: Caller, words: str) -> str:
        """Let somebody say how it was, which agents read too. Returns what of it may be said."""
        self._pace(caller, "said", self._said, self._known(caller)[1])
        return self.beside(words)

    def page(self, address: str) -> str:
        """Return the address of a page that somebody is on, as it may be shown: a link if it is a shop's."""
        own = any(f"{address}/".startswith(f"{origin}/") for origin in self.config.origins)
        return address if own and _ONE_WORD.fullmatch(address) else self.beside(address)

    def beside(self, text: str) -> str:
        """Return what somebody wrote as it may stand beside the desk's own words: a line without links."""
        return harmless(" ".join(text.split()))[0]

    def bringing(self, caller: Caller) -> None:
        """Let somebody send a file, before it comes."""
        who = self._known(caller)[1]
        if self._files.wait(who):
            self._note("files")
            # no 429: the browser would hold back all that is said after it
            raise _no(caller, 403, "pace", N_("Too many files came from here: try again later."))

    async def brought(self, caller: Caller, name: str, file: Path) -> str:
        """Let a file in that has come. Returns its media type, by what is in it."""
        if self._clamd is not None:
            await self._scan(caller, self._clamd, file)
        return await asyncio.to_thread(_type_of, file, name)

    def mailing(self, caller: Caller) -> None:
        """Let somebody ask for a mail, which may go to anybody."""
        self._pace(caller, "mails", self._mails, self._known(caller)[1])

    async def _scan(self, caller: Caller, clamd: Clamd, file: Path) -> None:
        try:
            found = await clamd.scan(file)
        except ClamdFailed as error:
            self._complaints.tell(
                "clamav",
                f"clamav: {self._clamav} does not look at files ({error}): visitors can send none meanwhile",
            )
            unchecked = N_("Files cannot be checked at the moment, so none is taken: try again later.")
            raise _no(caller, 403, "unchecked", unchecked) from None
        self._complaints.over("clamav")
        if found is not None:
            refused = "a file of chat %s was refused: ClamAV found %s in it"
            log.warning(refused, caller.chat, found, extra={"room": caller.desk})
            raise _no(
                caller, 403, "virus", N_("The file is not taken: {virus} was found in it."), virus=found
            )

    def _known(self, caller: Caller) -> tuple[Address, str]:
        """Return whose request it is, and the hash of that."""
        try:
            address = ipaddress.ip_address(caller.address)
        except ValueError:
            raise _no(caller, 403, "address", N_("It cannot be told where this comes from.")) from None
        return address, address_key(self._key, address)

    def _measure(self, caller: Caller, text: str, most: int | None = None) -> None:
        if len(text) > (most or self.length):
            long = N_("This is too long: {most} letters at most.")
            raise _no(caller, 400, "long", long, most=most or self.length)
        if len(text.splitlines()) > self._limits.lines:
            raise _no(
                caller, 400, "long", N_("This is too long: {most} lines at most."), most=self._limits.lines
            )

    def _pace(self, caller: Caller, limit: str, pace: SharedPace, who: str) -> None:
        if seconds := pace.wait(who):
            self._note(limit)
            raise _no(caller, 429, "pace", N_("This was too fast: wait a moment."), retry_after=seconds)

    def _note(self, limit: str) -> None:
        self._complaints.tell(
            limit,
            f"visitors are refused: {limit}: or {limit}_in_all: below guard: limits: is reached",
            level=logging.WARNING,
        )

    def _count(self, caller: Caller, who: str) -> None:
        addresses = [chat.address for chat in self._open_chats()]
        if addresses.count(who) >= self._limits.open or len(addresses) >= self._limits.open_in_all:
            self._note("open")
            raise _no(caller, 429, "open", N_("Too many chats are open: try again later."), retry_after=60)

    def _customer(self, caller: Caller, identity: Identity) -> Identity:
        """Return who a customer is. Raises VisitRefused unless the shop says so."""
        secret, fields = self.config.secret, msgspec.structs.asdict(identity)
        secrets = () if secret is None else (secret.get_secret_value(),)
        if not is_vouched_for(secrets, **fields, now=self._clock.now()):
            raise _no(caller, 403, "identity", N_("The shop's word for you is too old: reload the page."))
        return identity

    def _cleaned(self, caller: Caller, asked: NewVisit, customer: Identity | None) -> NewVisit:
        """Return what was asked, as it may be shown to agents."""
        mail = (customer and customer.mail) or asked.mail
        return msgspec.structs.replace(
            asked,
            text=self._unlinked(caller, asked.text.replace("\0", "")),
            name=self.beside((customer and customer.name) or asked.name),
            mail=self.beside(mail_address(mail) or mail),
            fields={self.beside(key): self.beside(value) for key, value in asked.fields.items()},
            page=self.page(asked.page),
            title=self.beside(asked.title),
        )

    def _unlinked(self, caller: Caller, text: str) -> str:
        apart, count = harmless(text)
        if count > self._links:
            raise _no(
                caller,
                400,
                "links",
                N_("There are too many links in this: {most} at most."),
                most=self._links,
            )
        return f"{MARK} {apart}" if count else text


def _no(
    caller: Caller,
    status: int,
    code: str,
    sentence: str,
    /,
    *,
    retry_after: float | None = None,
    **values: object,
) -> VisitRefused:
    return VisitRefused(status, code, spoken(caller.language).gettext(sentence, **values), retry_after)


def _type_of(file: Path, name: str) -> str:
    """Return the media type of a file; its name decides where the bytes leave it open. Blocks."""
    sniffer = Sniffer()
    with file.open("rb") as stream:
        while not sniffer.sure and (piece := stream.read(_PIECE)):
            sniffer.take(piece)
    return sniffer.type(Attachment("", name, type=mimetypes.guess_type(name)[0] or ""))
