"""What an owner can do so that the archive stands as evidence: each a question to whoever writes it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from bridge.app import Bridge
from bridge.archive.evidence.questions import MakeCheckpoint, RotateKey
from bridge.archive.process.questions import Inquiry
from bridge.clock import Clock
from bridge.errors import ArchiveError

from .evidence_requests import CheckpointAnswer, CheckpointRequest, RotateAnswer, RotateRequest
from .requests import Request

__all__ = ["EvidenceAbilities"]

_A = TypeVar("_A")


class EvidenceAbilities:
    """All of them, for a bridge that runs."""

    def __init__(self, bridge: Bridge, clock: Clock) -> None:
        self._bridge = bridge
        self._clock = clock
        self.able: Mapping[type[Request[Any]], Callable[[Any], Awaitable[Any]]] = {
            CheckpointRequest: self._checkpoint,
            RotateRequest: self._rotate,
        }

    async def _checkpoint(self, _: CheckpointRequest) -> CheckpointAnswer:
        made = await self._ask(MakeCheckpoint(self._clock.now()))
        return CheckpointAnswer(made.number, made.digest) if made else CheckpointAnswer(0, "")

    async def _rotate(self, _: RotateRequest) -> RotateAnswer:
        return RotateAnswer(await self._ask(RotateKey(self._clock.now())))

    async def _ask(self, asked: Inquiry[_A]) -> _A:
        archive = self._bridge.features.archive
        if not archive.policy and not archive.process.file.exists():
            raise ArchiveError("there is no archive: give a conversation `archive: {keep: 1y}` in the map")
        return await archive.ask(asked)
