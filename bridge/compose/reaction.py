"""What people react to a message with: set where that can be done, else told later in one line."""

from bridge.journal import Delivery
from bridge.model import MessageCreated, ReactionsChanged, Removed, SetReactions

from .digest import Reaction
from .forging import listed, unbracketed
from .memory import RoomMemory, keep
from .next import Step
from .prefix import safe_name
from .snippets import gist
from .view import RoomView

__all__ = ["compose"]


def compose(delivery: Delivery, event: ReactionsChanged, view: RoomView, memory: RoomMemory) -> Step | None:
    """React with everything that anybody elsewhere reacts with: a bot has one voice."""
    facts = view.facts
    seq = facts.about(delivery, event.target)
    if seq is None:
        return None
    if not view.capabilities.reaction:
        target = facts.event(seq)
        if view.show.reactions == "summary" and isinstance(target, MessageCreated):
            _summarise(delivery, event, seq, target, view)
        return None
    parts, emojis = facts.parts(seq), facts.reactions(seq)
    if not parts or memory.reactions.get(parts[0].id) == emojis:
        return None
    keep(memory.reactions, parts[0].id, emojis)
    command = SetReactions(
        room=view.id,
        author=memory.speaker(view, delivery.source, delivery.event.sender).author,
        txn=facts.txn(delivery),
        target=parts[0],
        emojis=emojis,
    )
    return Step(command, None)


def _summarise(
    delivery: Delivery, event: ReactionsChanged, seq: int, target: MessageCreated, view: RoomView
) -> None:
    """Say later who reacts with what; what is taken back until then is not told."""
    said = view.facts.words(seq, delivery) or target.content
    locale, who = view.locale, listed(safe_name(target.sender.name))
    to = locale.gettext("{name}, “{words}”", name=who, words=unbracketed(gist(locale, said)))
    taken_back = isinstance(delivery.event, Removed)
    now = () if taken_back else event.emojis or event.added
    gone = (event.emojis or event.added) if taken_back else event.removed
    whole = event.emojis is not None and not taken_back
    told = Reaction(safe_name(event.sender.name), to, tuple(map(safe_name, now)), None if whole else gone)
    view.digest.reacted(view.number, told)
