"""Makes a mail of what was said in a chat."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from bridge import spoken
from bridge.desk import Chat, ChatLine, SaidBy, final

from .letter import ChatLetter, clean

__all__ = ["ChatTranscript"]

_MOST = 300_000
"""Characters; what was said before is left out."""
_BODY = "margin:0 auto;padding:1.2em;max-width:38em;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a"
_SMALL = "font-size:.85em;color:#595959"
_SAID = "margin:0 0 .6em;padding:.5em .9em;border-radius:.7em;background:{}"
_WORDS = "white-space:pre-wrap;overflow-wrap:anywhere"


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    is_ours: bool
    day: str
    time: str
    text: str


@dataclass(frozen=True, slots=True)
class ChatTranscript:
    """A chat, and whom it is told to."""

    chat: Chat
    desk: str
    """What visitors know it as."""
    zone: str | None
    """None: UTC."""
    reply_to: str | None = None
    """Where the visitor's answers go."""
    own: bool = True
    """Whether it goes to the visitor: else to somebody of the shop."""
    forget: str = ""
    """The address of the page on which they delete the chat; empty: there is none."""

    def of(self, said: Sequence[ChatLine]) -> ChatLetter:
        """Return the mail with all that was said: in the visitor's language for them, else in English, as
        agents are spoken to.
        """
        chat, speak = self.chat, spoken(self.chat.language if self.own else "en")
        day = f"{datetime.fromtimestamp(chat.opened_at, self._zone):%Y-%m-%d}"
        name = chat.name or speak.gettext("visitor")
        if self.own:
            title = speak.gettext("Your chat with {desk}, {day}", desk=self.desk, day=day)
            reply = ("", self.reply_to) if self.reply_to is not None else None
        else:
            title = speak.gettext(
                "Chat {number} with {name}, {desk}, {day}",
                number=chat.number,
                name=name,
                desk=self.desk,
                day=day,
            )
            reply = None
        lines, left_out = self._lines(list(final(said)))
        head = [speak.gettext("The times are those of {zone}.", zone=self.zone or "UTC")]
        if not self.own:
            head += [clean(fact) for fact in (chat.mail, chat.page) if fact]
        if left_out:
            head.append(
                speak.ngettext(
                    "{number} line before is left out.", "{number} lines before are left out.", left_out
                )
            )
        foot = self._foot()
        language = speak.language
        return ChatLetter(
            self.desk,
            title,
            language,
            _text(title, head, lines, [*foot, *([f"{self._asked()}\n{self.forget}"] if self.forget else [])]),
            _html(language, title, head, lines, foot, (self._asked(), self.forget)),
            reply,
        )

    def _foot(self) -> list[str]:
        if not self.own:
            return []
        speak = spoken(self.chat.language)
        foot = [
            speak.gettext(
                "You get this since somebody gave this address in the chat. Was it not you? Then do nothing."
            )
        ]
        if self.reply_to is not None:
            foot.append(speak.gettext("What you answer goes to {desk}.", desk=self.desk))
        return foot

    def _asked(self) -> str:
        return spoken(self.chat.language).gettext("Delete this chat at {desk}:", desk=self.desk)

    @property
    def _zone(self) -> tzinfo:
        return ZoneInfo(self.zone) if self.zone is not None else UTC

    def _lines(self, said: Sequence[tuple[ChatLine, str]]) -> tuple[list[_Line], int]:
        """Return what was said, the last of it, and how many lines are left out."""
        kept: list[_Line] = []
        size = 0
        for line, words in reversed(said):
            text = clean(words)
            if line.body.file is not None:
                text = f"{text}\n📎 {clean(line.body.file.name)}".strip()
            size += len(text)
            if kept and size > _MOST:
                break
            at = datetime.fromtimestamp(line.at, self._zone)
            kept.append(
                _Line(self._name(line), line.by is not SaidBy.VISITOR, f"{at:%Y-%m-%d}", f"{at:%H:%M}", text)
            )
        return kept[::-1], len(said) - len(kept)

    def _name(self, line: ChatLine) -> str:
        if line.by is SaidBy.DESK:
            return self.desk
        if line.by is SaidBy.VISITOR and not line.name:
            speak = spoken(self.chat.language if self.own else "en")
            return speak.gettext("You") if self.own else speak.gettext("visitor")
        return " ".join(clean(line.name).split())


def _days(lines: Sequence[_Line]) -> Iterator[tuple[str, _Line]]:
    """Yield the lines, each with its day where another begins."""
    day = lines[0].day if lines else ""
    for line in lines:
        yield ("" if line.day == day else line.day), line
        day = line.day


def _text(title: str, head: Sequence[str], lines: Sequence[_Line], foot: Sequence[str]) -> str:
    out = [title, *head, ""]
    for day, line in _days(lines):
        if day:
            out += ["", day]
        first, *rest = line.text.split("\n")
        out += [f"[{line.time}] {line.name}: {first}", *(f"    {more}" for more in rest)]
    return "\n".join([*out, "", *(["-- "] if foot else []), *foot]) + "\n"


def _html(  # noqa: PLR0913, PLR0917 what the page has
    language: str,
    title: str,
    head: Sequence[str],
    lines: Sequence[_Line],
    foot: Sequence[str],
    forget: tuple[str, str],
) -> str:
    """Return it as a page that asks nobody for anything."""
    e = html.escape
    meta = f'<meta charset="utf-8"><title>{e(title)}</title>'
    out = [
        f'<!doctype html>\n<html lang="{language}"><head>{meta}</head>',
        f'<body style="{_BODY}"><h1 style="font-size:1.3em;margin:0 0 .3em">{e(title)}</h1>',
        f'<p style="{_SMALL};margin:0 0 1.4em">{"<br>".join(e(one) for one in head)}</p>',
    ]
    for day, line in _days(lines):
        if day:
            out.append(f'<p style="{_SMALL};margin:1.2em 0 .6em">{day}</p>')
        out.append(
            f'<div style="{_SAID.format("#eef1f4" if line.is_ours else "#e2f3ee")}">'
            f'<div style="{_SMALL}"><b dir="auto">{e(line.name)}</b> {line.time}</div>'
            f'<div dir="auto" style="{_WORDS}">{e(line.text)}</div></div>'
        )
    question, link = forget
    ends = [e(one) for one in foot]
    if link:
        ends.append(f'<a href="{e(link)}" style="color:#0b6e66">{e(question.rstrip(":："))}</a>')
    if ends:
        out.append(
            f'<p style="{_SMALL};margin:1.6em 0 0;padding-top:.8em;border-top:1px solid #ccc">'
            f"{'<br>'.join(ends)}</p>"
        )
    return "\n".join([*out, "</body></html>\n"])
