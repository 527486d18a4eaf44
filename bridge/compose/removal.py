"""What was taken back: deleted where that can be done, else told of."""

from bridge.identity import one_line
from bridge.journal import Delivery, Progress
from bridge.language import N_
from bridge.model import Authorship, DeleteMessage, ReactionsChanged, Removed

from . import reaction, words
from .memory import RoomMemory
from .next import Next, Step
from .snippets import removed
from .speaking import as_said, speaking
from .view import RoomView

__all__ = ["compose"]

_REMOVED = N_("[a moderator removed what they said]")


def compose(delivery: Delivery, event: Removed, view: RoomView, memory: RoomMemory) -> Next:
    """Delete the next part of the message, or say that it was taken back."""
    facts = view.facts
    seq = facts.named(delivery, event.target)
    if seq is None or not (event.by_moderator or facts.is_by(delivery, seq)) or seq in memory.unsaid:
        return None
    target = facts.event(seq)
    said_by = facts.said_by(seq) or (delivery.source, event.sender)
    if isinstance(target, ReactionsChanged):
        return reaction.compose(delivery, target, speaking(view, *said_by, memory), memory)
    ours, own = not facts.is_from_here(seq), view.own()
    can_delete = own.capabilities.delete
    asked = ours and (can_delete or own.capabilities.authorship is not Authorship.PREFIX)
    parts = facts.parts(seq) if asked else []
    found = [(part, as_said(own, part, *said_by, memory)) for part in parts]
    theirs = [(part, there) for part, there in found if there is not None and there.capabilities.delete]
    gone = delivery.progress.chars
    if gone < len(theirs):
        part, there = theirs[gone]
        command = DeleteMessage(
            room=view.id,
            speaker=memory.speaker(there, *said_by),
            txn=facts.txn(delivery),
            target=part,
            reason=one_line(event.reason),
        )
        more = gone + 1 < len(theirs)
        return Step(command, Progress(gone + 1) if more else None)
    if gone or not ours or (can_delete and len(theirs) == len(parts)) or view.show.removals == "off":
        return None
    told = _told(delivery, event, seq, view, memory)
    return words.note(delivery, told, view, memory) if told else None


def _told(delivery: Delivery, event: Removed, seq: int, view: RoomView, memory: RoomMemory) -> str:
    """Say what was taken back; empty: that is told later, with more that moderators removed."""
    known = view.facts.said_by(seq)
    of = memory.called(view, *known) if known is not None else None
    moderator = known is None or known[1].author != event.sender.author
    by = of if of and not moderator else memory.called(view, delivery.source, event.sender)
    if moderator and of and view.digest.repeated(view.number, delivery.source, delivery.seq, of, _REMOVED):
        return ""
    return removed(view.locale, by, of, event.reason, moderator=moderator)
