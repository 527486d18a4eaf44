"""Names each line of what is said where anybody may come in: nobody there writes a line that could be that of
somebody else. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bridge.model import PLAIN, Capabilities, Content, Line, Span, lines, of_lines

from .fit import Fitted, Style, measure, next_part

__all__ = ["next_named_part"]


def next_named_part(  # noqa: PLR0913, PLR0917 as `next_part`
    spans: tuple[Span, ...],
    start: int,
    prefix: str,
    label: tuple[Span, ...],
    capabilities: Capabilities,
    style: Style | None = None,
) -> Fitted | None:
    """Return the next part of degraded content as `next_part` does, with a label before each line behind the
    first. Where a message cannot hold several lines it is the same.
    """
    limited = capabilities
    while True:
        fitted = next_part(spans, start, prefix, limited, style)
        if fitted is None or not capabilities.lines:
            return fitted
        first, *rest = lines(fitted.content.spans)
        named = of_lines([first, *_labelled(rest, label)])
        if not rest or measure(named, capabilities) <= capabilities.text_limit:
            return replace(fitted, content=Content(named))
        limited = replace(limited, text_limit=limited.text_limit // 2)  # fewer lines, whose labels fit too


def _labelled(rest: Sequence[Line], label: tuple[Span, ...]) -> Iterator[Line]:
    for block, line in rest:
        is_bare = block == PLAIN and any(span.text.strip() for span in line)
        yield block, (*label, *line) if is_bare else line
