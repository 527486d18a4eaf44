"""What was taken back: deleted where that can be done, else told of."""

from bridge.journal import Delivery, Progress
from bridge.model import DeleteMessage, ReactionsChanged, Removed

from . import reaction, words
from .memory import RoomMemory
from .next import Next, Step
from .prefix import one_line
from .snippets import removed
from .view import RoomView

__all__ = ["compose"]


def compose(delivery: Delivery, event: Removed, view: RoomView, memory: RoomMemory) -> Next:
    """Delete the next part of the message, or say that it was taken back."""
    facts = view.facts
    seq = facts.named(delivery, event.target)
    if seq is None or not (event.by_moderator or facts.is_by(delivery, seq)) or seq in memory.unsaid:
        return None
    target = facts.event(seq)
    if isinstance(target, ReactionsChanged):
        return reaction.compose(delivery, target, view, memory)
    ours, can_delete = not facts.is_from_here(seq), view.capabilities.delete
    parts = facts.parts(seq) if can_delete and ours else []
    gone = delivery.progress.chars
    if gone < len(parts):
        command = DeleteMessage(
            room=view.id,
            author=memory.speaker(view, delivery.source, event.sender).author,
            txn=facts.txn(delivery),
            target=parts[gone],
            reason=one_line(event.reason),
        )
        more = gone + 1 < len(parts)
        return Step(command, Progress(gone + 1) if more else None)
    if gone or not ours or can_delete or view.show.removals == "off":
        return None
    return words.note(delivery, _told(delivery, event, seq, view, memory), view, memory)


def _told(delivery: Delivery, event: Removed, seq: int, view: RoomView, memory: RoomMemory) -> str:
    known = view.facts.said_by(seq)
    of = memory.called(view, *known) if known is not None else None
    by = memory.called(view, delivery.source, event.sender)
    moderator = known is None or known[1] != event.sender
    return removed(view.locale, by, of, event.reason, moderator=moderator)
