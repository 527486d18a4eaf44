"""The files of a message as the commands that a room gets."""

from dataclasses import replace

from bridge.journal import Delivery, Progress
from bridge.model import Answered, Content, MessageCreated, MessageEdited, Span

from . import words
from .attachments import Case, Plan, promising
from .fit import Fitted
from .memory import RoomMemory
from .next import Promise, Step, Wait
from .snippets import gist, late_file
from .view import RoomView

__all__ = ["behind", "beside", "fetch", "first", "follow"]


def fetch(delivery: Delivery, view: RoomView) -> None:
    """Begin with the files of a message whose turn it is not yet."""
    event, progress = delivery.event, delivery.progress
    begun = progress.promised or progress.files
    if isinstance(event, MessageCreated) and event.content.attachments and not begun:
        view.attachments.prepare(_case(delivery.seq, delivery, event.content, view))


def first(delivery: Delivery, content: Content, view: RoomView, *, said: bool) -> Plan | Wait | Promise:
    """Find what is said first of a message with files. `said`: it has been said, and only where to go on is
    asked.
    """
    if delivery.progress.promised:
        return promising(view.locale, content)
    case = _case(delivery.seq, delivery, content, view)
    if said:
        return view.attachments.said_with_words(case)
    return view.attachments.with_words(case, delivery.progress)


def follow(
    delivery: Delivery, event: MessageCreated, view: RoomView, memory: RoomMemory
) -> Step | Wait | Promise:
    """Send a file that follows its words. Where others may have spoken since, and no words can stand with it,
    a line before it says what it is.
    """
    progress, can, locale = delivery.progress, view.capabilities, view.locale
    plan = view.attachments.after_words(_case(delivery.seq, delivery, event.content, view), progress)
    if isinstance(plan, Wait | Promise):
        return plan
    unnamed = progress.late and not progress.named
    if plan.file is not None and not can.captions and unnamed:
        told = late_file(locale, event.content, progress.next_file)
        plan = Plan(Content((Span(told),)), None, replace(progress, named=True))
    said = replace(event, content=plan.content)
    answered = None
    if unnamed:
        parts = view.facts.parts(delivery.seq, files=False) if can.reply else []
        if parts:
            who = memory.called(view, delivery.source, event.sender)
            answered = Answered(parts[0], who, gist(locale, event.content))
    fitted = words.fit(delivery, said, "", view, memory) if plan.file is None else None
    if fitted is None:
        named = can.captions
        fitted = words.nameless(delivery, said, view, memory) if named else Fitted(Content(), None)
    command = words.command(delivery, said, fitted, view, memory)
    return Step(replace(command, file=plan.file, answered=answered), plan.then)


def behind(delivery: Delivery, event: MessageCreated, view: RoomView, memory: RoomMemory) -> Progress | None:
    """Return how far a delivery has come whose next file, or the line before that, has arrived."""
    progress = delivery.progress
    if view.capabilities.captions or not progress.late or progress.named:
        return progress.behind_file
    step = follow(delivery, event, view, memory)
    return step.then if isinstance(step, Step) else replace(progress, named=True)


def beside(
    delivery: Delivery, event: MessageEdited, seq: int, view: RoomView, memory: RoomMemory
) -> MessageEdited:
    """Return an edit of a message with what stood beside its old words of its files."""
    target = view.facts.event(seq)
    if not isinstance(target, MessageCreated) or not target.content.attachments:
        return event
    content = replace(event.content, attachments=target.content.attachments)
    view = view.without_files() if seq in memory.fileless else view
    plan = view.attachments.said_with_words(_case(seq, delivery, content, view))
    return replace(event, content=plan.content)


def _case(seq: int, delivery: Delivery, content: Content, view: RoomView) -> Case:
    """`seq` is the message that the files came with."""
    network = view.network(delivery.source)
    return Case(seq, network, content, view.adapter, view.capabilities, view.locale)
