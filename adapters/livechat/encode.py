"""Lines of a chat as its visitor's browser reads them. Pure."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from bridge.desk import ChatLine, final

__all__ = ["frame", "passing", "shown", "written"]


def shown(line: ChatLine) -> dict[str, object]:
    """Return a line as an event of the wire, for the visitor whose chat it is."""
    body = line.body
    event: dict[str, object] = {"n": line.n, "kind": line.kind, "at": round(line.at, 3)}
    if line.kind == "said":
        event["by"] = str(line.by)
    if body.file is not None:
        event["file"] = {"name": body.file.name, "type": body.file.type, "size": body.file.size}
    more = {
        "name": line.name,
        "key": line.key,
        "text": body.own or body.text,
        "of": body.of,
        "answers": body.answers,
        "state": body.state,
        "position": body.position,
        "agent": body.agent,
    }
    return event | {name: value for name, value in more.items() if value}


def frame(line: ChatLine) -> bytes:
    """Return a line as a server-sent event, whose id is its number."""
    return b"id: %d\ndata: %b\n\n" % (line.n, _json(shown(line)))


def passing(typing: bool, name: str) -> bytes:
    """Return that somebody writes, or no longer does, which has no number."""
    return b"data: %b\n\n" % _json({"kind": "typing", "typing": typing, "name": name})


def _json(event: dict[str, object]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def written(lines: Sequence[ChatLine]) -> str:
    """Return a chat as a text for its visitor, a paragraph for each line."""
    out = []
    for line, words in final(lines):
        text = line.body.own or words
        if line.body.file is not None:
            text = f"{text} [{line.body.file.name}]".strip()
        at = datetime.fromtimestamp(line.at, UTC)
        out.append(f"{at:%Y-%m-%d %H:%M} UTC  {line.name or line.by}: {text}")
    return "\n".join(out) + "\n"
