"""What people said, and sent with it."""

from dataclasses import replace

from bridge.identity import safe_name
from bridge.journal import UNBEGUN, Delivery
from bridge.language import N_
from bridge.model import MessageCreated

from . import files, words
from .fit import Fitted, cut_short, phrase_of
from .memory import RoomMemory, keep
from .next import Next, Promise, Step, Wait
from .reply import NOWHERE, belonging
from .view import RoomView

__all__ = ["compose", "say"]

_MOST = 50
"""So many messages at most are made of one text."""
_FEW = 3
"""So many where the owner wants them short."""
_REST = N_("… (the rest is not shown here)")


def compose(delivery: Delivery, event: MessageCreated, view: RoomView, memory: RoomMemory) -> Next:
    """Say the next of the words, then send the files that follow them."""
    if view.facts.is_withdrawn(delivery):
        if delivery.progress == UNBEGUN:
            keep(memory.unsaid, delivery.seq, None)
        return None
    if delivery.progress.files:
        return files.follow(delivery, event, view, memory)
    phrase = phrase_of(event.content) if event.reply_to is None else ""
    if phrase and _is_repeated(delivery, event, phrase, view):
        return None
    return say(delivery, event, view, memory)


def _is_repeated(delivery: Delivery, event: MessageCreated, phrase: str, view: RoomView) -> bool:
    """Whether the phrase is told later, with others like it."""
    who = safe_name(event.sender.name)
    return view.digest.repeated(view.number, delivery.source, delivery.seq, who, phrase)


def say(
    delivery: Delivery, event: MessageCreated, view: RoomView, memory: RoomMemory, *, said: bool = False
) -> Next:
    """Say the next of the words; `said`: they have been said, only where to go on is asked."""
    plan = None
    if event.content.attachments:
        found = files.first(delivery, event.content, view, said=said)
        if isinstance(found, Wait | Promise):
            return found
        plan, event = found, replace(event, content=found.content)
    before, belongs = "", NOWHERE
    if event.reply_to is not None or event.thread is not None:
        before, belongs = belonging(delivery, event, view, memory)
    fitted = words.fit(delivery, event, before, view, memory)
    if fitted is None:
        if plan is None or (plan.file is None and plan.then is None):
            return None
        fitted = words.nameless(delivery, event, view, memory)
    if fitted.end is not None:
        fitted = _shortened(fitted, delivery, event, view, memory)
    command = words.command(delivery, event, fitted, view, memory)
    if belongs != NOWHERE:
        command = replace(command, answered=belongs[0], thread=belongs[1])
    if fitted.end is not None:
        return Step(command, delivery.progress.up_to(fitted.end))
    memory.shown.append(delivery.seq)
    if plan is None:
        return Step(command, None)
    return Step(replace(command, file=plan.file) if plan.file is not None else command, plan.then)


def _shortened(
    fitted: Fitted, delivery: Delivery, event: MessageCreated, view: RoomView, memory: RoomMemory
) -> Fitted:
    """Return the next of several messages: the last one, if more are more than a room can bear, or than its
    owner wants.
    """
    how, locale = view.show.long, view.locale
    if memory.split[0] != delivery.seq:
        memory.split = (delivery.seq, {})
    _, numbers = memory.split
    number = numbers.get(delivery.progress.chars) or words.number_of_part(delivery, event, view, memory)
    if number < (_MOST if how == "split" else _FEW):
        numbers[fitted.end or 0] = number + 1
        return fitted
    rest = f" {locale.gettext(_REST)}" if how == "split" else " …"
    if how == "link" and (page := view.attachments.page(delivery.seq, event.content.text)):
        rest = " " + locale.gettext("… (all of it: {address})", address=page)
    return cut_short(fitted, rest, view.capabilities)
