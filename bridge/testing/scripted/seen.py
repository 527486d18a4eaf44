"""What people on a fake network see of what the bridge does."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.model import (
    Attachment,
    Authorship,
    Command,
    Content,
    DeleteMessage,
    EditMessage,
    File,
    FleetingCommand,
    Kind,
    MessageCreated,
    MessageEdited,
    MessageId,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    SendMessage,
    SetReactions,
    SetTopic,
    Speaker,
    TalkEvent,
    TopicChanged,
    UserId,
)

from .files import ScriptedFiles

__all__ = ["SeenLine", "SeenLines"]

_BRIDGE = "hubbub"


@dataclass(frozen=True)
class SeenLine:
    """Somebody said something."""

    who: str
    """Whose name stands beside it."""
    text: str
    kind: Kind = Kind.TEXT
    file: str = ""
    reply_to: str = ""
    """The words of what it answers."""
    reactions: tuple[tuple[str, str], ...] = ()
    """Who reacts, and with what."""


@dataclass
class SeenLines:
    """All rooms, as people there see them. Nobody changes what another account said."""

    _said: dict[MessageId, tuple[RoomId, str, SeenLine]] = field(default_factory=dict)
    """By message: where, by which account, and what."""
    _names: dict[str, str] = field(default_factory=dict)
    """What puppets are called, by their accounts."""
    listeners: list[Callable[[TalkEvent], None]] = field(default_factory=list)
    """People who want to know of everything that the bridge does."""
    files: ScriptedFiles = field(default_factory=ScriptedFiles)
    hinted: list[Callable[[FleetingCommand], None]] = field(default_factory=list)
    """People who want to know of what counts only now."""

    def lines(self, room: RoomId) -> list[SeenLine]:
        """Return what is there to be seen in a room, in order."""
        return [self._now(account, line) for where, account, line in self._said.values() if where == room]

    def _now(self, account: str, line: SeenLine) -> SeenLine:
        """Return a line under the names that accounts have now."""
        reactions = sorted((self._names.get(who, who), emoji) for who, emoji in line.reactions)
        return replace(line, who=self._names.get(account, line.who), reactions=tuple(reactions))

    def refusal(self, command: Command, name: MessageId) -> str:
        """Show what a command does, whose message gets this name; or why that is refused."""
        speaker = command.speaker
        account = speaker.account or ""
        if speaker.how is Authorship.PUPPET:
            self._names[account] = speaker.name
        why = ""
        if isinstance(command, SendMessage):
            self._said[name] = (command.room, account, self._line(command))
        elif isinstance(command, EditMessage | DeleteMessage | SetReactions):
            why = self._change(command, account)
        if not why and self.listeners:
            for told in self.listeners:
                told(self._event(command, name))
        return why

    def _line(self, command: SendMessage) -> SeenLine:
        answered = self._said.get(command.answered.part.id) if command.answered is not None else None
        return SeenLine(
            _name(command.speaker),
            command.content.text,
            command.kind,
            command.file.name if command.file is not None else "",
            answered[2].text if answered is not None else "",
        )

    def _change(self, command: EditMessage | DeleteMessage | SetReactions, account: str) -> str:
        if (known := self._said.get(command.target.id)) is None:
            return ""
        (room, author, line), speaker = known, command.speaker
        if isinstance(command, SetReactions):
            own = [(account or _BRIDGE, emoji) for emoji in command.emojis]
            others = [one for one in line.reactions if one[0] != (account or _BRIDGE)]
            self._said[command.target.id] = (
                room,
                author,
                replace(line, reactions=(*others, *own)),
            )
        elif account != author:
            return f"that was said by {author or _BRIDGE}, not by {account or _BRIDGE}"
        elif isinstance(command, DeleteMessage):
            del self._said[command.target.id]
        else:
            line = replace(line, who=_name(speaker), text=command.content.text, kind=command.kind)
            self._said[command.target.id] = (room, author, line)
        return ""

    def _event(self, command: Command, name: MessageId) -> TalkEvent:
        """Return the event that a command is for people who look on."""
        room, sender = command.room, Sender(UserId(command.speaker.key or _BRIDGE), _name(command.speaker))
        match command:
            case SendMessage(content=content, kind=kind, answered=answered, thread=thread, at=at):
                return MessageCreated(
                    id=name,
                    room=room,
                    sender=sender,
                    content=content if command.file is None else self._with(content, command.file),
                    kind=kind,
                    reply_to=answered.part.id if answered is not None else None,
                    thread=thread.id if thread is not None else None,
                    at=at,
                )
            case EditMessage(target=part, content=content):
                return MessageEdited(id=name, room=room, sender=sender, target=part.id, content=content)
            case DeleteMessage(target=part):
                return Removed(id=name, room=room, sender=sender, target=part.id)
            case SetReactions(target=part, emojis=emojis):
                return ReactionsChanged(id=name, room=room, sender=sender, target=part.id, emojis=emojis)
            case SetTopic(topic=topic):
                return TopicChanged(id=name, room=room, sender=sender, topic=topic)

    def _with(self, content: Content, file: File) -> Content:
        attached = Attachment(self.files.put(file), file.name, file.kind, file.type, file.size)
        return Content(content.spans, (attached,))


def _name(speaker: Speaker) -> str:
    return _BRIDGE if speaker.how is Authorship.PREFIX else speaker.name
