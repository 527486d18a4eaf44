"""Has the archive signed as often as its owner wants, and each checkpoint stamped and told to a witness.

All of it is beside the relay, and holds nothing up: what an authority or a room cannot take now is tried
again. Since each checkpoint has the digest of the one before, only the last is stamped and told.
"""

import json
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from bridge.archive.process.questions import Inquiry
from bridge.complaints import Complaints
from bridge.config import Archive
from bridge.errors import ArchiveError, JournalError
from bridge.journal import Delivery
from bridge.model import RoomId
from bridge.notices import OwnersVoice
from bridge.relay import ObserverStatus, Router

from .questions import KeepStamp, KeepWitness, LatestCheckpoint, MakeCheckpoint, SignedRound

__all__ = ["Attesting"]

log = logging.getLogger(__name__)

_OFTEN = 20.0
"""How often it is looked at what is due, in seconds."""
_AGAIN = 600.0
"""After how many seconds an authority is asked again that did not stamp."""


class Attesting:
    """Runs while something is archived."""

    def __init__(
        self,
        router: Router,
        ask: Callable[[Inquiry[Any]], Coroutine[Any, Any, Any]],
        settings: Callable[[], Archive],
    ) -> None:
        """`ask` asks the archive's process; `settings` gives what the owner wants now."""
        self._router = router
        self._clock = router.journal.clock
        self._ask = ask
        self._settings = settings
        self._voice = OwnersVoice(router.rooms)
        self._latest: SignedRound | None = None
        self._due: float | None = None
        """When the next is due, by the clock that only goes ahead; None: not known yet."""
        self._stamp_at = 0.0
        """When an authority may be asked again."""
        self._told = 0
        """The last checkpoint that a witness was told."""
        self._waiting = 0
        """What was said to it and is not confirmed, by its number in the journal; 0: nothing."""
        self._arrived: float | None = None
        """When that was confirmed."""
        self._wrong: dict[str, tuple[float, str]] = {}
        """What is wrong, by what it is about: since when, and a sentence."""
        self._complaints = Complaints(log)

    def status(self) -> list[ObserverStatus]:
        """Return what is wrong, as an observer has it; nothing where all is well."""
        return [ObserverStatus("evidence", 0, *wrong) for wrong in list(self._wrong.values())[:1]]

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(_OFTEN)

    async def finish(self) -> None:
        """Sign what is there, in the end. Raises ArchiveError."""
        await self._ask(MakeCheckpoint(self._clock.now()))

    async def look(self) -> None:
        """Do what is due, each as far as it goes."""
        steps = {"checkpoint": self._sign, "witness": self._tell_witness, "stamp": self._have_stamped}
        for what, step in steps.items():
            try:
                if await step():
                    self._wrong.pop(what, None)
            except (ArchiveError, JournalError) as error:
                since, _ = self._wrong.get(what, (self._clock.now(), ""))
                self._wrong[what] = since, str(error)
                self._complaints.tell(what, str(error), level=logging.WARNING)
            except Exception as error:  # noqa: BLE001 -- what is signed later is worth more than nothing
                self._complaints.tell(what, "the archive's checkpoints: a bug", error)

    # Each returns whether it is done, and nothing is wrong with it any more

    async def _sign(self) -> bool:
        every = self._settings().checkpoint
        self._latest = await self._ask(LatestCheckpoint())  # others make some too
        if self._due is None:
            age = self._clock.now() - self._latest.at if self._latest else every
            self._due = self._clock.monotonic() + max(0.0, every - age)
        if self._clock.monotonic() >= self._due:
            self._latest = await self._ask(MakeCheckpoint(self._clock.now())) or self._latest
            self._due = self._clock.monotonic() + every
        return True

    async def _have_stamped(self) -> bool:
        stamps, made = self._settings().stamps, self._latest
        if stamps is None or made is None or made.stamped:
            return True
        if self._clock.monotonic() < self._stamp_at:
            return False
        from .stamps import StampQuestion, ask  # with its libraries

        self._stamp_at = self._clock.monotonic() + _AGAIN
        question = StampQuestion.about(bytes.fromhex(made.digest))
        try:
            authority = stamps.ca.read_bytes()
        except OSError as error:
            raise ArchiveError(
                f"{stamps.ca} cannot be read ({error.strerror}): see to `archive.stamps.ca`"
            ) from error
        reply = await ask(stamps.url, question)
        await self._ask(KeepStamp(made.number, question.nonce, reply, authority))
        self._stamp_at = 0.0
        return True

    async def _tell_witness(self) -> bool:
        witness, made = self._settings().witness, self._latest
        room = (witness.network, RoomId(witness.room)) if witness is not None else ("", RoomId(""))
        worker = self._router.rooms.by_name.get(room)
        told: dict[str, Any] = json.loads((made and made.witness) or "{}")
        if made is None or worker is None or "confirmed" in told:
            return True
        number = worker.room.number
        if not told and self._told != made.number:
            text = worker.composer.view.locale.gettext(
                "Checkpoint {number} of the archive, to be kept as a witness: SHA-256 {digest}",
                number=made.number,
                digest=made.digest,
            )
            told = {"network": worker.room.adapter.network, "room": str(worker.room.id), "text": text}
            told["said"] = self._clock.now()
            self._say(text, number)
            self._told = made.number  # once, though the archive cannot note it now
        elif told and self._told == made.number and self._arrived is not None:
            told |= {"confirmed": self._arrived, "id": self._name(self._waiting, number)}
        else:
            return False  # it is not confirmed yet
        await self._ask(KeepWitness(made.number, json.dumps(told, ensure_ascii=False)))
        return True

    def _say(self, text: str, number: int) -> None:
        ended = self._router.dispatch.ended
        if self._ended not in ended:
            ended.append(self._ended)
        self._arrived = None
        self._waiting = self._voice.say(text, [number])

    def _ended(self, delivery: Delivery, outcome: str, *_: object) -> None:
        if delivery.seq == self._waiting and outcome == "delivered":
            self._arrived = self._clock.now()
            self._router.dispatch.ended.remove(self._ended)

    def _name(self, seq: int, number: int) -> str | None:
        """Return what the network calls what was said; None: it gives no names."""
        said = self._router.journal.event(seq)
        for part in self._router.journal.parts(seq, number):
            for name in (part.id, *part.aliases):
                if said is None or name != said.id:
                    return str(name)
        return None
