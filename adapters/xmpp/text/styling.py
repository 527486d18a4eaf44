"""Message styling (XEP-0393): text with directives to spans and back. Pure.

Code after this module may trust that `parse(build(spans)) == normal(spans)` for what can be said at all;
what cannot (bold within a word, a mark over its own sign) is said without the mark.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from bridge import PLAIN, Block, Line, Mark, Span, lines, of_lines, text_of

__all__ = ["build", "is_styled", "parse"]

_SIGNS = {"*": Mark.BOLD, "_": Mark.ITALIC, "~": Mark.STRIKE, "`": Mark.CODE}
_DIRECTIVES = {mark: sign for sign, mark in _SIGNS.items()}
_ORDER = (Mark.BOLD, Mark.ITALIC, Mark.STRIKE, Mark.CODE)
_JOINER = "\u2060"
"""Stands before a sign to keep it from being read as a directive, and shows nothing."""
_MAYBE = re.compile(r"(?:^|[\s*_~`])[*_~`]|^>|^```", re.MULTILINE)
_OPENER = re.compile(r"(?<=\s)(?=[*_~`](?:\S|$))")
_SIGN = re.compile(r"[*_~`]")
_CLOSER = re.compile(r"(?<=\S)[*_~`]")
_FACE = re.compile(r">[:;=8]['-]?[()\[\]{}|/\\DPpOo3<>@](?:\s|$)")
"""Angry faces such as >:( begin no quotation."""
_BLOCK_OPENER = re.compile(r">|```")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,30}")
_DEEPEST = 8
_NONE: frozenset[Mark] = frozenset()


def is_styled(text: str) -> bool:
    """Whether any of the text would be read as styling."""
    return _MAYBE.search(text) is not None and parse(text) != (Span(text),)


# -- reading


def parse(text: str) -> tuple[Span, ...]:
    """Decode text with directives to spans in normal form (XEP-0393 sections 5 and 6)."""
    if _MAYBE.search(text) is None:
        return (Span(text),) if text else ()
    return of_lines(_parsed(text))


def _parsed(text: str) -> Iterator[Line]:
    code: Block | None = None
    for raw in text.split("\n"):
        depth, rest = _unquote(raw, code.quote if code else _DEEPEST)
        if code is not None and depth < code.quote:
            code = None  # a block of code ends with the quote that it stands in
            depth, rest = _unquote(raw, _DEEPEST)
        if code is not None:
            if rest == "```":
                code = None
            else:
                yield code, (Span(rest),) if rest else ()
        elif rest.startswith("```"):
            language = rest[3:].strip()
            code = Block(quote=depth, code=language if _LANGUAGE.fullmatch(language) else "")
        else:
            yield Block(quote=depth) if depth else PLAIN, tuple(_spans(rest.lstrip() if depth else rest))


def _unquote(line: str, most: int) -> tuple[int, str]:
    """Return the depth of quotation of a line, at most so deep, and what is quoted (section 5.1.3)."""
    depth = 0
    while depth < most and line.startswith(">") and not _FACE.match(line):
        depth += 1
        line = line[1:].removeprefix(" ")
    return depth, line


def _spans(text: str) -> Iterator[Span]:
    """Return the spans of one line (section 6.2)."""
    closers: dict[str, list[int]] = {}
    for found in _CLOSER.finditer(text):
        closers.setdefault(found[0], []).append(found.start())
    if not closers:
        return iter((Span(text),) if text else ())
    return _within(text, 0, len(text), closers, _NONE)


def _within(
    text: str, start: int, end: int, closers: dict[str, list[int]], marks: frozenset[Mark]
) -> Iterator[Span]:
    """Return the spans of a part of a line. Matching is lazy, and signs that match nothing are text."""
    at = first = start
    while found := _SIGN.search(text, at, end):
        at = found.start()
        close = _closing(text, at, end, closers) if at == first or text[at - 1].isspace() else None
        if close is None:
            at += 1
            continue
        if start < at:
            yield Span(text[start:at], marks)
        inner = marks | {_SIGNS[found[0]]}
        if found[0] == "`":
            yield Span(text[at + 1 : close], inner)
        else:
            yield from _within(text, at + 1, close, closers, inner)
        start = at = close + 1
    if start < end:
        yield Span(text[start:end], marks)


def _closing(text: str, at: int, end: int, closers: dict[str, list[int]]) -> int | None:
    """Return where the directive that opens here closes; None: none opens here."""
    if text[at + 1 : at + 2].strip() == "":
        return None
    places = closers.get(text[at], ())
    index = bisect_left(places, at + 2)
    return places[index] if index < len(places) and places[index] < end else None


# -- writing


def build(spans: tuple[Span, ...]) -> str:
    """Encode spans as text with directives. Breaks signs in the text that would be read as styling."""
    out: list[str] = []
    code: Block | None = None
    for block, line in lines(spans):
        block = Block(quote=min(block.quote, _DEEPEST), code=block.code)  # noqa: PLW2901 what can be said of it
        if code is not None and block != code:
            out.append(_quoted(code.quote, "```"))
            code = None
        if block.code is None:
            out.append(_quoted(block.quote, _line(line, block.quote)))
            continue
        if code is None:
            code = block
            language = block.code if _LANGUAGE.fullmatch(block.code) else ""
            out.append(_quoted(block.quote, f"```{language}"))
        text = text_of(line)
        out.append(_quoted(block.quote, _JOINER + text if text == "```" else text))
    if code is not None:
        out.append(_quoted(code.quote, "```"))
    return "\n".join(out)


def _quoted(depth: int, line: str) -> str:
    return f"{'>' * depth} {line}" if depth else line


def _line(spans: tuple[Span, ...], depth: int) -> str:
    """Encode one line outside of code."""
    text = _inline(tuple(_bare(span) for span in spans), _NONE, free=True)
    if depth:
        text = text.lstrip()
    return _JOINER + text if _BLOCK_OPENER.match(text) else text


def _bare(span: Span) -> "Run":
    marks = span.marks
    return span.text, frozenset({Mark.CODE}) if Mark.CODE in marks else marks


Run = tuple[str, frozenset[Mark]]


def _inline(runs: tuple[Run, ...], done: frozenset[Mark], *, free: bool) -> str:
    """Encode runs of one line; `free` when a directive may open at their beginning."""
    out = ""
    at = 0
    while at < len(runs):
        text, marks = runs[at]
        mark, end = _longest(runs, at, marks - done)
        here = out[-1].isspace() if out else free
        if mark is None:
            out += _broken(text, free=here)
            at += 1
        else:
            out += _directed(runs[at:end], mark, done, free=here)
            at = end
    return out


def _longest(runs: tuple[Run, ...], at: int, marks: frozenset[Mark]) -> tuple[Mark | None, int]:
    """Return the mark that reaches farthest from here, and where it ends."""
    best, farthest = None, at
    for mark in _ORDER:
        if mark in marks:
            end = at
            while end < len(runs) and mark in runs[end][1]:
                end += 1
            if end > farthest:
                best, farthest = mark, end
    return best, farthest


def _directed(runs: tuple[Run, ...], mark: Mark, done: frozenset[Mark], *, free: bool) -> str:
    """Encode runs within a directive, or without it where the rules forbid it (section 6.2)."""
    sign = _DIRECTIVES[mark]
    text = "".join(run[0] for run in runs)
    words = text.strip()
    lead = text[: len(text) - len(text.lstrip())]
    if not words or sign in words or not (lead or free) or (mark is Mark.CODE and len(runs) > 1):
        return _inline(runs, done | {mark}, free=free)
    if mark is Mark.CODE:
        inner = words
    else:
        inner = _inline(_trimmed(runs, len(lead), len(words)), done | {mark}, free=True)
    return f"{lead}{sign}{inner}{sign}{text[len(lead) + len(words) :]}"


def _trimmed(runs: tuple[Run, ...], start: int, size: int) -> tuple[Run, ...]:
    """Return the runs without the blanks around them."""
    out: list[Run] = []
    for text, marks in runs:
        part = text[max(start, 0) : max(start + size, 0)]
        if part:
            out.append((part, marks))
        start -= len(text)
    return tuple(out)


def _broken(text: str, *, free: bool) -> str:
    """Break all that would be read as a directive in a text."""
    if not (set(text) & _SIGNS.keys()):
        return text
    first = _JOINER if free and text[0] in _SIGNS else ""
    return first + _OPENER.sub(_JOINER, text)
