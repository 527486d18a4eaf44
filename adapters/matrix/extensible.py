"""Events of newer kinds, read as the messages that they stand for: polls (MSC3381), and whatever carries its
words as extensible events do (MSC1767). Pure.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from .values import id_of, listed, mapping, text_of

__all__ = ["KINDS", "message_of"]

_UNSTABLE = "org.matrix.msc1767."
_STARTS = ("m.poll.start", "org.matrix.msc3381.poll.start")
_ENDS = ("m.poll.end", "org.matrix.msc3381.poll.end")
_OTHERS = ("message", "emote", "notice", "image", "video", "audio", "file", "voice", "location")
KINDS = frozenset((*_STARTS, *_ENDS, *(prefix + other for prefix in ("m.", _UNSTABLE) for other in _OTHERS)))
"""The types of all of them."""
_MOST_ANSWERS = 20
"""More than that no poll may have (MSC3381, "Creating polls")."""
_TEXTS = ("m.text", f"{_UNSTABLE}text", f"{_UNSTABLE}message", "m.message", "body")
_ALIKE = {"emote": "m.emote", "notice": "m.notice"}


def message_of(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of an `m.room.message` that says the same; without words, one without a body."""
    if "m.new_content" in content:
        content = {**content, "m.new_content": message_of(kind, mapping(content["m.new_content"]))}
    if kind in _STARTS:
        return {**content, **_poll(kind, content)}
    text = _text(content)
    msgtype = _ALIKE.get(kind.rpartition(".")[2], "m.text")
    if kind in _ENDS:
        poll = id_of(mapping(content.get("m.relates_to")).get("event_id"))
        content = {**content, "m.relates_to": {"m.in_reply_to": {"event_id": poll}} if poll else {}}
        text, msgtype = text or "The poll has ended.", "m.notice"
    return {**content, "msgtype": msgtype, "body": text} if text else content


def _poll(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """A question and its answers, which are numbered."""
    poll = mapping(content.get("m.poll") or content.get(kind))
    question = _text(mapping(poll.get("question")))
    answers = [
        text for answer in listed(poll.get("answers"))[:_MOST_ANSWERS] if (text := _text(mapping(answer)))
    ]
    if not question:
        text = _text(content)
        return {"msgtype": "m.text", "body": f"[poll] {text}"} if text else {}
    items = "".join(f"<li>{escape(answer)}</li>" for answer in answers)
    return {
        "msgtype": "m.text",
        "body": "\n".join((f"[poll] {question}", *(f"{n}. {answer}" for n, answer in enumerate(answers, 1)))),
        "format": "org.matrix.custom.html",
        "formatted_body": f"<p>[poll] {escape(question)}</p><ol>{items}</ol>",
    }


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
