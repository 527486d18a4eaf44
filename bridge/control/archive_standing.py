"""Says how the archive stands, as its file tells."""

import json
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from bridge.archive.evidence.checkpoints import last_round, unstamped
from bridge.archive.filing.holds import LegalHold, all_holds
from bridge.archive.filing.questions import KeptConversation
from bridge.archive.filing.standing import standing
from bridge.archive.filing.tags import Tagged, all_tags
from bridge.archive.store import Reader, Round, size_of
from bridge.config import ArchiveRules
from bridge.relay import ObserverStatus
from bridge.status import ArchiveReport

from .archive_answers import ArchiveAnswer, ArchivedConversation, CheckpointTold

__all__ = ["answered", "checkpoint_told", "conversation", "reported"]


def reported(reader: Reader, *, stamps: bool) -> ArchiveReport:
    """Return the numbers alone; `stamps`: whether the owner wants some."""
    signed = last_round(reader)
    return ArchiveReport(
        entries=reader.last(),
        size=size_of(reader.file),
        checkpoint=signed.at if signed is not None else None,
        unstamped=unstamped(reader) if stamps else 0,
        wrong=(),
    )


def answered(
    reader: Reader,
    archived: Mapping[str, ArchiveRules],
    observer: ObserverStatus | None,
    *,
    stamps: bool,
) -> ArchiveAnswer:
    """Return all of it. `archived` is what the map says now, by conversation."""
    stand, signed = standing(reader), last_round(reader)
    kept = {one.name: one for one in stand.conversations}
    holds, tags = all_holds(reader), all_tags(reader)
    return ArchiveAnswer(
        file=stand.file,
        there=True,
        size=stand.bytes,
        behind=observer.behind if observer else 0,
        since=observer.since if observer else None,
        reason=observer.reason if observer else "",
        conversations=[
            replace(
                conversation(name, archived.get(name), kept.get(name)),
                holds=list(_holding(holds, name)),
                tags=sorted(_tags(tags, name)),
            )
            for name in dict.fromkeys((*archived, *kept))
        ],
        checkpoint=checkpoint_told(signed) if signed is not None else None,
        unstamped=unstamped(reader) if stamps else 0,
    )


def conversation(
    name: str, rules: ArchiveRules | None, kept: KeptConversation | None = None
) -> ArchivedConversation:
    """Return how a conversation stands, by the map and by what is kept of it."""
    return ArchivedConversation(
        name=name,
        entries=kept.entries if kept else 0,
        size=kept.bytes if kept else 0,
        first_at=kept.oldest if kept else None,
        last_at=kept.newest if kept else None,
        keep=rules.keep if rules else None,
        text=rules.text if rules else False,
        files=rules.files if rules else False,
        holds=(),
        tags=(),
    )


def _holding(holds: list[LegalHold], conversation: str) -> Iterator[str]:
    for hold in holds:
        if not hold.conversations or conversation in hold.conversations:
            yield hold.name


def _tags(tags: list[Tagged], conversation: str) -> set[str]:
    return {one.tag for one in tags if one.conversation == conversation}


def checkpoint_told(made: Round) -> CheckpointTold:
    """Return a checkpoint as it is answered."""
    witness = json.loads(made.witness or "{}")
    told = f"{witness.get('network', '')} {witness.get('room', '')}".strip()
    return CheckpointTold(number=made.number, at=made.at, stamped=made.stamp is not None, witness=told)
