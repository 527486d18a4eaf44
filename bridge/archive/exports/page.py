"""A page to read and to print: one file of HTML, with no script and nothing from elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from bridge.archive.entries import Copy, EntryKind, Header, Person, Words
from bridge.archive.store import Entry
from bridge.identity import one_line
from bridge.language import Locale, locale

from .dates import Dates
from .exporter import Excerpt, Exporter, ExportOptions
from .markup import bdi, words_html
from .survey import Figure, Survey
from .whole import Whole, stands_elsewhere, whole, words_then
from .wording import Statement, Wording

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["PAGE"]

_TOGETHER = 300.0
"""Seconds in which what one person says stands under their name once."""
_COLOURS = 12
_REGIONS = {"en": "en_GB"}
"""Whose dates a language has, where it has several."""
_QUOTED = 160
"""Characters of what an answer answers."""


@dataclass(slots=True)
class _Version:
    clock: str
    """When it was said, in a few words."""
    html: Markup


@dataclass(slots=True)
class _Row:
    """What the template shows of an entry, with what stands above it."""

    number: int
    at: float = 0.0
    clock: str = ""
    iso: str = ""
    conversation: str = ""
    """Where another begins."""
    day: str = ""
    """Where another begins."""
    fact: Markup | None = None
    silence: bool = False
    name: Markup | None = None
    """None: it is said by whoever said what stands above."""
    network: str = ""
    colour: int = 0
    style: str = ""
    replayed: bool = False
    answered: Markup | None = None
    answered_at: int = 0
    html: Markup | None = None
    gone: Markup | None = None
    edited: str = ""
    versions: Sequence[_Version] = ()
    files: Sequence[str] = ()
    reactions: Sequence[tuple[str, str]] = ()
    copies: Sequence[Markup] = ()
    lost: Sequence[Markup] = ()


def _chunks(excerpt: Excerpt, options: ExportOptions) -> Iterator[bytes]:
    speech, dates = locale(options.language, None), Dates(options.zone)
    survey = Survey(excerpt.entries())
    rows = _Page(excerpt, survey, dates, speech, options.language)
    stream = _template().stream(
        title=one_line(excerpt.title),
        language=options.language,
        survey=survey,
        figures=[(figure, (figure.number - 1) % _COLOURS) for figure in _speakers(survey)],
        span=_span(survey, dates),
        zone=options.zone,
        rows=rows,
        say=_fixed(speech),
        counts=_counts(survey, speech),
        bdi=bdi,
        line=one_line,
    )
    stream.enable_buffering(500)
    for text in stream:
        yield text.encode()


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("bridge.archive.exports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    return made.get_template("transcript.html")


def _fixed(speech: Locale) -> dict[str, str]:
    return {
        "replayed": speech.gettext("heard later"),
        "arrived": speech.gettext("arrived"),
        "lost": speech.gettext("did not arrive"),
        "foot": speech.gettext("Written by Hubbub from its archive."),
    }


def _counts(survey: Survey, speech: Locale) -> str:
    return " · ".join(
        (
            speech.ngettext("{number} message", "{number} messages", survey.messages),
            speech.ngettext("{number} person", "{number} people", len(_speakers(survey))),
        )
    )


def _speakers(survey: Survey) -> list[Figure]:
    return [figure for figure in survey.figures if figure.messages and not figure.ours]


def _span(survey: Survey, dates: Dates) -> tuple[str, str] | None:
    if survey.first is None or survey.last is None:
        return None
    return dates.full(survey.first), dates.full(survey.last)


class _Page:
    """Makes row after row."""

    def __init__(self, excerpt: Excerpt, survey: Survey, dates: Dates, speech: Locale, language: str) -> None:
        self._excerpt = excerpt
        self._survey = survey
        self._dates = dates
        self._speech = speech
        self._language = language
        self._wording = Wording(speech, survey, dates)

    def __iter__(self) -> Iterator[_Row]:
        conversation, day, speaker, spoke = None, "", ("", ""), 0.0
        for entry in self._excerpt.entries():
            header = entry.header
            if stands_elsewhere(self._excerpt, entry):
                continue
            row = _Row(entry.number)
            if entry.conversation != conversation:
                conversation, day, speaker = entry.conversation, "", ("", "")
                row.conversation = conversation if len(self._survey.conversations) > 1 else ""
            if header is None:
                row.fact, speaker = _html(self._wording.fact(entry)), ("", "")
                yield row
                continue
            if self._dates.day(header.at) != day:
                day, speaker = self._dates.day(header.at), ("", "")
                row.day = self._heading(header.at)
            row.at, row.clock, row.iso = header.at, self._dates.clock(header.at), self._dates.iso(header.at)
            if header.kind is EntryKind.MESSAGE:
                by = (header.network, header.by.id if header.by else "")
                alone = by == speaker and 0 <= header.at - spoke < _TOGETHER and not header.reply_to
                self._message(row, entry, header, named=not alone or header.style == "emote")
                speaker, spoke = by, header.at
            else:
                row.fact, speaker = _html(self._wording.fact(entry)), ("", "")
                row.silence = header.kind is EntryKind.SILENCE
            yield row

    def _message(self, row: _Row, entry: Entry, header: Header, *, named: bool) -> None:
        told = whole(self._excerpt, entry, header)
        if named:
            row.name, row.network = bdi(self._survey.name(header.network, header.by)), header.network
        figure = self._survey.figure(header.network, header.by) if header.by is not None else None
        row.colour = (figure.number - 1) % _COLOURS if figure is not None else 0
        row.style, row.replayed = header.style, header.replayed
        self._answer(row, entry, header)
        self._said(row, told)
        row.files = [self._wording.file(file) for file in told.files]
        row.reactions = [(emoji, self._names(who)) for emoji, who in told.reactions.items()]
        for at, copy in told.copies:
            self._copy(row, at, copy)

    def _names(self, who: Sequence[tuple[str, Person]]) -> str:
        return self._speech.gettext(", ").join(self._survey.name(network, person) for network, person in who)

    def _said(self, row: _Row, told: Whole) -> None:
        """The words as they are now, and what they were before."""
        if (gone := self._wording.gone(told)) is not None:
            row.gone = _html(gone)
        said = told.header.at
        shown = [
            _Version(
                self._speech.gettext("said before, {clock}", clock=self._dates.near(version.header.at, said)),
                words_html(version.words, self._speech),
            )
            for version in told.versions
            if version.words is not None
            and not told.header.left_out
            and (version.words.text or version.words.spans)
        ]
        if len(told.versions) > 1:
            edited = self._dates.near(told.versions[-1].header.at, said)
            row.edited = self._speech.gettext("edited {clock}", clock=edited)
        if row.gone is None and shown:
            row.html = shown.pop().html
        row.versions = shown

    def _answer(self, row: _Row, entry: Entry, header: Header) -> None:
        if not header.reply_to:
            return
        target = self._excerpt.answered(entry)
        quoted = (entry.words or Words()).quoted
        if target is None or target.header is None:
            row.answered = (
                Markup('<q dir="auto">{}</q>').format(one_line(quoted, _QUOTED)) if quoted else None
            )
            return
        name = bdi(self._survey.name(target.header.network, target.header.by))
        then = words_then(self._excerpt, target, entry)
        said = one_line(then.text if then is not None else "", _QUOTED) or self._speech.gettext(
            "[no longer kept]"
        )
        row.answered = Markup('{} {} <q dir="auto">{}</q>').format(
            name, self._dates.clock(target.header.at), said
        )
        row.answered_at = target.number if self._excerpt.shows(target) else 0

    def _copy(self, row: _Row, at: float, copy: Copy) -> None:
        place = Markup("{} {}").format(copy.network, bdi(one_line(copy.room)))
        if copy.reason:
            row.lost = (*row.lost, Markup("{}: {}").format(place, bdi(one_line(copy.reason))))
        else:
            told = Markup('<span title="{}">{} {}</span>')
            row.copies = (*row.copies, told.format(" ".join(copy.ids), place, self._dates.near(at, row.at)))

    def _heading(self, at: float) -> str:
        from babel.dates import format_date

        return format_date(self._dates.local(at), "full", locale=_REGIONS.get(self._language, self._language))


def _html(fact: Statement) -> Markup:
    return (escape(fact.sentence) + Markup("")).format(
        **{key: bdi(value) for key, value in fact.values.items()}
    )


PAGE = Exporter(
    name="html",
    suffix=".html",
    media_type="text/html; charset=utf-8",
    about="one page to read and to print",
    chunks=_chunks,
    passes=2,
)
