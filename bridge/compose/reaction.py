"""What people react to a message with: set where that can be done, else told later in one line."""

from bridge.identity import key_of, safe_name
from bridge.journal import Delivery, Progress
from bridge.model import Authorship, MessageCreated, ReactionsChanged, Removed, SetReactions

from .digest import Reaction
from .forging import listed, unbracketed
from .memory import RoomMemory, keep
from .next import Step
from .snippets import gist
from .speaking import reacts_alone
from .view import RoomView

__all__ = ["compose"]


def compose(delivery: Delivery, event: ReactionsChanged, view: RoomView, memory: RoomMemory) -> Step | None:
    """React: who has an account here by themselves, and the bridge with everything that anybody else reacts
    with.
    """
    facts = view.facts
    seq = facts.about(delivery, event.target)
    if seq is None:
        return None
    if not (view.is_puppet() and view.capabilities.reaction):
        view = view.own()
    if not view.capabilities.reaction:
        message = facts.event(seq)
        if view.show.reactions == "summary" and isinstance(message, MessageCreated):
            _summarise(delivery, event, seq, message, view)
        return None
    parts = facts.parts(seq)
    if not parts:
        return None
    target, voices = parts[0], [view]
    if view.speaker is not None and (target.id, "") in memory.reactions:
        voices.append(view.own())  # the bridge may have reacted for them, as long as they could not
    for there in voices:
        speaker = memory.speaker(there, delivery.source, event.sender)
        emojis, whose = _emojis(seq, there, memory), (target.id, speaker.key)
        if memory.reactions.get(whose) != emojis:
            keep(memory.reactions, whose, emojis)
            txn, more = facts.txn(delivery), there is not voices[-1]
            command = SetReactions(room=view.id, speaker=speaker, txn=txn, target=target, emojis=emojis)
            return Step(command, Progress(delivery.progress.chars + 1) if more else None)
    return None


def _emojis(seq: int, view: RoomView, memory: RoomMemory) -> tuple[str, ...]:
    """Return the emojis that a speaker reacts to a message with, in order."""
    found, speaker = view.facts.reactions(seq), view.speaker
    if speaker is not None:
        found = [one for one in found if key_of(view.network(one[0]), one[1]) == speaker.key]
    elif view.capabilities.authorship is Authorship.PUPPET:
        alone = {who for who in {one[:2] for one in found} if reacts_alone(view, *who, memory)}
        found = [one for one in found if one[:2] not in alone]
    return tuple(dict.fromkeys([emoji for _, _, emoji in found]))


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
