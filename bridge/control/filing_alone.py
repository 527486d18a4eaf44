"""Files where no service runs: a command takes the archive's lock, and does it itself."""

from pathlib import Path
from typing import Any

import msgspec

from bridge.archive.filing import questions as ask
from bridge.archive.filing.answering import FilingAnswers
from bridge.archive.filing.rules import filing_rules
from bridge.archive.persons.report import stays
from bridge.archive.store import Store
from bridge.archive.store.kept_files import KeptFiles
from bridge.clock import SYSTEM
from bridge.config import Config
from bridge.desk.visitors import visitors
from bridge.errors import ArchiveError

from .filing import question
from .filing_requests import EraseRequest, ErasureAnswer
from .requests import Request

__all__ = ["do_alone"]


def do_alone(archive: Path, config: Config | None, request: Request[Any]) -> Any:
    """Do what is asked with an archive that nobody else writes now, and let go of what has to go after it.
    Raises ArchiveError.
    """
    if not archive.exists():
        raise ArchiveError(
            f"{archive}: there is no archive: `archive: {{keep: 1y}}` of a conversation makes one"
        )
    store = Store(archive, SYSTEM)
    try:
        filing = FilingAnswers(store, SYSTEM, KeptFiles(store).tidy)
        try:
            if config is not None:
                rules = filing_rules(config)
                filing.follow(msgspec.structs.replace(rules, mail=None, digest=None))
            if isinstance(request, EraseRequest):
                answer = _erase(filing, config, request)
            else:
                answer = filing.do(question(request))
            while request.changes and filing.step():
                pass
            return answer
        finally:
            filing.close()
    finally:
        store.close()


def _erase(filing: FilingAnswers, config: Config | None, request: EraseRequest) -> ErasureAnswer:
    networks = tuple(config.networks) if config is not None else ()
    who = tuple(visitors(config, request.who)) if config is not None else tuple(request.who)
    people = filing.do(ask.FindPeople(who, networks)).people
    report = filing.do(ask.ErasePeople(tuple(people), request.dry_run, request.mentions))
    return ErasureAnswer(archive=report, stays=stays(report, None))
