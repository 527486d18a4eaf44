"""What is said of an edit in a room that cannot edit: what a person there would type after a slip.

A word or two, or the sentence that changed, or all of it; a star before it, as people write on IRC.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bridge.model import PLAIN, Content, Span, cut

__all__ = ["correction"]

_SIGN = "*"
_FEW = 3
"""So many words are understood without their sentence."""
_SHORT = 4
"""A text with fewer characters than that needs its neighbours to be understood."""
_WORD = re.compile(r"\S+")
_STOP = re.compile(r"[.!?…。！？][\"'”’)\]]*\Z")
_SENTENCE = re.compile(r"\S[^\n]*?(?:[.!?…。！？][\"'”’)\]]*(?=\s|\Z)|(?=\n)|\Z)")

Range = tuple[int, int]


def correction(old: Content | None, new: Content) -> Content:
    """Return a message that corrects an earlier one. `old` is what that said; None: nobody knows any more.

    Empty where no word differs. At most the new text and a sign, and no more lines than the new text.
    """
    text = new.text
    words = list(_WORD.finditer(text))
    before = old.text.split() if old is not None else []
    if not words or before == [word[0] for word in words]:
        return Content()
    start, end = words[0].start(), words[-1].end()
    for part in _smaller(before, words, text) if before else ():
        left, right = _line(text, part) if _is_code(cut(new.spans, *part)) else part
        if 2 * (right - left) <= end - start:
            spans = list(cut(new.spans, left, right))
            if not _is_code(spans):
                spans = [replace(span, block=PLAIN) for span in spans]
            return Content((Span(_SIGN, block=spans[0].block), *spans))
    spans = list(cut(new.spans, start, end))
    return Content((Span(_SIGN, block=spans[0].block), *spans))


def _is_code(spans: Iterable[Span]) -> bool:
    return any(span.block.code is not None for span in spans)


def _line(text: str, part: Range) -> Range:
    """Return the whole lines that a part is in: of code, less says little."""
    start = text.rfind("\n", 0, part[0]) + 1
    end = len(text[: part[1]] + text[part[1] :].partition("\n")[0].rstrip())
    return start + len(text[start:end]) - len(text[start:end].lstrip()), end


def _smaller(before: Sequence[str], words: Sequence[re.Match[str]], text: str) -> Iterator[Range]:
    """Yield parts of the text that tell the change on their own, the shortest first."""
    head, tail = _same(before, [word[0] for word in words])
    gone, end = before[head : len(before) - tail], len(words) - tail
    if any(_STOP.search(word) for word in gone[:-1]):
        return
    if head < end:
        changed = words[head].start(), words[end - 1].end()
    elif 0 < head < len(words):
        changed = words[head - 1].start(), words[head].end()
    else:
        return
    sentence = next(
        (
            (s.start(), s.start() + len(s[0].rstrip()))
            for s in _SENTENCE.finditer(text)
            if s.start() <= changed[0] and changed[1] <= s.end()
        ),
        None,
    )
    if sentence is None:
        return
    if 0 < end - head <= _FEW:
        clear = 0 < len(gone) <= end - head and changed[1] - changed[0] >= _SHORT
        yield changed if clear else _widened(words, head, end, sentence)
    yield sentence


def _same(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """Count the words that are the same at the beginning, and of the rest at the end."""
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    most -= head
    return head, next((n for n in range(most) if before[-1 - n] != after[-1 - n]), most)


def _widened(words: Sequence[re.Match[str]], head: int, end: int, sentence: Range) -> Range:
    """Return some words with the word before and the word after, as far as their sentence goes."""
    inside = [word for word in words[max(head - 1, 0) : end + 1] if sentence[0] <= word.start() < sentence[1]]
    return inside[0].start(), inside[-1].end()
