"""Errors of a homeserver as ours (client-server API, "Standard error response"). Pure."""

import contextlib
import email.utils
import json
import math
import re
import time
from collections.abc import Mapping
from typing import Any

from adapters.matrix.untrusted import mapping, text_of
from bridge import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    RateLimited,
    Rejected,
    RoomUnavailable,
    TemporaryFailure,
)

__all__ = ["Duplicate", "Forbidden", "InUse", "LoggedOut", "NotMatrix", "NotThere", "answer", "refusal"]

_PATIENCE = 60.0
"""Seconds until a room that forbade something is asked again."""
_OF_THE_ACCOUNT = ("M_USER_SUSPENDED", "M_CONSENT_NOT_GIVEN", "M_GUEST_ACCESS_FORBIDDEN")
"""Codes of an account that may not speak anywhere."""
_DEFAULT_PAUSE = 5.0
_LONGEST_PAUSE = 3600.0
_SIGNS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
"""Brackets, and strings, in which they mean nothing."""
_DEEPEST = 200
_ADMIN_CALL = "POST /_synapse/admin/v1/users/<the bot's id>/override_ratelimit"


class LoggedOut(AuthenticationFailed):
    """The token is not valid, or no longer. `soft`: the device is kept ("Soft logout")."""

    def __init__(self, reason: str, *, soft: bool) -> None:
        super().__init__(reason)
        self.soft = soft


class NotMatrix(ConnectionLost):
    """Something answers that is no homeserver."""

    status: int | None = None
    """The HTTP status, where that alone says something."""


class NotThere(RoomUnavailable):
    """The thing asked for does not exist, or we may not see it."""


class Forbidden(RoomUnavailable):
    """The homeserver forbids what was sent, or to speak there at all: the status does not say which."""


class InUse(Rejected):
    """There is an account of this name already ("POST /register")."""


class Duplicate(Rejected):
    """We have reacted like this already ("Avoiding duplicate annotations")."""


def answer(body: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer. Raises ConnectionLost for anything else."""
    value = None
    with contextlib.suppress(ValueError):
        try:
            value = json.loads(body, parse_int=_whole)
        except RecursionError:
            # one event of 65 kB can be nested that deep: it must not keep us from all others for ever
            value = json.loads(_shallow(body), parse_int=_whole)
    if not isinstance(value, dict):
        raise NotMatrix("what answers at the homeserver's address does not speak Matrix: check homeserver")
    return value


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> AdapterError:
    """Return the error for an answer that is not 2xx."""
    try:
        answered = answer(body)
    except NotMatrix as error:
        return _without_words(status, headers, error)
    code = text_of(answered.get("errcode"), 100)
    words = " ".join(text_of(answered.get("error"), 300).split())
    said = f"the homeserver says: {words or code or status}"
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        return RateLimited(_too_fast(), _pause(headers, answered))
    if code in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
        return LoggedOut(said, soft=answered.get("soft_logout") is True)
    return _by_code("M_TOO_LARGE" if status == 413 else code, said) or _by_status(status, code, said)


def _by_code(code: str, said: str) -> AdapterError | None:
    """Return the error of a code that says more than the status it comes with."""
    match code:
        case "M_USER_DEACTIVATED" | "M_USER_LOCKED":
            return AuthenticationFailed(f"{said}: look at the account that user names")
        case "M_USER_IN_USE" | "M_DUPLICATE_ANNOTATION":
            return (InUse if code == "M_USER_IN_USE" else Duplicate)(said)
        case "M_TOO_LARGE":
            return Rejected("the message is too large for the homeserver", alone=True)
        case "M_RESOURCE_LIMIT_EXCEEDED":
            return TemporaryFailure(said)
        case "M_UNRECOGNIZED":
            return NotMatrix(f"{said}: check that homeserver is the address of the client-server API")
        case _:
            return None


def _by_status(status: int, code: str, said: str) -> AdapterError:
    if status >= 500:
        return TemporaryFailure(said)
    if status in (404, 405) and not code:
        return NotMatrix(f"{said}: check that homeserver is the address of the client-server API")
    match status:
        case 401:
            return AuthenticationFailed(f"{said}: look at the account that user names")
        case 403:
            if code in _OF_THE_ACCOUNT:
                said += ": look at the account that user names"
            return (RoomUnavailable if code in _OF_THE_ACCOUNT else Forbidden)(said, _PATIENCE)
        case 404:
            return NotThere(said, _PATIENCE)
        case _:
            return Rejected(said)


def _without_words(status: int, headers: Mapping[str, str], error: NotMatrix) -> AdapterError:
    """Return the error for an answer from something in front of the homeserver, such as a proxy."""
    if status == 429:
        return RateLimited(_too_fast(), _pause(headers, {}))
    if status == 413:
        return Rejected("the message is too large for what stands before the homeserver", alone=True)
    if status >= 500:
        return TemporaryFailure(
            f"what stands before the homeserver answers {status}: is the homeserver running?"
        )
    error.status = status
    return error


def _too_fast() -> str:
    return (
        "the homeserver limits how fast this account may speak; Synapse's default is 0.2 messages a second,"
        f" and its admin can lift it for this account: {_ADMIN_CALL}"
    )


def _pause(headers: Mapping[str, str], answered: Mapping[str, Any]) -> float:
    """Return the seconds to wait: the longer of what the header and the body say ("Rate limiting").

    Where the header is but the body's time in whole seconds, the body is meant.
    """
    told = [*_header_pause(headers.get("Retry-After", "").strip())]
    after = mapping(answered).get("retry_after_ms")
    if isinstance(after, int | float) and not isinstance(after, bool) and math.isfinite(after):
        told = [seconds for seconds in told if seconds != math.ceil(after / 1000)]
        told.append(after / 1000)
    return min(max(0.0, *told), _LONGEST_PAUSE) if told else _DEFAULT_PAUSE


def _header_pause(after: str) -> list[float]:
    if after.isascii() and after.isdigit() and len(after) < 10:
        return [float(after)]
    try:
        return [email.utils.parsedate_to_datetime(after).timestamp() - time.time()]
    except (ValueError, TypeError, OverflowError):
        return []


def _shallow(body: bytes) -> bytes:
    """Parse JSON without what is nested deeper than anybody means it."""
    kept: list[bytes] = []
    depth = begin = 0
    for sign in _SIGNS.finditer(body):
        if sign[0] in b"[{":
            depth += 1
            if depth == _DEEPEST:
                kept.append(body[begin : sign.start()])
        elif sign[0] in b"]}":
            depth -= 1
            if depth == _DEEPEST - 1:
                kept.append(b"null")
                begin = sign.end()
    return b"".join(kept if depth >= _DEEPEST else (*kept, body[begin:]))


def _whole(digits: str) -> int:
    """Parse a whole number, which may have more digits than Python takes."""
    return int(digits) if len(digits) < 20 else 0
