"""Reads the answers of an adapter, whatever they are."""

import asyncio
import contextlib
import math
from collections.abc import Iterator
from typing import NoReturn

from bridge.errors import AdapterError, ConnectionLost, RateLimited, Rejected, RoomUnavailable, Unsupported
from bridge.model import Part, Receipt

from .texts import is_text, shown, written

__all__ = ["ANYTHING", "fail", "failure", "outcome", "translating", "words_of"]

ANYTHING = (Exception, SystemExit)
"""What somebody else's code may raise."""
_LEAST_PAUSE = 0.1
_LONGEST_PAUSE = 3600.0
"""Bounds of what an adapter may ask the core to wait, in seconds."""
_LONGEST_REASON = 1000
_WITH_WORDS = frozenset({"send", "send_now"})
"""Methods that are given what people say: what they raise by a bug may quote it."""


@contextlib.contextmanager
def translating(method: str) -> Iterator[None]:
    """Turn whatever an adapter raises into an AdapterError, but not our own being cancelled."""
    try:
        yield
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        raise ConnectionLost("its adapter gave up") from None
    except ANYTHING as error:
        fail(method, error)


def outcome(said: object) -> Receipt | AdapterError:
    """Return a command's receipt or error, from whatever an adapter says of it."""
    if type(said) is Receipt:
        part = said.part
        if part is None:
            return said
        if (
            type(part) is Part
            and is_text(part.id)
            and (not part.aliases or all(map(is_text, part.aliases)))
            and (part.speaker is None or is_text(part.speaker))
        ):
            return said
    if isinstance(said, BaseException):
        return failure("send", said)
    return Unsupported(f"a bug in its adapter: it was confirmed with {shown(said)}")


def failure(method: str, error: BaseException) -> AdapterError:
    """Return the AdapterError that an exception of an adapter means, whatever it is."""
    if isinstance(error, AdapterError):
        return _worded(error)
    if isinstance(error, asyncio.CancelledError):
        return ConnectionLost("its adapter gave up")
    if isinstance(error, OSError) and error.filename is not None:
        return Rejected(f"a file cannot be read: {error.strerror}")
    if isinstance(error, OSError | EOFError):
        return ConnectionLost(words_of(error))
    said = "" if method in _WITH_WORDS else f": {words_of(error)}"
    found = Unsupported(f"a bug in its adapter: {method} raised {type(error).__name__}{said}")
    found.__cause__ = error
    return found


def fail(method: str, error: BaseException) -> NoReturn:
    raise failure(method, error)


def _worded(error: AdapterError) -> AdapterError:
    """Give an error words that can be written, and times that can be waited."""
    text = words_of(error)
    if error.args != (text,):
        error.args = (text,)
    if isinstance(error, RateLimited | RoomUnavailable):
        never = isinstance(error, RoomUnavailable) and error.retry_after is None
        error.retry_after = None if never else _pause(error.retry_after)
    return error


def _pause(seconds: object) -> float:
    if not isinstance(seconds, int | float) or math.isnan(seconds):
        return _LONGEST_PAUSE
    return min(max(seconds, _LEAST_PAUSE), _LONGEST_PAUSE)


def words_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 an exception of anybody's
        text = ""
    text = text[:_LONGEST_REASON] or type(error).__name__
    return text if is_text(text) else written(text)
