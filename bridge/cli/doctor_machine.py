"""What `hubbub doctor` looks at on this machine: no network, and no protocol."""

import os
import platform
import re
import shutil
import socket
import sqlite3
import ssl
import stat
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
from rich.filesize import decimal

from bridge.announce.store import lists_file
from bridge.config import Config, Listening, address_of
from bridge.config.words import counted, printable
from bridge.control import NotRunning, ask
from bridge.desk.located import desks
from bridge.errors import HubbubError, JournalError
from bridge.examination import Finding, Grade
from bridge.faults import reason
from bridge.journal.admin import maintenance
from bridge.troubles import Trouble

from .doctor_archive import look_at_archive

__all__ = ["LOOKS", "Machine"]

_LEAST, _LITTLE = 100 * 10**6, 10**9
"""Bytes that are free: too few for what goes on, and few."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class Machine:
    """What the looks go by."""

    def __init__(self, file: Path, config: Config) -> None:
        self.file = file
        self.config = config
        self.status = _status(config.journal)
        """How the service stands that runs with this journal; None: none does, or it cannot be asked."""


def _status(journal: Path) -> dict[str, Any] | None:
    try:
        return ask(journal, {"command": "status"})
    except HubbubError:
        return None


def _versions(_: Machine) -> Iterator[Finding]:
    said = (
        f"Hubbub {metadata.version('hubbub')} on Python {platform.python_version()}, SQLite"
        f" {sqlite3.sqlite_version}, {' '.join(ssl.OPENSSL_VERSION.split()[:2])}"
    )
    yield Finding("versions", Grade.WELL, said)
    for requirement in metadata.requires("hubbub") or ():
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        if "extra ==" not in requirement and not _is_installed(name):
            lacks = f"the library {name} is not installed: `pip install --upgrade hubbub`"
            yield Finding("versions", Grade.WRONG, lacks)


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _map(machine: Machine) -> Iterator[Finding]:
    for remark in machine.config.remarks:
        yield Finding("map", Grade.DOUBTFUL, remark)
    if not machine.config.remarks:
        yield Finding("map", Grade.WELL, f"{machine.file} is in order")


def _service(machine: Machine) -> Iterator[Finding]:
    try:
        answer = machine.status or ask(machine.config.journal, {"command": "status"})
    except NotRunning:
        yield Finding("service", Grade.WELL, "no service runs with this journal now")
        return
    except HubbubError as error:
        yield Finding("service", Grade.WRONG, str(error))
        return
    for trouble in answer["wrong"]:
        said = f"the service says: {msgspec.convert(trouble, Trouble).sentence}"
        yield Finding("service", Grade.WRONG, said)
    if not answer["wrong"]:
        yield Finding("service", Grade.WELL, "the service runs, and all is well with it")


def _journal(machine: Machine) -> Iterator[Finding]:
    path = machine.config.journal
    if not path.exists():
        yield Finding("journal", Grade.WELL, f"there is no journal yet: the first start makes {path}")
        return
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        open_to_all = f"anybody on this machine can open {path}, with what people said: chmod 600 {path}"
        yield Finding("permissions", Grade.WRONG, open_to_all)
    try:
        found = maintenance.check(path)
    except JournalError as error:
        yield Finding("journal", Grade.WRONG, str(error))
        return
    for finding in found.findings:
        said = f"the journal is not sound, {finding}: stop the service, then `hubbub db restore` a backup"
        yield Finding("journal", Grade.WRONG, said)
    for store in found.stores:
        if store.finding:
            said = f"{store.file}: {store.finding}: stop the service, then `hubbub db restore` a backup"
            yield Finding("journal", Grade.WRONG, said)
    if found.inventory is not None and not found.findings:
        size = f"{counted(found.inventory.taken, 'message')}, {decimal(found.inventory.size)}"
        yield Finding("journal", Grade.WELL, f"the journal {path} is sound: {size}")
    if found.inventory is not None and (lost := found.inventory.undelivered):
        are = "message is" if lost == 1 else "messages are"
        said = f"{lost:,} {are} not delivered: `hubbub undelivered` lists what, and sends it again"
        yield Finding("undelivered", Grade.DOUBTFUL, said)


def _folders(machine: Machine) -> Iterator[Finding]:
    """Look whether what is written can be, and has room."""
    config = machine.config
    for what, folder in (("the journal", config.journal.absolute().parent), ("files", config.media.folder)):
        there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            said = f"{what} cannot be written in {there}: give it to the service's user, or ask as that one"
            yield Finding("permissions", Grade.WRONG, said)
            continue
        free = shutil.disk_usage(there).free
        grade = Grade.WRONG if free < _LEAST else Grade.DOUBTFUL if free < _LITTLE else Grade.WELL
        said = f"{decimal(free)} are free for {what} ({there})"
        yield Finding("disk", grade, said if grade is Grade.WELL else f"only {said}: make room")


def _beside(machine: Machine) -> Iterator[Finding]:
    """Look whether what desks and lists keep beside the journal can be written."""
    config = machine.config
    wanted = {one.file: f"the chats of {one.network}" for one in desks(config)}
    if any(one.announce is not None for one in config.conversations.values()):
        wanted[lists_file(config.journal)] = "the lists"
    for file, what in wanted.items():
        if file.exists() and not (file.is_file() and os.access(file, os.R_OK | os.W_OK)):
            said = f"{what} cannot be written to {file}: give that file to the service's user"
            yield Finding("permissions", Grade.WRONG, said)


def _ports(machine: Machine) -> Iterator[Finding]:
    config = machine.config
    claims = [config.media.claims(), config.web.claims() if config.web is not None else {}]
    claims += [network.settings.claims() for network in config.networks.values()]
    for claim in [claim for some in claims for claim in some.values()]:
        if isinstance(claim, Listening):
            yield _port(claim.listen, running=machine.status is not None)


def _port(listen: str, *, running: bool) -> Finding:
    host, port = address_of(listen)
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, number) as ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ours.bind(address)
            ours.listen()
    except OSError as error:
        if running:
            return Finding("port", Grade.WELL, f"{listen} is taken, as it is when the service runs")
        why = reason(error).lower()
        said = f"nobody can listen at {listen} ({why}): end who does, or name another address in the map"
        return Finding("port", Grade.WRONG, said)
    if running:
        said = f"the service runs, and nobody listens at {listen}: see its log, then restart it"
        return Finding("port", Grade.WRONG, said)
    return Finding("port", Grade.WELL, f"{listen} is free")


def _proxies(_: Machine) -> Iterator[Finding]:
    """Look for what other programs go by. Its value may hold a password."""
    for name in filter(os.environ.get, (*_PROXIES, *map(str.upper, _PROXIES))):
        said = f"${name} is set, and Hubbub does not go by it: only what stands in the map counts"
        yield Finding("proxy", Grade.DOUBTFUL, printable(said))


def _archive(machine: Machine) -> Iterator[Finding]:
    return look_at_archive(machine.config)


LOOKS: Sequence[Callable[[Machine], Iterator[Finding]]] = (
    _versions,
    _map,
    _service,
    _journal,
    _archive,
    _folders,
    _beside,
    _ports,
    _proxies,
)
"""In the order in which they are shown."""
