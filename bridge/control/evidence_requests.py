"""Requests of an owner so that the archive stands as evidence."""

from typing import Any, ClassVar, TypeAlias

import msgspec

from .requests import Request

__all__ = ["AnyEvidenceRequest", "CheckpointAnswer", "CheckpointRequest", "RotateAnswer", "RotateRequest"]


class CheckpointAnswer(msgspec.Struct, frozen=True):
    """What was signed."""

    number: int
    """Of the checkpoint, from 1; 0: nothing was new."""
    digest: str
    """Of its body: SHA-256, in hexadecimal."""


class RotateAnswer(msgspec.Struct, frozen=True):
    """Which key signs from now on."""

    fingerprint: str
    """SHA-256, in hexadecimal."""


class CheckpointRequest(Request[CheckpointAnswer], tag="archive/checkpoint", frozen=True, kw_only=True):
    """Sign now what stands in the archive."""

    answer: ClassVar[Any] = CheckpointAnswer
    changes: ClassVar[bool] = True


class RotateRequest(Request[RotateAnswer], tag="archive/rotate", frozen=True, kw_only=True):
    """Let a new key sign the archive from now on, which the old one signs."""

    answer: ClassVar[Any] = RotateAnswer
    changes: ClassVar[bool] = True
    needs_token: ClassVar[bool] = True


AnyEvidenceRequest: TypeAlias = CheckpointRequest | RotateRequest
