"""Reads what people ask of Hubbub among what they say, and answers."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from bridge.clock import Clock
from bridge.complaints import Complaints
from bridge.identity.speaker import key_of
from bridge.journal import Observed, codec
from bridge.kit.pace import Paces
from bridge.language import ENGLISH, N_, Locale
from bridge.model import US, Approached, FleetingEvent, MessageCreated, MessageId, RoomId, Sender, TalkEvent
from bridge.relay import Observer

from .instruction import Asked, Instruction

__all__ = ["Answer", "Instructions", "Place"]

log = logging.getLogger(__name__)

_SIGN = "!"
_ASKING = codec.opening(_SIGN)
_TIMELY = 60.0
"""Nobody waits any longer for an answer, in seconds."""
_BURST, _PER_SECOND = 5, 0.2
"""How often one person is answered."""
_MOST = 1000
"""So many people are told apart in that."""
_AT_ONCE = 100
"""So many are answered at a time who ask alone."""
_HELP = N_("!help – what can be asked here")

Answer = Callable[[Asked, str], None]
"""Tells whoever asked an answer."""
Place = Callable[[str, RoomId], tuple[int, Locale] | None]
"""Gives the number of a room, and how its people are spoken to; None: nothing is asked there."""
Theirs = Callable[[str, RoomId], Mapping[str, str]]
"""Gives what the networks that hear a room answer there themselves (`Adapter.answers`)."""


class _Words(NamedTuple):
    """What may ask something."""

    text: str
    seq: int = 0
    reply_to: MessageId | None = None
    alone: bool = False


class Instructions(Observer):
    """Follows instructions: in rooms as an observer of what was taken, where they are talk like any other;
    and those of people who write to the bridge's own account alone.
    """

    name = "instructions"

    def __init__(
        self,
        known: Iterable[Instruction],
        place: Place,
        answer: Answer,
        clock: Clock,
        theirs: Theirs = lambda *_: {},
    ) -> None:
        self._theirs = theirs
        self._known: Mapping[str, Instruction] = {one.name: one for one in known}
        self._place = place
        self._answer = answer
        self._clock = clock
        self._paces = Paces(_MOST, _BURST, _PER_SECOND, clock)
        self._complaints = Complaints(log, clock)
        self._answering: set[asyncio.Task[None]] = set()

    async def see(self, events: Sequence[Observed]) -> None:
        for seen in events:
            if seen.body is None or _ASKING not in seen.body:
                continue
            event = seen.event
            if not isinstance(event, MessageCreated) or event.replayed or event.sender.id == US:
                continue
            if self._clock.now() - seen.said_at <= _TIMELY:
                words = _Words(event.content.text, seen.seq, event.reply_to)
                await self._read(seen.network, seen.room, event.sender, words)

    def asks(self, network: str, event: TalkEvent) -> bool:
        """Whether somebody in a room asks one of these."""
        if not isinstance(event, MessageCreated) or event.replayed or not self._place(network, event.room):
            return False
        text = event.content.text
        name = text[len(_SIGN) :].partition(" ")[0].casefold() if text.startswith(_SIGN) else ""
        return name == "help" or self._one(network, event.room, name) is not None

    def hear(self, network: str, event: FleetingEvent) -> None:
        """Follow what is asked of the bridge's own account alone."""
        if not isinstance(event, Approached) or event.to or len(self._answering) >= _AT_ONCE:
            return
        reading = self._read(network, event.room, event.sender, _Words(event.text, alone=True))
        task = asyncio.ensure_future(reading)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _read(self, network: str, room: RoomId, sender: Sender, said: _Words) -> None:
        text, alone = said.text, said.alone
        if not text.startswith(_SIGN):
            return
        sender = sender.speaking
        name, _, words = text[len(_SIGN) :].partition(" ")
        one = self._one(network, room, name.casefold(), alone=alone)
        place = self._place(network, room)
        if not alone and (place is None or (one is None and name.casefold() != "help")):
            return
        if not self._paces.take_now(key_of(network, sender.id)):
            return
        number, locale = place or (None, ENGLISH)
        asked = Asked(network, room, number, sender, words.strip(), locale, alone, said.seq, said.reply_to)
        try:
            if answer := self._help(asked) if one is None else await one.follow(asked):
                self._answer(asked, answer)
        except Exception as error:  # noqa: BLE001 others ask too
            self._complaints.tell(name, f"!{name} is not answered: a bug ({error!r})", error)

    def _one(self, network: str, room: RoomId, name: str, *, alone: bool = False) -> Instruction | None:
        """Return what is meant by a name; None: nothing, or what is another's to answer."""
        one = self._known.get(name)
        if one is None or not one.here(network) or (not alone and name in self._theirs(network, room)):
            return None
        return one

    def _help(self, asked: Asked) -> str:
        theirs = {} if asked.alone else self._theirs(asked.network, asked.room)
        known = {name: one.help for name, one in self._known.items() if one.here(asked.network)}
        sentences = (_HELP, *{**known, **theirs}.values())
        return "\n".join(asked.locale.gettext(sentence) for sentence in sentences)
