"""Says what an erasure leaves, and why."""

from collections.abc import Mapping

from bridge.archive.filing.questions import ErasureReport
from bridge.config.words import counted, lasting, quoted

__all__ = ["stays"]


def stays(
    archive: ErasureReport,
    left: Mapping[str, int] | None,
    ids_kept: float | None = None,
    *,
    subscriptions: int = 0,
) -> list[str]:
    """Return it in sentences. `left` are copies on networks that cannot be taken back; None: no service runs
    that could. `ids_kept` is for how long the journal knows who said something, `subscriptions` are entries
    of the ledger of lists.
    """
    found = [
        f"{counted(one.entries, 'entry', 'entries')} for the hold "
        f"{quoted(one.hold)} ({one.reason}): they go once it is released"
        for one in archive.held
    ]
    if archive.quoted and not archive.quotes_taken:
        found.append(
            f"the words of others in {counted(archive.quoted, 'message')} that quote or mention them: "
            "--mentions takes these too"
        )
    found.append("what others say of them without quoting or mentioning them: nobody can find that by itself")
    if left is None:
        found.append(
            "the journal's memory, what desks and lists keep, and copies on networks, since no service runs: "
            "start it, and do this again"
        )
    for network, count in sorted((left or {}).items()):
        found.append(
            f"{counted(count, 'copy', 'copies')} at most on {network}, which lets nobody take them back, or "
            "cannot be reached now"
        )
    if ids_kept is not None:
        found.append(
            f"that they said something, with name and id but without words, in the journal for "
            f"{lasting(ids_kept)} after it was said, so that copies can be taken back"
        )
    if subscriptions:
        found.append(
            f"in the ledger of lists {counted(subscriptions, 'entry', 'entries')}: that somebody asked, "
            "confirmed and ended it, and when, with a keyed hash in place of who. It proves that nobody was "
            "told anything unasked, and keeps their address from being asked again"
        )
    found += [
        "what their own networks and other people's programs keep",
        "exports, evidence bundles, digests and backups that were made before",
        "what they say from now on: !archive off is theirs to say",
    ]
    return found
