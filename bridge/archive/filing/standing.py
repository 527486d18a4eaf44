"""Says how the archive stands: what it has, for how long, and what is wrong."""

from collections import Counter
from collections.abc import Sequence

from bridge.archive.keeping import KeptFor, kept_for
from bridge.archive.store import ConversationInfo, Reader, size_of

from .holds import all_holds
from .questions import FilingStanding, KeptConversation
from .tags import all_tags

__all__ = ["standing"]


def standing(
    reader: Reader, *, waiting: int = 0, digest: str = "", wrong: Sequence[str] = ()
) -> FilingStanding:
    """Look at it. What the one who writes it knows besides is handed over."""
    kept = kept_for(reader)
    infos = {info.name: info for info in reader.conversations()}
    size = size_of(reader.file)
    entries = sum(info.count for info in infos.values())
    conversations = [
        _conversation(reader, name, infos.get(name), kept.get(name), size / max(entries, 1))
        for name in sorted({*infos, *kept})
    ]
    return FilingStanding(
        file=str(reader.file),
        bytes=size,
        entries=entries,
        conversations=conversations,
        holds=all_holds(reader),
        tags=dict(sorted(Counter(one.tag for one in all_tags(reader)).items())),
        opted_out=(),  # the service knows
        waiting=waiting,
        digest=digest,
        wrong=wrong,
    )


def _conversation(
    reader: Reader, name: str, info: ConversationInfo | None, kept: KeptFor | None, each: float
) -> KeptConversation:
    count = info.count if info is not None else 0
    first = next(reader.entries(name, since=0.0), None)  # what is bare has no time
    oldest = first.header.at if first is not None and first.header is not None else None
    keep = kept.keep if kept is not None else None
    return KeptConversation(
        name=name,
        archived=kept is not None and kept.ended is None,
        entries=count,
        bytes=round(count * each),
        oldest=oldest,
        newest=info.last_at if info is not None else None,
        keep=keep,
        expires=oldest + keep if oldest is not None and keep is not None else None,
    )
