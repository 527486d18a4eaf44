"""A delivery as the commands that a room gets, or as other words where the room cannot do what was done
elsewhere.
"""

from dataclasses import replace
from typing import Any, assert_never

from bridge.compose.attachments import Attachments, Promise, Wait
from bridge.compose.correction import correction
from bridge.compose.fit import clean, phrase_of
from bridge.compose.forging import listed, unbracketed
from bridge.compose.prefix import one_line, safe_name
from bridge.compose.snippets import described, gist, removed
from bridge.journal import UNBEGUN, Delivery, Progress
from bridge.language import N_
from bridge.model import (
    Capabilities,
    Command,
    DeleteMessage,
    EditMessage,
    MessageCreated,
    MessageEdited,
    MessageId,
    NameChanged,
    ReactionsChanged,
    Removed,
    SetReactions,
    SetTopic,
    TopicChanged,
)

from .folding import Reaction
from .saying import Saying
from .settling import Listener
from .wording import Step, Wording, kind_of, lull

__all__ = ["Steps"]

_EDITED = N_("[edited]")
_KEPT = 200
"""So much is remembered of what is done about messages."""


class Steps:
    """Makes the commands for one room."""

    def __init__(self, wording: Wording, attached: Attachments, listener: Listener) -> None:
        self.window = 1
        """How many commands may be on their way, as the room's record said last."""
        self.topics = True
        """Whether we may set the room's topic, as far as we know."""
        self._saying = Saying(wording, attached)
        self.fetch = self._saying.fetch
        """Begin with the files of messages whose turn it is not yet."""
        self._wording = wording
        self._listener = listener
        self._room = wording.room
        self._number = wording.number
        self._journal = wording.journal
        self._corrections: dict[int, tuple[int, MessageEdited, MessageEdited]] = {}
        """Of messages that were edited: by which delivery last, to what, and what was said of it."""
        self._reactions: dict[MessageId, tuple[str, ...]] = {}
        """What we react to messages of the room with, as far as we know."""
        self._unsaid: dict[int, None] = {}
        """Messages that were taken back before they were said here."""

    def next(self, delivery: Delivery) -> Step | Wait | Promise | None:
        """The next command of a delivery; None: there is nothing more to do."""
        capabilities = self._wording.record(delivery.seq)
        self.window = capabilities.window
        event = delivery.event
        match event:
            case MessageCreated():
                return self._say(delivery, event, capabilities)
            case MessageEdited():
                return self._edit(delivery, event, capabilities)
            case Removed():
                return self._remove(delivery, event, capabilities)
            case ReactionsChanged():
                return self._react(delivery, event, capabilities)
            case TopicChanged() | NameChanged():
                return self._describe(delivery, event, capabilities)
        assert_never(event)

    def _say(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities
    ) -> Step | Wait | Promise | None:
        if (self._number, delivery.seq) in self._journal.withdrawn:
            if delivery.progress == UNBEGUN:
                self._unsaid[delivery.seq] = None
                _trim(self._unsaid)
            return None
        if delivery.progress.files:
            return self._saying.send_file(delivery, event, capabilities)
        phrase = phrase_of(event.content) if event.reply_to is None else ""
        if phrase and self._is_repeated(delivery, phrase):
            return None
        return self._saying.say(delivery, event, capabilities)

    def _is_repeated(self, delivery: Delivery, phrase: str) -> bool:
        who = safe_name(delivery.event.sender.name)
        return self._listener.repeated(self._number, delivery.source, delivery.seq, who, phrase)

    def reached(self, delivery: Delivery) -> Progress | None:
        """How far a delivery has come whose next command has arrived; None: it is done."""
        event = delivery.event
        if isinstance(event, MessageCreated):
            capabilities = self._wording.record(delivery.seq)
            if delivery.progress.files:
                return self._saying.behind_file(delivery, event, capabilities)
            step = self._saying.say(delivery, event, capabilities, said=True)
        else:
            step = self.next(delivery)
        return step.then if isinstance(step, Step) else None

    def _edit(
        self, delivery: Delivery, event: MessageEdited, capabilities: Capabilities
    ) -> Step | Wait | None:
        """In place where that can be done, else as a new message that is marked as one."""
        seq, target = self._wording.about(delivery, event.target)
        if seq is not None and (
            not self._is_by(delivery, seq) or self._journal.is_removed(self._number, seq)
        ):
            return None
        if seq and capabilities.edit and delivery.progress == UNBEGUN:
            parts = self._journal.parts(seq, self._number, files=False)
            if isinstance(target, MessageCreated) and target.content.attachments:
                event = self._saying.beside_files(delivery, event, seq, target)
            fitted = self._wording.fit(delivery, event, "", capabilities) if len(parts) == 1 else None
            if fitted is not None and fitted.end is None:
                command = EditMessage(
                    room=self._room,
                    author=self._wording.author(delivery),
                    txn=self._journal.txn(delivery),
                    target=parts[0],
                    content=fitted.content,
                    kind=kind_of(event),
                )
                return Step(command, None)
        if self._wording.show.edits == "off":
            return None
        if delivery.progress == UNBEGUN and (until := lull(delivery)) is not None:
            return Wait(until)
        whole = seq is None or self._wording.show.edits == "full"
        words = event if whole or seq is None else self._corrected(delivery, event, seq)
        note = f"{self._wording.locale.gettext(_EDITED)} " if whole else ""
        fitted = self._wording.fit(delivery, words, note, capabilities)
        if fitted is None:
            return None
        message = self._wording.message(delivery, event, fitted, capabilities)
        return Step(message, delivery.progress.up_to(fitted.end))

    def _corrected(self, delivery: Delivery, event: MessageEdited, seq: int) -> MessageEdited:
        """What people say of a slip where nothing can be edited: against what was said last."""
        known = self._corrections.get(seq)
        if known is None or known[0] != delivery.seq:
            last = self._journal.words(seq, delivery.seq) if known is None else known[1].content
            told = replace(event, content=correction(last, event.content))
            known = self._corrections[seq] = (delivery.seq, event, told)
            _trim(self._corrections)
        return known[2]

    def _remove(self, delivery: Delivery, event: Removed, capabilities: Capabilities) -> Step | None:
        seq, target = self._wording.target(delivery, event.target)
        if seq is None or not (event.by_moderator or self._is_by(delivery, seq)) or seq in self._unsaid:
            return None
        if isinstance(target, ReactionsChanged):
            return self._react(delivery, target, capabilities)
        ours = self._journal.taken_in(seq) != self._number
        parts = self._journal.parts(seq, self._number) if capabilities.delete and ours else []
        gone = delivery.progress.chars
        if gone < len(parts):
            command = DeleteMessage(
                room=self._room,
                author=self._wording.author(delivery),
                txn=self._journal.txn(delivery),
                target=parts[gone],
                reason=one_line(event.reason),
            )
            more = gone + 1 < len(parts)
            return Step(command, Progress(gone + 1) if more else None)
        if gone or not ours or capabilities.delete or self._wording.show.removals == "off":
            return None
        author = self._journal.sender(seq)
        where = self._journal.taken_in(seq)
        of = self._wording.called(where, author) if author is not None and where is not None else None
        by = self._wording.called(delivery.source, event.sender)
        note = removed(self._wording.locale, by, of, event.reason, moderator=author != event.sender)
        return self._wording.note(delivery, note, capabilities)

    def _react(self, delivery: Delivery, event: ReactionsChanged, capabilities: Capabilities) -> Step | None:
        """A bot has one voice: it reacts with everything that anybody elsewhere reacts with."""
        seq, target = self._wording.about(delivery, event.target)
        if seq is None:
            return None
        if not capabilities.reaction:
            if self._wording.show.reactions == "summary" and isinstance(target, MessageCreated):
                self._summarise(delivery, event, seq, target)
            return None
        parts = self._journal.parts(seq, self._number)
        emojis = self._journal.reactions(seq, self._number)
        if not parts or self._reactions.get(parts[0].id) == emojis:
            return None
        self._reactions[parts[0].id] = emojis
        _trim(self._reactions)
        command = SetReactions(
            room=self._room,
            author=self._wording.author(delivery),
            txn=self._journal.txn(delivery),
            target=parts[0],
            emojis=emojis,
        )
        return Step(command, None)

    def _summarise(
        self, delivery: Delivery, event: ReactionsChanged, seq: int, target: MessageCreated
    ) -> None:
        """Say later who reacts with what; what is taken back until then is not told."""
        said = self._journal.words(seq, delivery.seq) or target.content
        locale, who = self._wording.locale, listed(safe_name(target.sender.name))
        to = locale.gettext("{name}, “{words}”", name=who, words=unbracketed(gist(locale, said)))
        taken_back = isinstance(delivery.event, Removed)
        now = () if taken_back else event.emojis or event.added
        gone = (event.emojis or event.added) if taken_back else event.removed
        whole = event.emojis is not None and not taken_back
        self._listener.reacted(
            self._number,
            Reaction(safe_name(event.sender.name), to, tuple(map(safe_name, now)), None if whole else gone),
        )

    def _describe(
        self, delivery: Delivery, event: TopicChanged | NameChanged, capabilities: Capabilities
    ) -> Step | None:
        """A topic is set here too, or told of; a name is told of."""
        if self._wording.show.topics == "off":
            return None
        wanted = self._wording.show.topics == "sync" and self.topics and isinstance(event, TopicChanged)
        if wanted and capabilities.topic and isinstance(event, TopicChanged):
            command = SetTopic(
                room=self._room,
                author=self._wording.author(delivery),
                txn=self._journal.txn(delivery),
                topic=clean(event.topic),
            )
            return Step(command, None)
        by = self._wording.called(delivery.source, event.sender)
        return self._wording.note(delivery, described(self._wording.locale, by, event), capabilities)

    def failed(self, command: Command) -> None:
        """What a command was to do is not done, as far as we know."""
        if isinstance(command, SetReactions):
            self._reactions.pop(command.target.id, None)

    def refused(self, command: Command) -> None:
        """The room does not let us do this: from now on, topics are told of instead."""
        if isinstance(command, SetTopic):
            self.topics = False

    def _is_by(self, delivery: Delivery, seq: int) -> bool:
        return self._journal.is_by(seq, delivery.source, delivery.event)


def _trim(kept: dict[Any, Any]) -> None:
    """Forget the oldest where there are too many."""
    if len(kept) > _KEPT:
        del kept[next(iter(kept))]
