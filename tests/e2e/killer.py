"""`hubbub`, killing itself at a step of a message's way: as kill -9 or the loss of the process there.

KILL holds the step, a network and a number: at the so-manieth time that the step is reached for a message
from that network (take, transaction, commit) or to it (all others), the process is killed, and the moment
is written into the file KILLED. It begins when it is told so by a line, with everything imported before.
"""

import asyncio.selector_events
import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge.cli import main
from bridge.journal.sqlite import SqliteJournal
from bridge.relay.worker import Worker

_step, _network, _number = os.environ["KILL"].split()
_left = iter(range(int(_number) - 1, -1, -1))


def _reached() -> bool:
    """Count; whether it is time."""
    return next(_left, None) == 0


def _die() -> None:
    Path(os.environ["KILLED"]).write_text(repr(time.time()))
    os.kill(os.getpid(), signal.SIGKILL)


def _wrap(owner: type, name: str, change: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    setattr(owner, name, change(getattr(owner, name)))


def _concerns(journal: SqliteJournal, room: int) -> bool:
    query = "SELECT network FROM room WHERE number = ?"
    return journal._database.execute(query, (room,)).fetchone() == (_network,)


class _Dying:
    """A database whose next COMMIT never comes."""

    def __init__(self, database: Any) -> None:
        self._own = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def execute(self, statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            _die()
        return self._own.execute(statement, *values)


def _take(take: Callable[..., Any]) -> Callable[..., Any]:
    """The event is here, and not yet in any transaction."""

    def wrapped(journal: SqliteJournal, source: int, *rest: Any) -> None:
        take(journal, source, *rest)
        if _concerns(journal, source) and _reached():
            _die()

    return wrapped


def _keep(keep: Callable[..., Any]) -> Callable[..., Any]:
    """Before the receipts are appended to their file, or right after it."""

    def wrapped(journal: SqliteJournal) -> Any:
        due = any(_concerns(journal, receipt[0]) for receipt in journal._unkept) and _reached()
        if due and _step == "record":
            _die()
        done = keep(journal)
        if due:
            _die()
        return done

    return wrapped


def _commit(transaction: Callable[..., Any]) -> Callable[..., Any]:
    """In the commit of what was taken or delivered, or right after it, when its receipts are still kept."""

    def wrapped(journal: SqliteJournal) -> Any:
        taking = _step in ("transaction", "commit")
        rooms = [taken[1] for taken in journal._events] if taking else [room for room, _ in journal._settled]
        due = any(_concerns(journal, room) for room in rooms) and _reached()
        if due and _step in ("transaction", "settle"):
            journal._database = _Dying(journal._database)
        done = transaction(journal)
        if due:
            _die()
        return done

    return wrapped


def _of_worker(method: Callable[..., Any]) -> Callable[..., Any]:
    """Before the command is written, or before its confirmation is looked at."""

    def wrapped(worker: Worker, *arguments: Any) -> Any:
        if worker.room.adapter.network == _network and _reached():
            _die()
        return method(worker, *arguments)

    return wrapped


def _write(write: Callable[..., Any]) -> Callable[..., Any]:
    """The bytes of a message were handed to the system."""
    port = int(os.environ[f"{_network.upper()}_PORT"])

    def wrapped(transport: Any, data: Any) -> None:
        write(transport, data)
        if b"line " in bytes(data) and transport.get_extra_info("peername")[1] == port and _reached():
            _die()

    return wrapped


match _step:
    case "take":
        _wrap(SqliteJournal, "take", _take)
    case "transaction" | "commit" | "settle" | "settled":
        _wrap(SqliteJournal, "_transaction", _commit)
    case "record" | "recorded":
        _wrap(SqliteJournal, "keep", _keep)
    case "write":
        _wrap(Worker, "_send", _of_worker)
    case "confirm":
        _wrap(Worker, "_confirmed", _of_worker)
    case "send":
        _wrap(asyncio.selector_events._SelectorSocketTransport, "write", _write)  # type: ignore[attr-defined]

if __name__ == "__main__":
    for name in (
        "bridge.cli.service",
        "bridge.app",
        "bridge.control.server",
        "adapters.irc",
        "adapters.xmpp",
        "adapters.matrix",
    ):
        importlib.import_module(name)
    if sys.stdin.readline():
        main()
