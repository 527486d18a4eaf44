"""What somebody sees in a room, as text for people to read."""

import re
from collections.abc import Iterator

from bridge.model import (
    Attachment,
    Change,
    Content,
    Event,
    Kind,
    Line,
    Mark,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    MessageId,
    NameChanged,
    ReactionsChanged,
    Removed,
    Span,
    TopicChanged,
    TypingChanged,
    lines,
)

_SIGNS = {
    Mark.BOLD: "**", Mark.ITALIC: "_", Mark.UNDERLINE: "__", Mark.STRIKE: "~~", Mark.CODE: "`",
    Mark.SPOILER: "||",
}  # fmt: skip
_LOCAL = re.compile(r"http://127\.0\.0\.1:\d+/[^\s)]*/")
_LONGEST = 40
_DEEPER = "\n    "


class Transcript:
    """Tells of one event after another; remembers what each was about."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._said: dict[str, list[str]] = {}
        """What a message says now, by each of its names; the list is shared."""
        self._reactions: dict[tuple[str, str], list[str]] = {}
        """By message and person."""
        self._given: dict[str, tuple[str, str, str]] = {}
        """By its own name: to which message, by whom, with what."""

    def know(self, name: MessageId | None, text: str) -> None:
        """One's own message."""
        if name is not None:
            self._said[name] = [text]

    def tell(self, event: Event) -> None:
        """Somebody did this."""
        self.lines += [line for line in self._lines(event) if line]

    def _lines(self, event: Event) -> Iterator[str]:
        match event:
            case MessageCreated():
                said = _message(event)
                shared = [said]
                self._said |= dict.fromkeys((event.id, *event.aliases), shared)
                yield self._belonging(event) + said
            case MessageEdited():
                yield self._edit(event)
            case Removed():
                yield self._removal(event)
            case ReactionsChanged():
                yield self._reaction(event)
            case TopicChanged():
                yield f"{event.sender.name} sets the topic: {event.topic}"
            case NameChanged():
                yield f"{event.sender.name} gives the room the name: {event.name}"
            case MemberChanged():
                yield _moved(event)
            case TypingChanged() if event.typing:
                yield f"{event.sender.name} writes"

    def _words(self, name: str) -> str:
        said = self._said.get(name)
        if said is None:
            return "?"
        words = " ".join(said[0].split())
        return f'"{words}"' if len(words) <= _LONGEST else f'"{words[:_LONGEST].rstrip()}…"'

    def _belonging(self, event: MessageCreated) -> str:
        found = []
        if event.thread is not None and event.thread in self._said and event.thread != event.id:
            found.append(f"in the thread of {self._words(event.thread)}")
        elif event.thread is not None:
            self._said.setdefault(event.thread, self._said[event.id])
        if event.reply_to is not None:
            found.append(f"answer to {self._words(event.reply_to)}")
        return ", ".join(found) + ": " if found else ""

    def _edit(self, event: MessageEdited) -> str:
        before, now = self._words(event.target), _message(event)
        if event.target in self._said:
            self._said[event.target][0] = now
        self._said[event.id] = self._said.get(event.target, [now])
        return f"edit of {before}: {now}"

    def _removal(self, event: Removed) -> str:
        if event.target in self._given:
            to, who, emoji = self._given[event.target]
            self._reactions[to, who].remove(emoji)
            return self._reacted(to, who)
        why = f" ({event.reason})" if event.reason else ""
        return f"{event.sender.name} removes {self._words(event.target)}{why}"

    def _reaction(self, event: ReactionsChanged) -> str:
        to, who = event.target, event.sender.name
        now = self._reactions.setdefault((to, who), [])
        if event.emojis is not None:
            now[:] = event.emojis
        now += event.added
        for emoji in event.removed:
            now.remove(emoji)
        if event.added:
            self._given[event.id] = (to, who, event.added[0])
        return self._reacted(to, who)

    def _reacted(self, to: str, who: str) -> str:
        now = " ".join(self._reactions[to, who]) or "nothing more"
        return f"{who} reacts to {self._words(to)}: {now}"


def _message(event: MessageCreated | MessageEdited) -> str:
    who, content = event.sender.name, event.content
    said = _shown(content)
    for file in content.attachments:
        said = f"{_file(file)}{': ' if said else ''}{said}"
    said = said.replace("\n", _DEEPER)
    if event.kind is Kind.EMOTE:
        return f"* {who} {said}"
    return f"-{who}- {said}" if event.kind is Kind.NOTICE else f"<{who}> {said}"


def _file(file: Attachment) -> str:
    size = f"{file.size} B" if file.size is not None else ""
    shape = f"{file.width}x{file.height}" if file.width else ""
    about = ", ".join(one for one in (file.type, size, shape) if one)
    return f"file {file.name or '?'}" + (f" ({about})" if about else "")


def _shown(content: Content) -> str:
    rows: list[str] = []
    fenced = False
    for block, spans in lines(content.spans):
        if (block.code is not None) != fenced:
            fenced = not fenced
            rows.append("```" + (block.code or "") if fenced else "```")
        rows.append(_row((block, spans)))
    text = "\n".join([*rows, *(["```"] if fenced else [])])
    return _LOCAL.sub("http://local/…/", text.replace("\u200b", ""))


def _row(line: Line) -> str:
    block, spans = line
    start = "> " * block.quote + "  " * block.indent
    if block.item is not None:
        start += f"{block.item}. " if block.item else "• "
    return start + "".join(map(_span, spans))


def _span(span: Span) -> str:
    signs = [sign for mark, sign in _SIGNS.items() if mark in span.marks]
    text = "".join(signs) + span.text + "".join(reversed(signs))
    if span.href is not None and span.href != span.text:
        text = f"[{text}]({span.href})"
    return f"[@ {text}]" if span.mention is not None else text


def _moved(event: MemberChanged) -> str:
    who = event.sender.name
    by = f" by {event.by.name}" if event.by else ""
    reason = f" ({event.reason})" if event.reason else ""
    if event.change is Change.RENAMED:
        return f"{who} is now {event.name}"
    return f"{who} {event.change.value}{by}{reason}"
