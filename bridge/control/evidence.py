"""Signs for an owner: each ability is a question to whoever writes the archive."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bridge.app import Bridge
from bridge.archive.evidence.questions import MakeCheckpoint, RotateKey
from bridge.clock import Clock

from .evidence_requests import CheckpointAnswer, CheckpointRequest, RotateAnswer, RotateRequest
from .requests import Request

__all__ = ["EvidenceAbilities"]


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
        made = await self._bridge.features.archive.ask(MakeCheckpoint(self._clock.now()))
        return CheckpointAnswer(made.number, made.digest) if made else CheckpointAnswer(0, "")

    async def _rotate(self, _: RotateRequest) -> RotateAnswer:
        return RotateAnswer(await self._bridge.features.archive.ask(RotateKey(self._clock.now())))
