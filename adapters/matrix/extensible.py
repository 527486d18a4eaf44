"""Events of newer kinds, read as the messages that they stand for: polls (MSC3381), and whatever carries its
words as extensible events do (MSC1767). Pure.
"""

from collections.abc import Mapping
from typing import Any

from bridge import PLAIN, Block, Span, of_lines, ours

from .values import id_of, listed, mapping, text_of

__all__ = ["ENDS", "KINDS", "message_of", "poll_of"]

_UNSTABLE = "org.matrix.msc1767."
_STARTS = ("m.poll.start", "org.matrix.msc3381.poll.start")
ENDS = ("m.poll.end", "org.matrix.msc3381.poll.end")
"""A poll that is over: without words, that is all to be said."""
_OTHERS = ("message", "emote", "notice", "image", "video", "audio", "file", "voice", "location")
KINDS = frozenset((*_STARTS, *ENDS, *(prefix + other for prefix in ("m.", _UNSTABLE) for other in _OTHERS)))
"""The types of all of them."""
_MOST_ANSWERS = 20
"""More than that no poll may have (MSC3381, "Creating polls")."""
_TEXTS = ("m.text", f"{_UNSTABLE}text", f"{_UNSTABLE}message", "m.message", "body")
_POLL = ours("[poll]")
_ALIKE = {"emote": "m.emote", "notice": "m.notice"}


def message_of(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of an `m.room.message` that says the same; without words, one without a body."""
    if "m.new_content" in content:
        content = {**content, "m.new_content": message_of(kind, mapping(content["m.new_content"]))}
    text = _text(mapping(_poll(kind, content).get("question"))) or _text(content)
    msgtype = _ALIKE.get(kind.rpartition(".")[2], "m.text")
    if kind in ENDS:
        poll = id_of(mapping(content.get("m.relates_to")).get("event_id"))
        relation = {"m.in_reply_to": {"event_id": poll}} if poll else {}
        return {**content, "m.relates_to": relation, "msgtype": "m.notice", "body": text}
    return {**content, "msgtype": msgtype, "body": text} if text else content


def poll_of(kind: str, content: Mapping[str, Any]) -> tuple[Span, ...]:
    """A poll's question and its answers, which are numbered; nothing where there is none."""
    poll = _poll(kind, content)
    answers = [
        text for answer in listed(poll.get("answers"))[:_MOST_ANSWERS] if (text := _text(mapping(answer)))
    ]
    question = _text(mapping(poll.get("question"))) or _text(content)
    if kind not in _STARTS or not question:
        return ()
    lines = [Span(" ".join(text.split()), block=Block(item=number)) for number, text in enumerate(answers, 1)]
    return of_lines([(PLAIN, (_POLL, Span(f" {question}"))), *((line.block, (line,)) for line in lines)])


def _poll(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(content.get("m.poll") or content.get(kind)) if kind in _STARTS else {}


def _text(content: Mapping[str, Any]) -> str:
    """The words that such content carries, as plain text if it has them so."""
    for name in _TEXTS:
        value = content.get(name)
        if isinstance(value, str) and value.strip():
            return text_of(value)
        forms = [mapping(form) for form in listed(value)]
        forms.sort(key=lambda form: form.get("mimetype", "text/plain") != "text/plain")
        if forms and (text := text_of(forms[0].get("body"))).strip():
            return text
    return ""
