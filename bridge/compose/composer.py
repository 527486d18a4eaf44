"""Makes the commands for one room: what the room's worker asks."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.config import ShowRules
from bridge.errors import Rejected
from bridge.filters import Rewriting
from bridge.journal import UNBEGUN, Delivery, Progress
from bridge.language import locale
from bridge.model import (
    US,
    Authorship,
    Change,
    Command,
    MemberChanged,
    MessageCreated,
    Sender,
    SendMessage,
    SetReactions,
    SetTopic,
    Speaker,
    TalkEvent,
)

from . import files, message, speaking
from .memory import RoomMemory, keep
from .next import BEHIND, Flying, Next, Step
from .registry import HELD, compose
from .view import RoomView

__all__ = ["Composer"]

log = logging.getLogger(__name__)


class Composer:
    """Holds what a room is, and what is remembered of it."""

    def __init__(self, view: RoomView) -> None:
        self.view = view
        """The room as the last delivery found it."""
        self.memory = RoomMemory(view)
        self.window = view.capabilities.window
        """How many commands may be on their way, as the record of who spoke last said."""

    # Its deliveries

    def next(self, delivery: Delivery, flying: Sequence[Flying] = ()) -> Next:
        """Make the next command of a delivery; `flying` is what is on its way, the first first."""
        if self._is_silenced(delivery):
            return None
        delivery = self._told(delivery)
        step = self._next(delivery, flying)
        if isinstance(step, Step) and step.then is not None and delivery.progress == UNBEGUN:
            keep(self.memory.begun, delivery.seq, self.view.facts.rewriting(delivery.source))
        return step

    def _next(self, delivery: Delivery, flying: Sequence[Flying]) -> Next:
        view = self._view(delivery)
        own, can = self.view.capabilities, view.capabilities
        self.window = max(can.window, can.abreast)
        if own.abreast > 1 and flying and not speaking.may_pass(view, delivery, flying):
            return BEHIND
        if not own.own_connection:
            return compose(delivery, view, self.memory)
        way = speaking.way(view, delivery)
        if flying and flying[-1].step.way != way:
            return BEHIND
        step = compose(delivery, view, self.memory)
        return replace(step, way=way) if isinstance(step, Step) else step

    def reached(self, delivery: Delivery) -> Progress | None:
        """Return how far a delivery has come whose next command has arrived; None: it is done."""
        delivery = self._told(delivery)
        event, view = delivery.event, self._view(delivery)
        if not isinstance(event, MessageCreated):
            step = compose(delivery, view, self.memory)
        elif delivery.progress.files:
            return files.behind(delivery, event, view, self.memory)
        else:
            step = message.say(delivery, event, view, self.memory, said=True)
        return step.then if isinstance(step, Step) else None

    def fetch(self, *deliveries: Delivery) -> None:
        """Begin with the files of messages whose turn it is not yet."""
        for delivery in deliveries:
            refused = delivery.seq in self.memory.fileless
            files.fetch(delivery, self._own().without_files() if refused else self._own())

    def failed(self, command: Command) -> None:
        """Forget what a command was to do: as far as we know, it is not done."""
        if isinstance(command, SetReactions):
            self.memory.reactions.pop((command.target.id, command.speaker.key), None)

    def goes_otherwise(self, seq: int, command: Command, error: BaseException) -> bool:
        """Whether what failed so is done otherwise now: by the bridge for a speaker who cannot, or without
        the file, which may be all that the room refused and is told of then.
        """
        if speaking.silences(self.view, command, error, self.memory):
            who, why = self.view.logged(command.speaker.name), self.view.logged(error)
            instead = "%s: the bridge speaks for %s for a while: %s"
            log.info(instead, self.view.title, who, why, extra=self.view.about(seq))
            return True
        if not (isinstance(error, Rejected) and isinstance(command, SendMessage) and command.file):
            return False
        why = self.view.logged(error)
        log.warning("a file is not sent to %s: %s", self.view.title, why, extra=self.view.about(seq))
        keep(self.memory.fileless, seq, None)
        return True

    def refused(self, command: Command) -> None:
        """Note that the room does not let us do this: from now on, topics are told of instead."""
        if isinstance(command, SetTopic):
            self.memory.topics.add(command.speaker.key)

    def _is_silenced(self, delivery: Delivery) -> bool:
        """Whether somebody was muted while their words were held back."""
        event, view = delivery.event, self.view
        if not view.show.hold_back or not isinstance(event, HELD) or delivery.progress != UNBEGUN:
            return False
        return event.sender.id != US and not view.is_heard(delivery.source, event.sender)

    def _told(self, delivery: Delivery) -> Delivery:
        """Return a delivery with the words that the owner wants said of it here."""
        if delivery.progress != UNBEGUN and delivery.seq in self.memory.begun:
            rewriting = self.memory.begun[delivery.seq]
        else:
            rewriting = self.view.facts.rewriting(delivery.source)
        event = rewriting.event(delivery.event) if rewriting is not None else delivery.event
        return delivery if event is delivery.event else replace(delivery, event=event)

    def _view(self, delivery: Delivery) -> RoomView:
        """Look at the room as it is now for who did what is delivered."""
        view = self._own()
        if view.capabilities.authorship is not Authorship.PREFIX:
            view = speaking.speaking(view, delivery.source, delivery.event.sender, self.memory)
        return view.without_files() if delivery.seq in self.memory.fileless else view

    def _own(self) -> RoomView:
        """Look at the room as it is now for the bridge's own account."""
        view = self.view
        record = view.adapter.capabilities(view.id)
        if record is not view.capabilities:
            view = self.view = replace(view, capabilities=record)
        return view

    def speaker(self, source: int, sender: Sender) -> Speaker | None:
        """Return who is somebody from another room here; None: nobody of their own."""
        sender = self.view.facts.named_here(source, sender)
        return speaking.speaking(self._own(), source, sender, self.memory).speaker

    # What happens to the room

    def joined(self) -> None:
        """Forget what the room refused: it may allow it now."""
        self.memory.topics.clear()
        self.memory.silenced.clear()

    def follow(self, show: ShowRules, heard: Sequence[int], rewritings: Mapping[int, Rewriting]) -> None:
        """Go by these rules of what the room is shown from now on; `heard` are the rooms that it hears,
        `rewritings` how some of them are told.
        """
        self.view.facts.heard, self.view.facts.rewritings = heard, rewritings
        self.view = replace(self.view, show=show, locale=locale(show.language, show.time_zone))
        self.memory.follow(self.view)

    def said(self, seq: int, event: TalkEvent) -> None:
        """Note that somebody did something in this very room."""
        memory, sender = self.memory, event.sender
        if isinstance(event, MessageCreated):
            memory.shown.append(seq)
        memory.people.spoke(sender.name, sender.id)
        memory.namesakes.spoke(sender)

    def gone(self, network: str, event: MemberChanged) -> None:
        """Note that somebody is there no more, or no more by that name."""
        self.memory.namesakes.left(network, event.sender.id)
        if event.change is Change.RENAMED and network == self.view.adapter.network:
            self.memory.people.renamed(event.sender.id)
