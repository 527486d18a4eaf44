"""Texts that are too long for a room: in a few messages, as a link to all of it, or only their beginning."""

from dataclasses import replace

from bridge.journal import Delivery
from bridge.model import Capabilities, Content, MessageCreated, Span

from .fit import Fitted
from .wording import Wording

__all__ = ["MOST", "cut_short", "is_long"]

MOST = 50
"""So many messages at most are made of one text."""
_FEW = 3
"""So many messages of one text are not yet long."""


def is_long(wording: Wording, delivery: Delivery, event: MessageCreated, record: Capabilities) -> bool:
    """Whether a text needs more than a few messages."""
    looked = replace(delivery)
    for _ in range(_FEW):
        fitted = wording.fit(looked, event, "", record)
        if fitted is None or fitted.end is None:
            return False
        looked.start = fitted.end
    return True


def cut_short(fitted: Fitted, note: str, record: Capabilities) -> Fitted:
    """A part as the last one: with a note in place of its end."""
    room = record.text_limit - len(note.encode()) - record.mark_cost
    spans, size = list(fitted.content.spans), sum(len(span.text.encode()) for span in fitted.content.spans)
    while spans and size > room:
        last = spans.pop()
        size -= len(last.text.encode())
        kept = last.text.encode()[: max(room - size, 0)].decode(errors="ignore")
        if kept:
            spans.append(replace(last, text=kept))
            break
    return Fitted(Content((*spans, Span(note))), None)
