"""What can go wrong, named by what the caller does next.

HubbubError
├── ConfigError             mend the file; nothing was changed
├── JournalError            mend the journal's file or the disk below it
├── ArchiveError            mend the archive's file or the disk below it; or ask it for less
└── AdapterError
    ├── ConnectionLost          reconnect
    ├── AuthenticationFailed    three tries, then hourly, loudly
    ├── Replaced                another session took over: stop and say so
    ├── RoomUnavailable         this room's queue waits
    ├── RateLimited             wait, then again
    ├── TemporaryFailure        again, with the same txn
    ├── FormRefused             again at once, as the room's capabilities are now
    ├── Rejected                this one message, given up in the open
    └── Unsupported             a capability lied: a bug
"""

from collections.abc import Iterator

from .secrets import strike

__all__ = [
    "AdapterError",
    "ArchiveError",
    "AuthenticationFailed",
    "ConfigError",
    "ConnectionLost",
    "FormRefused",
    "HubbubError",
    "JournalError",
    "RateLimited",
    "Rejected",
    "Replaced",
    "RoomUnavailable",
    "TemporaryFailure",
    "Unsupported",
    "causes",
    "foremost",
]


_SHOWN = 50


class HubbubError(Exception):
    """The root: its text is a sentence for the owner that says what to do, without secrets."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(strike(sentence))


class ConfigError(HubbubError):
    """The configuration cannot be used; `problems` are complete sentences, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = [strike(problem) for problem in problems]

    def shown(self) -> list[str]:
        """Return as many of the problems as somebody reads, and how many more there are."""
        more = len(self.problems) - _SHOWN
        return self.problems if more <= 0 else [*self.problems[:_SHOWN], f"and {more:,} more"]

    def __str__(self) -> str:
        return "\n".join(self.shown())


class JournalError(HubbubError):
    """The journal cannot be opened or written."""


class ArchiveError(HubbubError):
    """The archive cannot be opened, read or written, or not as it was asked to."""


class AdapterError(HubbubError):
    """Something that a network did or refused."""


class ConnectionLost(AdapterError):
    """The connection ended or never came about; what was in flight is in doubt."""


class AuthenticationFailed(AdapterError):
    """The network does not take our credentials; trying again soon would only lock us out."""


class Replaced(AdapterError):
    """Another session with our identity took over; reconnecting would start a fight between the two."""


class RoomUnavailable(AdapterError):
    """The room cannot be spoken in now (not joined, kicked, moderated, full): its queue waits.

    `retry_after` is in seconds; None means until the room is joined again.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = str(self)
        self.retry_after = retry_after


class RateLimited(AdapterError):
    """The network asks for patience of `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class TemporaryFailure(AdapterError):
    """The network could not take this now; the same command with the same txn may be sent again."""


class FormRefused(AdapterError):
    """The room minds how this was said, not the words, and its capabilities say so from now on: the same
    command, made anew, may be sent at once.
    """


class Rejected(AdapterError):
    """The network refuses this one message for good. `alone`: whoever says it, and the room takes others."""

    def __init__(self, reason: str, *, alone: bool = False) -> None:
        super().__init__(reason)
        self.alone = alone


class Unsupported(AdapterError):
    """The adapter was asked for what its capabilities exclude, or cannot do what they promise."""


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, or those of a group, however deep."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from causes(one)
    elif error is not None:
        yield error


def foremost(error: BaseException) -> AdapterError | None:
    """Return the AdapterError that says most of those in an error: a refused login before a lost connection.
    None: there is none.
    """
    known = [one for one in causes(error) if isinstance(one, AdapterError)]
    refused = (one for one in known if isinstance(one, AuthenticationFailed))
    return next(refused, known[0] if known else None)
