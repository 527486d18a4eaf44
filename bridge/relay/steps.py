"""A delivery as the commands that a room gets, or as other words where the room cannot do what was done
elsewhere.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from bridge.config import ShowRules
from bridge.journal import Delivery
from bridge.model import (
    Answered,
    Capabilities,
    Command,
    Content,
    DeleteMessage,
    EditMessage,
    MessageCreated,
    MessageEdited,
    MessageId,
    NameChanged,
    ReactionsChanged,
    Removed,
    SendMessage,
    SetReactions,
    SetTopic,
    Span,
    TalkEvent,
    TopicChanged,
)

from .attached import IN_TIME, LATE, PROMISED, Attached, Case, Plan, Promise, Wait, behind, promising
from .correction import correction
from .fit import Fitted, clean, cut_short
from .folding import Reaction
from .names import safe_name
from .notes import described, gist, removed
from .wording import Belongs, Step, Wording, kind_of, lull

__all__ = ["Steps"]

_EDITED = "[edited] "
_KEPT = 200
"""So much is remembered of what is done about messages."""
_NOWHERE: Belongs = (None, None)
_MOST = 50
"""So many messages at most are made of one text."""
_FEW = 3
"""So many where the owner wants them short."""
_REST = " … (the rest is not shown here)"

Summary = Callable[[int, Reaction], None]
"""Is told of a reaction that a room cannot show."""


class Steps:
    """Makes the commands for one room."""

    def __init__(self, wording: Wording, attached: Attached, show: ShowRules, reacted: Summary) -> None:
        self.window = 1
        """How many commands may be on their way, as the room's record said last."""
        self.show = show
        self.topics = True
        """Whether we may set the room's topic, as far as we know."""
        self._wording = wording
        self._attached = attached
        self._reacted = reacted
        self._room = wording.room
        self._number = wording.number
        self._journal = wording.journal
        self._corrections: dict[int, tuple[int, MessageEdited, MessageEdited]] = {}
        """Of messages that were edited: by which delivery last, to what, and what was said of it."""
        self._split: tuple[int, dict[int, int]] = (0, {})
        """Of the message that is being said in parts: which part begins where."""
        self._reactions: dict[MessageId, tuple[str, ...]] = {}
        """What we react to messages of the room with, as far as we know."""

    def next(self, delivery: Delivery) -> Step | Wait | Promise | None:
        """The next command of a delivery; None: there is nothing more to do."""
        capabilities = self._wording.record(delivery.seq)
        self.window = capabilities.window
        event = delivery.event
        match event:
            case MessageCreated():
                if delivery.start >= IN_TIME:
                    return self._send_file(delivery, event, capabilities)
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

    def reached(self, delivery: Delivery) -> int | None:
        """Where a delivery goes on whose next command has arrived; None: it is done."""
        event = delivery.event
        if delivery.start >= IN_TIME:
            return behind(delivery.start)
        if isinstance(event, MessageCreated):
            capabilities = self._wording.record(delivery.seq)
            step = self._say(delivery, event, capabilities, said=True)
        else:
            step = self.next(delivery)
        return step.end if isinstance(step, Step) else None

    def fetch(self, *deliveries: Delivery) -> None:
        """Begin with the files of messages whose turn it is not yet."""
        for delivery in deliveries:
            event = delivery.event
            if isinstance(event, MessageCreated) and event.content.attachments and delivery.start < PROMISED:
                self._attached.prepare(self._case(delivery, event.content))

    # -- what is said

    def _case(self, delivery: Delivery, content: Content, seq: int = 0) -> Case:
        """`seq`: the message that the files came with, if they came with another."""
        seq = seq or delivery.seq
        network = self._wording.network(delivery.source)
        return Case(seq, network, content, self._wording.adapter, self._wording.record(seq))

    def _say(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities, *, said: bool = False
    ) -> Step | Wait | Promise | None:
        """The next of the words; `said`: they have been said, only where to go on is asked."""
        if not event.content.attachments:
            return self._words(delivery, event, capabilities, Plan(event.content))
        if delivery.start >= PROMISED:
            return self._promising(delivery, event, capabilities)
        ask = self._attached.said_with_words if said else self._attached.with_words
        plan = ask(self._case(delivery, event.content))
        if isinstance(plan, Promise):
            return Promise(plan.end + delivery.start)
        if isinstance(plan, Wait):
            return plan
        return self._words(delivery, replace(event, content=plan.content), capabilities, plan)

    def _promising(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities
    ) -> Step | None:
        """The next of the words that say of their files that they follow."""
        plan = promising(event.content)
        begun = replace(delivery, start=delivery.start - PROMISED)
        step = self._words(begun, replace(event, content=plan.content), capabilities, plan)
        if step is None:
            return None
        assert isinstance(step.command, SendMessage)
        end = PROMISED + step.end if step.end is not None and step.end < IN_TIME else step.end
        return Step(replace(step.command, txn=self._journal.txn(delivery)), end)

    def _words(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities, plan: Plan
    ) -> Step | None:
        before, belongs = "", _NOWHERE
        if event.reply_to is not None or event.thread is not None:
            before, belongs = self._belonging(delivery, event, capabilities)
        fitted = self._wording.fit(delivery, event, before, capabilities)
        if fitted is None:
            if plan.file is None and plan.then is None:
                return None
            fitted = self._nameless(delivery, event, capabilities)
        if fitted.end is not None:
            fitted = self._shortened(fitted, delivery, event, capabilities)
        command = self._wording.message(delivery, event, fitted, capabilities, belongs)
        if fitted.end is not None:
            return Step(command, fitted.end)
        self._wording.shown.append(delivery.seq)
        return Step(replace(command, file=plan.file) if plan.file is not None else command, plan.then)

    def _belonging(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities
    ) -> tuple[str, Belongs]:
        """What a message answers, and the thread that it is in: where there are no threads, it answers the
        message that the thread hangs on.
        """
        thread, answers = None, event.reply_to
        root = None
        if event.thread is not None:
            root, _ = self._wording.target(delivery, event.thread)
            if root == delivery.seq:
                root = None
        if root is not None:
            parts = self._journal.parts(root, self._number) if capabilities.thread else []
            thread = parts[0] if parts else None
            if thread is None and answers is None:
                answers = event.thread
        before, answered = "", None
        if answers is not None and not delivery.start:
            before, answered = self._wording.answered(delivery, answers, capabilities)
        if root is not None and thread is None:
            self._wording.shown.append(root)  # who follows it needs to be told only once
        return before, (answered, thread)

    def _nameless(self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities) -> Fitted:
        """No words of their own: only who sends the file."""
        before = self._wording.before(delivery, event, capabilities).rstrip()
        return Fitted(Content((Span(before),)), None)

    def _shortened(
        self, fitted: Fitted, delivery: Delivery, event: MessageCreated, capabilities: Capabilities
    ) -> Fitted:
        """The next of several messages: the last one, if more are more than a room can bear, or than its
        owner wants.
        """
        how = self.show.long
        if self._split[0] != delivery.seq:
            self._split = (delivery.seq, {})
        _, said = self._split
        count = said.get(delivery.start, 1)
        if count < (_MOST if how == "split" else _FEW):
            said[fitted.end or 0] = count + 1
            return fitted
        note = _REST if how == "split" else " …"
        if how == "link" and (page := self._attached.page(delivery.seq, event.content.text)):
            note = f" … (all of it: {page})"
        return cut_short(fitted, note, capabilities)

    def _send_file(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities
    ) -> Step | Wait:
        """A file that follows its words."""
        start = delivery.start
        plan = self._attached.after_words(self._case(delivery, event.content), start)
        if isinstance(plan, Wait):
            return plan
        words = replace(event, content=plan.content)
        delivery = replace(delivery, start=0)
        answered = None
        if start >= LATE:
            parts = self._journal.parts(delivery.seq, self._number, IN_TIME) if capabilities.reply else []
            if parts:
                who = safe_name(event.sender.name)
                answered = Answered(parts[0], who, gist(event.content))
        fitted = self._wording.fit(delivery, words, "", capabilities) if plan.file is None else None
        if fitted is None:
            captions = capabilities.captions
            fitted = self._nameless(delivery, words, capabilities) if captions else Fitted(Content(), None)
        command = self._wording.message(delivery, words, fitted, capabilities)
        txn = self._journal.txn(replace(delivery, start=start))
        return Step(replace(command, file=plan.file, txn=txn, answered=answered), plan.then)

    # -- what is done about it

    def _edit(
        self, delivery: Delivery, event: MessageEdited, capabilities: Capabilities
    ) -> Step | Wait | None:
        """In place where that can be done, else as a new message that is marked as one."""
        seq, target = self._wording.target(delivery, event.target)
        if seq is not None and not self._is_by(delivery, seq, target):
            return None
        if seq and capabilities.edit and not delivery.start:
            parts = self._journal.parts(seq, self._number, IN_TIME)
            if isinstance(target, MessageCreated) and target.content.attachments:
                event = self._beside_files(delivery, event, seq, target)
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
        if self.show.edits == "off":
            return None
        if not delivery.start and (until := lull(delivery)) is not None:
            return Wait(until)
        whole = seq is None or self.show.edits == "full"
        words = event if whole or seq is None else self._corrected(delivery, event, seq, target)
        fitted = self._wording.fit(delivery, words, _EDITED if whole else "", capabilities)
        if fitted is None:
            return None
        return Step(self._wording.message(delivery, event, fitted, capabilities), fitted.end)

    def _beside_files(
        self, delivery: Delivery, event: MessageEdited, seq: int, target: MessageCreated
    ) -> MessageEdited:
        """The new words, with what stood beside the old ones of their files."""
        content = replace(event.content, attachments=target.content.attachments)
        plan = self._attached.said_with_words(self._case(delivery, content, seq))
        return replace(event, content=plan.content)

    def _corrected(
        self, delivery: Delivery, event: MessageEdited, seq: int, target: TalkEvent | None
    ) -> MessageEdited:
        """What people say of a slip where nothing can be edited: against what was said last."""
        known = self._corrections.get(seq)
        if known is None or known[0] != delivery.seq:
            said = target.content if isinstance(target, MessageCreated | MessageEdited) else None
            last = said if known is None else known[1].content
            told = replace(event, content=correction(last, event.content))
            known = self._corrections[seq] = (delivery.seq, event, told)
            if len(self._corrections) > _KEPT:
                del self._corrections[next(iter(self._corrections))]
        return known[2]

    def _remove(self, delivery: Delivery, event: Removed, capabilities: Capabilities) -> Step | None:
        seq, target = self._wording.target(delivery, event.target)
        if seq is None or not (event.by_moderator or self._is_by(delivery, seq, target)):
            return None
        if isinstance(target, ReactionsChanged):
            return self._react(delivery, target, capabilities)
        ours = self._journal.taken_in(seq) != self._number
        parts = self._journal.parts(seq, self._number) if capabilities.delete and ours else []
        if delivery.start < len(parts):
            command = DeleteMessage(
                room=self._room,
                author=self._wording.author(delivery),
                txn=self._journal.txn(delivery),
                target=parts[delivery.start],
                reason=event.reason,
            )
            more = delivery.start + 1 < len(parts)
            return Step(command, delivery.start + 1 if more else None)
        if delivery.start or not ours or capabilities.delete or self.show.removals == "off":
            return None
        author = self._journal.sender(seq)
        of = safe_name(author.name) if author is not None else None
        note = removed(safe_name(event.sender.name), of, moderator=author != event.sender)
        return self._wording.note(delivery, note, capabilities)

    def _react(self, delivery: Delivery, event: ReactionsChanged, capabilities: Capabilities) -> Step | None:
        """A bot has one voice: it reacts with everything that anybody elsewhere reacts with."""
        seq, target = self._wording.target(delivery, event.target)
        if seq is None:
            return None
        if not capabilities.reaction:
            if self.show.reactions == "summary" and isinstance(target, MessageCreated):
                self._summarise(delivery, event, target)
            return None
        parts = self._journal.parts(seq, self._number)
        emojis = self._journal.reactions(seq, self._number)
        if not parts or self._reactions.get(parts[0].id) == emojis:
            return None
        self._reactions[parts[0].id] = emojis
        if len(self._reactions) > _KEPT:
            del self._reactions[next(iter(self._reactions))]
        command = SetReactions(
            room=self._room,
            author=self._wording.author(delivery),
            txn=self._journal.txn(delivery),
            target=parts[0],
            emojis=emojis,
        )
        return Step(command, None)

    def _summarise(self, delivery: Delivery, event: ReactionsChanged, target: MessageCreated) -> None:
        """Say later who reacts with what; what is taken back until then is not told."""
        to = f"{safe_name(target.sender.name)}: {gist(target.content)}"
        taken_back = isinstance(delivery.event, Removed)
        now = () if taken_back else event.emojis or event.added
        gone = (event.emojis or event.added) if taken_back else event.removed
        whole = event.emojis is not None and not taken_back
        self._reacted(
            self._number,
            Reaction(safe_name(event.sender.name), to, tuple(map(safe_name, now)), None if whole else gone),
        )

    def _describe(
        self, delivery: Delivery, event: TopicChanged | NameChanged, capabilities: Capabilities
    ) -> Step | None:
        """A topic is set here too, or told of; a name is told of."""
        if self.show.topics == "off":
            return None
        wanted = self.show.topics == "sync" and self.topics and isinstance(event, TopicChanged)
        if wanted and capabilities.topic and isinstance(event, TopicChanged):
            command = SetTopic(
                room=self._room,
                author=self._wording.author(delivery),
                txn=self._journal.txn(delivery),
                topic=clean(event.topic),
            )
            return Step(command, None)
        return self._wording.note(delivery, described(event), capabilities)

    def failed(self, command: Command) -> None:
        """What a command was to do is not done, as far as we know."""
        if isinstance(command, SetReactions):
            self._reactions.pop(command.target.id, None)

    def refused(self, command: Command) -> None:
        """The room does not let us do this: from now on, topics are told of instead."""
        if isinstance(command, SetTopic):
            self.topics = False

    def _is_by(self, delivery: Delivery, seq: int, target: TalkEvent | None) -> bool:
        """Whether it is known that whoever did this said that, also when the words are forgotten. Ids mean
        somebody only on the network that gave them.
        """
        author = target.sender if target is not None else self._journal.sender(seq)
        if author is None or author.id != delivery.event.sender.id:
            return False
        home = self._journal.taken_in(seq)
        return home is not None and self._wording.network(home) == self._wording.network(delivery.source)
