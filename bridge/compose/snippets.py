"""What is said in words of what a room cannot show: one line for a person to read."""

from bridge.identity import one_line
from bridge.language import N_, Locale
from bridge.model import Attachment, Content, FileKind, NameChanged, TopicChanged

from .fit import first_words
from .forging import listed, whole

__all__ = ["because", "described", "file_name", "file_note", "gist", "late_file", "names", "removed", "size"]

_LONGEST_NAME = 80
_LONGEST_TOPIC = 390
_LONGEST_REASON = 100
_KINDS = {
    FileKind.FILE: N_("file"),
    FileKind.IMAGE: N_("picture"),
    FileKind.AUDIO: N_("sound"),
    FileKind.VIDEO: N_("video"),
}
_FEW = 10


def removed(locale: Locale, by: str, of: str | None, reason: str, *, moderator: bool) -> str:
    """Say that somebody took a message back; `of` is who had said it, as far as that is known."""
    by = whole(by)
    if not moderator:
        told = locale.gettext("* {name} took a message back", name=by)
    elif of is None:
        told = locale.gettext("* {name} removed a message", name=by)
    else:
        told = locale.gettext("* {name} removed a message of {author}", name=by, author=of)
    return because(locale, told, reason)


def because(locale: Locale, what: str, reason: str) -> str:
    """Say what happened, and why, if somebody said so."""
    reason = one_line(reason, _LONGEST_REASON)
    return locale.gettext("{what} ({reason})", what=what, reason=reason) if reason else what


def described(locale: Locale, by: str, event: TopicChanged | NameChanged) -> str:
    """Say that a room got another topic, or another name."""
    who = whole(by)
    if isinstance(event, NameChanged):
        return locale.gettext(
            "* {name} gave the room the name: {room}", name=who, room=one_line(event.name, _LONGEST_TOPIC)
        )
    if topic := one_line(event.topic, _LONGEST_TOPIC):
        return locale.gettext("* {name} changed the topic to: {topic}", name=who, topic=topic)
    return locale.gettext("* {name} took the topic away", name=who)


def file_name(locale: Locale, attachment: Attachment) -> str:
    """Return the name of a file, safe to show."""
    name = one_line(attachment.name)
    if len(name) > _LONGEST_NAME:
        half = _LONGEST_NAME // 2
        name = f"{name[:half]}…{name[-half:]}"
    return name or locale.gettext(_KINDS[attachment.kind])


def file_note(locale: Locale, attachment: Attachment, more: str = "") -> str:
    """Name a file that can only be told of; `more` follows its name."""
    kind = locale.gettext(N_("voice message") if attachment.voice else _KINDS[attachment.kind])
    name = f" {file_name(locale, attachment)}" if attachment.name else ""
    return f"[{kind}{name}{more}]"


def late_file(locale: Locale, content: Content, number: int) -> str:
    """Say which file comes now, and with which words it was sent, some time after those were said."""
    name = file_name(locale, content.attachments[number])
    if words := first_words(content, locale):
        return locale.gettext("{file}, sent with “{words}”:", file=name, words=words)
    return locale.gettext("{file}:", file=name)


def size(count: int) -> str:
    """Return a number of bytes, for people."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}" if count < 10 * factor else f"{count / factor:.0f} {unit}"
    return f"{count} B"


def gist(locale: Locale, content: Content) -> str:
    """Return in a few words what a message says."""
    files = [file_name(locale, attachment) for attachment in content.attachments[:_FEW]]
    return first_words(content, locale) or locale.gettext(", ").join(files)


def names(locale: Locale, people: list[str]) -> str:
    """Name some people, and say how many more there are."""
    some = locale.gettext(", ").join(map(listed, people[:_FEW]))
    more = len(people) - _FEW
    if more <= 0:
        return some
    return locale.ngettext("{names} and {number} more", "{names} and {number} more", more, names=some)
