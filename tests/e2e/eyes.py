"""What a person sees of what the bridge does, read from the wire with nothing of Hubbub's own.

Signs stand for what is not text: **bold** _italic_ __underlined__ ~~struck~~ `code` ||hidden|| {04:coloured}
[words](address) [@ who is alerted] [image cat.png]. `notice:` and `*` are said otherwise than talk.
What is done about an earlier message quotes that.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

__all__ = ["IrcEyes", "MatrixEyes", "Sight", "XmppEyes"]

_LONGEST = 40
_LOCAL = re.compile(r"(https?://127\.0\.0\.1:)\d+/(?:[^\s)]*/)?")
_UNSEEN = str.maketrans("", "", "\u200b\u2060")


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that is seen; `name` is what the network calls the message, if it is one."""

    text: str
    name: str = ""


@dataclass
class _Memory:
    """What messages say, by each of their names."""

    said: dict[str, list[str]] = field(default_factory=dict)

    def see(self, text: str, *names: str) -> None:
        said = [text]
        self.said |= {name: said for name in names if name}

    def change(self, name: str, text: str) -> None:
        self.said.setdefault(name, [""])[0] = text

    def of(self, name: str) -> str:
        words = " ".join(self.said.get(name, ["?"])[0].split())
        return f'"{words}"' if len(words) <= _LONGEST else f'"{words[:_LONGEST].rstrip()}…"'


def _clear(text: str) -> str:
    """Without what shows nothing, and the same for every port and folder."""
    return _LOCAL.sub(r"http://local/", text.translate(_UNSEEN))


# -- IRC

_IRC_CODE = re.compile(
    r"\x03(?:(\d{1,2})(?:,(\d{1,2}))?)?|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?|[\x00-\x1f\x7f]"
)
_IRC_SIGNS = {"\x02": "**", "\x1d": "_", "\x1f": "__", "\x1e": "~~", "\x11": "`"}


class IrcEyes:
    """Reads lines."""

    def __init__(self, bridge: str) -> None:
        self._bridge = bridge
        self._memory = _Memory()

    def see(self, tags: Mapping[str, str], source: str, command: str, params: list[str]) -> Sight | None:
        """What a line shows, when the bridge has said it."""
        name = tags.get("msgid", "")
        if command in ("PRIVMSG", "NOTICE"):
            text = _clear(_irc_text(command, params[1]))
            self._memory.see(text, name)
            if answered := tags.get("+draft/reply") or tags.get("+reply"):
                text = f"re {self._memory.of(answered)}: {text}"
        elif command == "TAGMSG":
            text = self._reaction(tags)
        elif command == "TOPIC":
            text = f"topic: {_clear(_coloured(params[1]))}"
        else:
            return None
        by_bridge = source.partition("!")[0] == self._bridge and text
        return Sight(text, name) if by_bridge else None

    def _reaction(self, tags: Mapping[str, str]) -> str:
        to = self._memory.of(tags.get("+draft/reply", ""))
        if emoji := tags.get("+draft/react"):
            return f"reacts to {to}: {emoji}"
        if emoji := tags.get("+draft/unreact"):
            return f"takes back its reaction to {to}: {emoji}"
        return ""


def _irc_text(command: str, text: str) -> str:
    if text.startswith("\x01ACTION"):
        return f"* {_coloured(text[8:].rstrip(chr(1)))}"
    return ("notice: " if command == "NOTICE" else "") + _coloured(text)


def _coloured(text: str) -> str:
    """Text with signs for its formatting codes."""
    out, at = [], 0
    signs: list[str] = []
    fore = back = None
    for code in (*_IRC_CODE.finditer(text), None):
        part = text[at : code.start() if code else None]
        if part and fore is not None and fore == back:
            part = f"||{part}||"
        elif part and fore is not None:
            part = f"{{{fore}:{part}}}"
        out.append("".join(signs) + part + "".join(reversed(signs)) if part else "")
        if code is None:
            break
        at, letter = code.end(), code[0][0]
        if letter == "\x03":
            fore, back = code[1], (code[2] or back) if code[1] else None
        elif letter == "\x0f":
            signs, fore, back = [], None, None
        elif sign := _IRC_SIGNS.get(letter):
            signs = [one for one in signs if one != sign] if sign in signs else [*signs, sign]
    return "".join(out).replace("****", "")


# -- XMPP

_CLIENT = "{jabber:client}"
_FALLBACK = "{urn:xmpp:fallback:0}"
_REPLY = "{urn:xmpp:reply:0}reply"


class XmppEyes:
    """Reads stanzas, as a client with answers, corrections, retractions and reactions does."""

    def __init__(self, bridge: str) -> None:
        self._bridge = bridge
        self._memory = _Memory()

    def see(self, element: ET.Element) -> Sight | None:
        """What a message shows, when the bridge has said it."""
        if element.get("type") != "groupchat":
            return None
        stanza = element.find("{urn:xmpp:sid:0}stanza-id")
        name = (stanza.get("id") if stanza is not None else "") or ""
        source = (element.get("from") or "").partition("/")[2]
        text = self._text(element, (name, f"{source} {element.get('id')}"), source)
        return Sight(text, name) if source == self._bridge and text else None

    def _text(self, element: ET.Element, names: tuple[str, str], source: str) -> str:
        retracted = element.find("{urn:xmpp:message-retract:1}retract")
        if retracted is not None:
            target = retracted.get("id") or ""
            known = target if target in self._memory.said else f"{source} {target}"
            return f"takes back {self._memory.of(known)}"
        reactions = element.find("{urn:xmpp:reactions:0}reactions")
        if reactions is not None:
            emojis = " ".join([one.text or "" for one in reactions]) or "nothing more"
            return f"reacts to {self._memory.of(reactions.get('id') or '')}: {emojis}"
        body = element.findtext(f"{_CLIENT}body")
        if body is None:
            subject = element.findtext(f"{_CLIENT}subject")
            return "" if subject is None else f"topic: {_clear(subject)}"
        return self._message(element, body, names, source)

    def _message(self, element: ET.Element, body: str, names: tuple[str, str], source: str) -> str:
        reply = element.find(_REPLY)
        if reply is not None:
            body = _unquoted(element, body)
        address = element.findtext("{jabber:x:oob}x/{jabber:x:oob}url")
        text = f"[file {address.rpartition('/')[2]}]" if address and address == body else _clear(body)
        if text.startswith("/me "):
            text = f"* {source} {text[4:]}"
        replaced = element.find("{urn:xmpp:message-correct:0}replace")
        if replaced is not None:
            before = f"{source} {replaced.get('id')}"
            quoted = self._memory.of(before)
            self._memory.change(before, text)
            return f"edit of {quoted}: {text}"
        self._memory.see(text, *names)
        return f"re {self._memory.of(reply.get('id') or '')}: {text}" if reply is not None else text


def _unquoted(element: ET.Element, body: str) -> str:
    """Without the words that are for clients that know no answers (XEP-0428)."""
    for fallback in element.iterfind(f"{_FALLBACK}fallback"):
        span = fallback.find(f"{_FALLBACK}body")
        if fallback.get("for") == "urn:xmpp:reply:0" and span is not None:
            return body[: int(span.get("start") or 0)] + body[int(span.get("end") or 0) :]
    return body


# -- Matrix

_FILES = ("m.image", "m.file", "m.audio", "m.video")
_STATES = {"m.room.topic": "topic", "m.room.name": "name"}


class MatrixEyes:
    """Reads events, as a client does that shows HTML."""

    def __init__(self, bridge: str) -> None:
        self._bridge = bridge
        self._memory = _Memory()
        self._reactions: dict[str, tuple[str, str]] = {}

    def see(self, event: Mapping[str, Any]) -> Sight | None:
        """What an event shows, when the bridge has said it."""
        name, content = str(event["event_id"]), event["content"]
        text = self._text(event, name, content)
        return Sight(text, name) if event["sender"] == self._bridge and text else None

    def _text(self, event: Mapping[str, Any], name: str, content: Mapping[str, Any]) -> str:
        relation = content.get("m.relates_to") or {}
        match event["type"]:
            case "m.room.message" if "body" in content:
                return self._message(name, content, relation)
            case "m.reaction":
                to, key = str(relation.get("event_id")), str(relation.get("key"))
                self._reactions[name] = (to, key)
                return f"reacts to {self._memory.of(to)}: {key}"
            case "m.room.redaction":
                gone = str(event.get("redacts") or content.get("redacts"))
                if gone in self._reactions:
                    to, key = self._reactions[gone]
                    return f"takes back its reaction to {self._memory.of(to)}: {key}"
                return f"takes back {self._memory.of(gone)}"
            case "m.room.topic" | "m.room.name" as kind:
                return f"{_STATES[kind]}: {content.get(_STATES[kind], '')}"
        return ""

    def _message(self, name: str, content: Mapping[str, Any], relation: Mapping[str, Any]) -> str:
        if relation.get("rel_type") == "m.replace":
            target = str(relation["event_id"])
            before, text = self._memory.of(target), _matrix_text(content["m.new_content"])
            self._memory.change(target, text)
            return f"edit of {before}: {text}"
        text = _matrix_text(content)
        self._memory.see(text, name)
        answered = (relation.get("m.in_reply_to") or {}).get("event_id")
        if relation.get("rel_type") == "m.thread":
            where = f"in the thread of {self._memory.of(str(relation['event_id']))}"
            falls_back = relation.get("is_falling_back")
            about = "" if falls_back else f", re {self._memory.of(str(answered))}"
            return f"{where}{about}: {text}"
        return f"re {self._memory.of(str(answered))}: {text}" if answered else text


def _matrix_text(content: Mapping[str, Any]) -> str:
    kind, body = content.get("msgtype"), str(content["body"])
    html = content.get("formatted_body")
    text = _clear(_visible(html) if html and "format" in content else body)
    if kind in _FILES:
        name = content.get("filename") or body
        caption = f": {text}" if body != name else ""
        text = f"[{str(kind).removeprefix('m.')} {name}]{caption}"
    return {"m.notice": "notice: ", "m.emote": "* "}.get(str(kind), "") + text


_SIGNS = {"strong": "**", "b": "**", "em": "_", "i": "_", "u": "__", "del": "~~", "s": "~~", "code": "`"}
_BLOCKS = {"p", "div", "ul", "ol", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_VOID = {"br", "img", "hr"}


@dataclass
class _Node:
    """An element; what it holds in order."""

    name: str
    attributes: Mapping[str, str | None]
    inside: list["_Node | str"] = field(default_factory=list)


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = _Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, dict(attrs))
        self._open[-1].inside.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if any(node.name == tag for node in self._open):
            while self._open.pop().name != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def _visible(html: str) -> str:
    tree = _Tree()
    tree.feed(html)
    tree.close()
    return "\n".join(_lines(tree.root))


def _lines(node: _Node) -> list[str]:
    """The lines of a block."""
    lines = [""]
    fresh = False
    for part in node.inside:
        if isinstance(part, _Node) and part.name in _BLOCKS:
            inside = _block(part, node)
            lines[-1:] = inside if fresh or not lines[-1] else [lines[-1], *inside]
            lines.append("")
            fresh = True
        elif isinstance(part, _Node) and part.name == "br":
            lines.append("")
            fresh = True
        else:
            lines[-1] += _inline(part)
            fresh = False
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


def _block(node: _Node, parent: _Node) -> list[str]:
    if node.name == "pre":
        text = "".join(_texts(node)).removesuffix("\n")
        return ["```", *text.split("\n"), "```"]
    lines = _lines(node)
    if node.name == "blockquote":
        return [f"> {line}" for line in lines]
    if node.name == "li":
        items = [one for one in parent.inside if isinstance(one, _Node)]
        number = int(parent.attributes.get("start") or 1) + items.index(node)
        sign = f"{number}. " if parent.name == "ol" else "• "
        return [sign + lines[0], *(f"  {line}" for line in lines[1:])]
    return lines


def _texts(node: _Node) -> Iterator[str]:
    for part in node.inside:
        if isinstance(part, str):
            yield part
        else:
            yield from _texts(part)


def _inline(part: _Node | str) -> str:
    if isinstance(part, str):
        return part
    text = "".join(map(_inline, part.inside))
    if "data-mx-profile-fallback" in part.attributes:
        return text  # bold to the eyes, and nobody's formatting: whose words they are
    if sign := _SIGNS.get(part.name):
        return f"{sign}{text}{sign}"
    if part.name == "a":
        href = part.attributes.get("href") or ""
        if href.startswith("https://matrix.to/#/@"):
            return f"[@ {text}]"
        return text if href == text else f"[{text}]({href})"
    if "data-mx-spoiler" in part.attributes:
        return f"||{text}||"
    if colour := part.attributes.get("data-mx-color"):
        return f"{{{colour}:{text}}}"
    return text
