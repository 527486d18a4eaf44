"""All that there is to ask."""

from typing import Any, TypeAlias, get_args

from .announce_requests import AnyListRequest
from .archive_requests import DOWNLOADS, AnyArchiveRequest
from .desk_requests import AnyDeskRequest
from .evidence_requests import AnyEvidenceRequest
from .filing_requests import AnyFilingRequest
from .requests import (
    CatchUpRequest,
    LogLevelRequest,
    MutedRequest,
    ReloadRequest,
    Request,
    RetryRequest,
    RoomsRequest,
    SendRequest,
    StatusRequest,
    TailRequest,
    UndeliveredRequest,
    UnmuteRequest,
)

__all__ = ["KINDS", "AnyRequest"]

AnyRequest: TypeAlias = (
    StatusRequest
    | RoomsRequest
    | ReloadRequest
    | UndeliveredRequest
    | RetryRequest
    | CatchUpRequest
    | MutedRequest
    | UnmuteRequest
    | LogLevelRequest
    | SendRequest
    | TailRequest
    | AnyListRequest
    | AnyFilingRequest
    | AnyEvidenceRequest
    | AnyArchiveRequest
    | AnyDeskRequest
)
"""What is asked over the socket."""
KINDS: tuple[type[Request[Any]], ...] = (*get_args(AnyRequest), *DOWNLOADS)
"""What is asked over HTTP."""
