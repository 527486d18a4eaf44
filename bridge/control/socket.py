"""Where a service can be asked things: a Unix socket that belongs to its journal."""

import contextlib
import hashlib
import json
import os
import socket
import stat
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from bridge.errors import HubbubError

__all__ = ["NotRunning", "SocketPlace", "ask", "exchange", "follow"]

_LONGEST_PATH = 107
"""What `sun_path` holds (unix(7))."""
_PATIENCE = 60.0


class NotRunning(HubbubError):
    """No service has this journal open."""


class SocketPlace:
    """The socket's place: beside the journal, or where that is too deep, in a private folder."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal.resolve()
        beside = self._journal.with_name(self._journal.name + ".sock")
        self._private = len(os.fsencode(beside)) > _LONGEST_PATH
        digest = hashlib.blake2b(os.fsencode(self._journal), digest_size=8).hexdigest()
        homes = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()]
        folders = [Path(home, f"hubbub-{digest}") for home in homes if home]
        self.paths = [folder / "control" for folder in folders] if self._private else [beside]
        """Where it may be; a service has it at the first."""

    @contextlib.contextmanager
    def listener(self) -> Iterator[socket.socket]:
        """Open the socket, listening, for its owner alone. Raises OSError.

        The journal must be ours: then whatever stands in its place was left by somebody dead.
        """
        path = self.paths[0]
        if self._private:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            if not _is_private(path.parent, os.geteuid()):
                raise PermissionError(f"{path.parent} belongs to somebody else")
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(path.lstat().st_mode):
                raise FileExistsError(f"{path} is in its way")
            path.unlink()
        with socket.socket(socket.AF_UNIX) as listener:
            before = os.umask(0o177)
            try:
                listener.bind(str(path))
            finally:
                os.umask(before)
            try:
                yield listener
            finally:
                path.unlink(missing_ok=True)
                if self._private:
                    path.parent.rmdir()

    def found(self) -> Path:
        """Find where a service may listen. Raises NotRunning, or HubbubError where we may not look."""
        try:
            for path in self.paths:
                if path.is_socket() and (not self._private or _is_private(path.parent, self._owner())):
                    return path
        except PermissionError as error:
            raise HubbubError(
                f"{self._journal} cannot be reached ({error.strerror}): ask as the service's user"
            ) from error
        raise NotRunning(_not_running(self._journal))

    def _owner(self) -> int:
        return self._journal.stat().st_uid


def _is_private(folder: Path, owner: int) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077


def _not_running(journal: Path) -> str:
    return f"no service is running with {journal}: start it with `hubbub run`, or name its own with --journal"


def ask(journal: Path, request: Mapping[str, Any], patience: float = _PATIENCE) -> dict[str, Any]:
    """Ask the service that owns a journal; the answer may take so many seconds. Raises NotRunning, or
    HubbubError when it refuses, or gives none.
    """
    return _done(exchange(journal, request, patience))


def exchange(journal: Path, request: Mapping[str, Any], patience: float = _PATIENCE) -> dict[str, Any]:
    """Ask in the same way, and return the answer as it came, a refusal too. Raises NotRunning, or HubbubError
    when there is none.
    """
    with contextlib.closing(_answers(journal, request, patience)) as answers:
        return next(answers)


def follow(journal: Path, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Ask the service that owns a journal for a stream. Yields what it answers until the service ends.
    Raises HubbubError when it refuses, or ends or does not run at the start, and NotRunning.
    """
    for answer in _answers(journal, request, None):
        yield _done(answer)


def _done(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what was answered. Raises HubbubError with why it was refused."""
    if not answer.pop("ok"):
        raise HubbubError(answer["error"])
    return answer


def _answers(
    journal: Path, request: Mapping[str, Any], patience: float | None
) -> Generator[dict[str, Any], None, None]:
    """Yield what a service answers, at least once. Raises NotRunning and HubbubError."""
    place = SocketPlace(journal)
    path = place.found()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(patience)
        try:
            client.connect(str(path))
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile("rb") as lines:
                line = lines.readline()
                if not line:
                    raise HubbubError(f"the service at {path} hung up without an answer: look at its log")
                while line:
                    yield json.loads(line)
                    line = lines.readline()
        except (ConnectionRefusedError, FileNotFoundError):
            raise NotRunning(_not_running(journal)) from None
        except OSError as error:
            raise HubbubError(
                f"the service cannot be asked at {path} ({error}): are you its user, and is it well?"
            ) from error
