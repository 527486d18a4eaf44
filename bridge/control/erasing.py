"""Erases people for an owner, or says what that would take: from the archive and the journal, at desks, and
in the ledger of lists.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence

import msgspec

from bridge.announce.persons import mailboxes
from bridge.announce.store import lists_file
from bridge.app import Bridge
from bridge.archive.filing.questions import ErasePeople, ErasureReport, FindPeople
from bridge.archive.persons.finding import KnownPerson, chosen_people
from bridge.archive.persons.report import stays
from bridge.desk.visitors import answering, kept_of, visitors
from bridge.errors import HubbubError
from bridge.model import UserId

from .filing_requests import EraseRequest, ErasureAnswer

__all__ = ["erase_people"]

_STAYS_AT = (
    "that they answered visitors at {desk}: their name in chats for as long as the desk keeps these, "
    "and in its figures"
)


async def erase_people(bridge: Bridge, request: EraseRequest) -> ErasureAnswer:
    """Erase these people, or say what that would take. Raises HubbubError."""
    archive, config = bridge.features.archive, bridge.config
    mailed = mailboxes(request.who)
    people = await _meant(bridge, request.who)
    found = await archive.copies.report({one.key for one in people})
    if not request.dry_run:
        await archive.forgetting.up_to_date()
        await archive.copies.begin([(one.network, UserId(one.id)) for one in people])
    report = await _filed(bridge, people, request)
    ids = {(one.network, one.id) for one in people} | {*report.ids}
    entries = _subscribed(bridge, ids | mailed, dry_run=request.dry_run)
    chats = await _at_desks(bridge, ids, dry_run=request.dry_run)
    left = [_STAYS_AT.format(desk=desk) for desk in answering(config, ids)]
    left += stays(report, found.left, config.keep.ids, subscriptions=entries)
    named = people or [KnownPerson(network=network, id=address) for network, address in sorted(mailed)]
    return ErasureAnswer(
        archive=msgspec.structs.replace(report, people=named),
        journal=found.events,
        chats=chats,
        subscriptions=entries,
        taken_back=dict(found.taken_back),
        left=dict(found.left),
        stays=left,
    )


async def _meant(bridge: Bridge, who: Sequence[str]) -> list[KnownPerson]:
    """Return who is meant, but for who is only known as a mail address. Raises ArchiveError."""
    networks = tuple(bridge.config.networks)
    names = [one for one in visitors(bridge.config, who) if not one.startswith("mail:")]
    if not names:
        return []
    archive = bridge.features.archive
    if not archive.is_kept():
        return chosen_people(names, (), networks)
    return list((await archive.ask(FindPeople(tuple(names), networks))).people)


async def _filed(bridge: Bridge, people: Sequence[KnownPerson], request: EraseRequest) -> ErasureReport:
    if not people or not bridge.features.archive.is_kept():
        return ErasureReport(people=people, dry_run=request.dry_run)
    return await bridge.features.archive.ask(ErasePeople(tuple(people), request.dry_run, request.mentions))


def _subscribed(bridge: Bridge, people: Collection[tuple[str, str]], *, dry_run: bool) -> int:
    """Erase people from the ledger of lists. Returns how many entries that were, or would be."""
    ledger = bridge.features.lists.persons
    if ledger is None:
        return 0
    try:
        return len(ledger.of(people)) if dry_run else ledger.erase(people)
    except sqlite3.Error as error:
        raise HubbubError(
            f"{lists_file(bridge.config.journal)} cannot be written ({error}), and nobody is erased there: "
            "look at the disk and at `hubbub doctor`, then do this again"
        ) from None


async def _at_desks(bridge: Bridge, people: Collection[tuple[str, str]], *, dry_run: bool) -> dict[str, int]:
    """Have what networks themselves keep of people forgotten. Returns how many chats that are, by network."""
    found: Counter[str] = Counter()
    if dry_run:
        return dict(Counter(kept["network"] for kept in kept_of(bridge.config, people)))
    for network, user in sorted(people):
        if network in bridge.config.networks:
            found[network] += await bridge.adapter(network).forget(UserId(user))
    return dict(+found)
