"""Events of other kinds, read as messages: polls (MSC3381), calls, encrypted ones, and all that carry their
words as extensible events do (MSC1767), also of unknown kinds. Pure.
"""

from collections.abc import Mapping
from typing import Any

from adapters.matrix.untrusted import id_of, listed, mapping, text_of
from bridge import PLAIN, Block, Span, of_lines, ours

__all__ = ["message_of", "words_of"]

_UNSTABLE = "org.matrix.msc1767."
_STARTS = ("m.poll.start", "org.matrix.msc3381.poll.start")
_ENDS = ("m.poll.end", "org.matrix.msc3381.poll.end")
_VOTES = ("m.poll.response", "org.matrix.msc3381.poll.response")
_CALLS = (
    "m.call.invite",
    *("m.call.notify", "org.matrix.msc4075.call.notify"),
    *("m.rtc.notification", "org.matrix.msc4075.rtc.notification"),
)
"""Events that make phones ring ("Voice over IP", MSC4075)."""
_MOST_ANSWERS = 20
"""The most that a poll may have (MSC3381, "Creating polls")."""
_TEXTS = ("m.text", f"{_UNSTABLE}text", f"{_UNSTABLE}message", "m.message", "body")
_POLL = ours("[poll]")
_OVER = ours("The poll has ended.")
_CALLING = ours("started a call")
_UNREADABLE = ours("[encrypted message that the bridge cannot read]")
_ALIKE = {"emote": "m.emote", "notice": "m.notice"}


def message_of(kind: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content of an `m.room.message` that says the same; one without a body where there are no
    words.
    """
    if not content or kind in _VOTES:
        return {}
    if kind in _CALLS:
        return {"msgtype": "m.emote", "body": ""}
    if kind == "m.room.encrypted":
        changes = mapping(content.get("m.relates_to")).get("rel_type") == "m.replace"
        return {} if changes else {"msgtype": "m.text", "body": ""}
    if "m.new_content" in content:
        content = {**content, "m.new_content": message_of(kind, mapping(content["m.new_content"]))}
    text = _text(mapping(_poll(kind, content).get("question"))) or _text(content)
    msgtype = _ALIKE.get(kind.rpartition(".")[2], "m.text")
    if kind in _ENDS:
        poll = id_of(mapping(content.get("m.relates_to")).get("event_id"))
        relation = {"m.in_reply_to": {"event_id": poll}} if poll else {}
        return {**content, "m.relates_to": relation, "msgtype": "m.notice", "body": text}
    return {**content, "msgtype": msgtype, "body": text} if text else content


def words_of(kind: str, content: Mapping[str, Any]) -> tuple[Span, ...]:
    """Return the bridge's words for events that people see, such as polls and calls; none for others."""
    if kind in _CALLS:
        return (_CALLING,)
    if kind == "m.room.encrypted":
        return (_UNREADABLE,)
    if kind in _ENDS and not content.get("body"):
        return (_OVER,)
    return _poll_in_words(kind, content)


def _poll_in_words(kind: str, content: Mapping[str, Any]) -> tuple[Span, ...]:
    """Return a poll's question and its numbered answers."""
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
    """Return the words that such content carries, as plain text if it has them so."""
    for name in _TEXTS:
        value = content.get(name)
        if isinstance(value, str) and value.strip():
            return text_of(value)
        forms = [mapping(form) for form in listed(value)]
        forms.sort(key=lambda form: form.get("mimetype", "text/plain") != "text/plain")
        if forms and (text := text_of(forms[0].get("body"))).strip():
            return text
    return ""
