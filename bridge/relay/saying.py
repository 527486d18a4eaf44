"""What people said, and sent with it, as the commands that a room gets."""

from dataclasses import replace

from bridge.compose.attachments import Attachments, Case, Plan, Promise, Wait, promising
from bridge.compose.fit import Fitted, cut_short
from bridge.compose.snippets import gist, late_file
from bridge.journal import Delivery, Progress
from bridge.language import N_
from bridge.model import (
    Answered,
    Capabilities,
    Content,
    MessageCreated,
    MessageEdited,
    Span,
)

from .wording import Belongs, Step, Wording

__all__ = ["Saying"]

_NOWHERE: Belongs = (None, None)
_MOST = 50
"""So many messages at most are made of one text."""
_FEW = 3
"""So many where the owner wants them short."""
_REST = N_("… (the rest is not shown here)")


class Saying:
    """Says messages in one room."""

    def __init__(self, wording: Wording, attached: Attachments) -> None:
        self._wording = wording
        self._attached = attached
        self._number = wording.number
        self._journal = wording.journal
        self._split: tuple[int, dict[int, int]] = (0, {})
        """Of the message that is being said in parts: which part begins where."""

    def fetch(self, *deliveries: Delivery) -> None:
        """Begin with the files of messages whose turn it is not yet."""
        for delivery in deliveries:
            event = delivery.event
            begun = delivery.progress.promised or delivery.progress.files
            if isinstance(event, MessageCreated) and event.content.attachments and not begun:
                self._attached.prepare(self._case(delivery, event.content))

    def say(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities, *, said: bool = False
    ) -> Step | Wait | Promise | None:
        """The next of the words; `said`: they have been said, only where to go on is asked."""
        if not event.content.attachments:
            return self._words(delivery, event, capabilities, Plan(event.content))
        case = self._case(delivery, event.content)
        if delivery.progress.promised:
            plan: Plan | Wait | Promise = promising(self._wording.locale, event.content)
        elif said:
            plan = self._attached.said_with_words(case)
        else:
            plan = self._attached.with_words(case, delivery.progress)
        if isinstance(plan, Wait | Promise):
            return plan
        return self._words(delivery, replace(event, content=plan.content), capabilities, plan)

    def send_file(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities
    ) -> Step | Wait | Promise:
        """A file that follows its words. Where others may have spoken since, and no words can stand with it,
        a line before it says what it is.
        """
        progress = delivery.progress
        plan = self._attached.after_words(self._case(delivery, event.content), progress)
        if isinstance(plan, Wait | Promise):
            return plan
        nameless = progress.late and not progress.named
        if plan.file is not None and not capabilities.captions and nameless:
            told = late_file(self._wording.locale, event.content, progress.next_file)
            plan = Plan(Content((Span(told),)), None, replace(progress, named=True))
        words = replace(event, content=plan.content)
        answered = None
        if nameless:
            parts = self._journal.parts(delivery.seq, self._number, files=False) if capabilities.reply else []
            if parts:
                who = self._wording.called(delivery.source, event.sender)
                answered = Answered(parts[0], who, gist(self._wording.locale, event.content))
        fitted = self._wording.fit(delivery, words, "", capabilities) if plan.file is None else None
        if fitted is None:
            captions = capabilities.captions
            fitted = self._nameless(delivery, words, capabilities) if captions else Fitted(Content(), None)
        command = self._wording.message(delivery, words, fitted, capabilities)
        return Step(replace(command, file=plan.file, answered=answered), plan.then)

    def behind_file(
        self, delivery: Delivery, event: MessageCreated, capabilities: Capabilities
    ) -> Progress | None:
        """How far a delivery has come whose next file, or the line before that, has arrived."""
        progress = delivery.progress
        if capabilities.captions or not progress.late or progress.named:
            return progress.behind_file
        step = self.send_file(delivery, event, capabilities)
        return step.then if isinstance(step, Step) else replace(progress, named=True)

    def beside_files(
        self, delivery: Delivery, event: MessageEdited, seq: int, target: MessageCreated
    ) -> MessageEdited:
        """The new words, with what stood beside the old ones of their files."""
        content = replace(event.content, attachments=target.content.attachments)
        plan = self._attached.said_with_words(self._case(delivery, content, seq))
        return replace(event, content=plan.content)

    def _case(self, delivery: Delivery, content: Content, seq: int = 0) -> Case:
        """`seq`: the message that the files came with, if they came with another."""
        seq = seq or delivery.seq
        network = self._wording.network(delivery.source)
        record = self._wording.record(seq)
        return Case(seq, network, content, self._wording.adapter, record, self._wording.locale)

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
            return Step(command, delivery.progress.up_to(fitted.end))
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
        if answers is not None and not delivery.progress.chars:
            before, answered = self._wording.answered(delivery, answers, event.quoted, capabilities)
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
        how, locale = self._wording.show.long, self._wording.locale
        if self._split[0] != delivery.seq:
            self._split = (delivery.seq, {})
        _, said = self._split
        count = said.get(delivery.progress.chars, 1)
        if count < (_MOST if how == "split" else _FEW):
            said[fitted.end or 0] = count + 1
            return fitted
        note = f" {locale.gettext(_REST)}" if how == "split" else " …"
        if how == "link" and (page := self._attached.page(delivery.seq, event.content.text)):
            note = " " + locale.gettext("… (all of it: {address})", address=page)
        return cut_short(fitted, note, capabilities)
