"""Tells the owner of desks which mail does not go, where all that is wrong is told."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from bridge.errors import TemporaryFailure
from bridge.status import MailReport

from .located import MappedDesk
from .store.stuck import StuckMail, StuckReader, StuckStore

__all__ = ["do_with_stuck", "mail_reports", "stuck_mail"]

_ADDRESS = re.compile(r"[^\s<>]*@[^\s<>]+")
"""It finds addresses of people: a server's words have them, and monitors are told these."""


def stuck_mail(desks: Iterable[MappedDesk]) -> list[tuple[MappedDesk, StuckMail]]:
    """Return what did not go of these desks, each with its desk. Blocks. Raises TemporaryFailure."""
    found = []
    for file, own in _by_file(desks).items():
        if file.exists():
            with StuckReader(file) as reader:
                found += [(own[one.desk], one) for one in reader.stuck() if one.desk in own]
    return found


def mail_reports(desks: Iterable[MappedDesk]) -> list[MailReport]:
    """Return how the mail of these desks stands, of those of which some did not go. Blocks."""
    try:
        found = stuck_mail(desks)
    except TemporaryFailure:  # whoever writes it tells of that
        return []
    reports: dict[tuple[str, str, bool], list[StuckMail]] = {}
    for desk, one in found:
        reports.setdefault((desk.network, desk.name, one.given_up_at is not None), []).append(one)
    return [
        MailReport(
            network,
            desk,
            len(some),
            given_up,
            some[0].given_up_at or some[0].at,
            _ADDRESS.sub("…", some[-1].why),
        )
        for (network, desk, given_up), some in reports.items()
    ]


def do_with_stuck(desks: Iterable[MappedDesk], numbers: Collection[int], what: str, now: float) -> int:
    """Have what did not go sent again (`retry`) or forgotten (`forget`): those of these numbers, or all where
    there are none. Returns how many these are. Blocks. Raises TemporaryFailure.
    """
    meant: dict[Path, list[int]] = {}
    for desk, one in stuck_mail(desks):
        if not numbers or one.number in numbers:
            meant.setdefault(desk.file, []).append(one.number)
    for file, own in meant.items():
        store = StuckStore(file)
        try:
            if what == "retry":
                store.again(own, now)
            else:
                store.drop(own)
        finally:
            store.close()
    return sum(map(len, meant.values()))


def _by_file(desks: Iterable[MappedDesk]) -> dict[Path, dict[str, MappedDesk]]:
    found: dict[Path, dict[str, MappedDesk]] = {}
    for desk in desks:
        found.setdefault(desk.file, {})[desk.name] = desk
    return found
