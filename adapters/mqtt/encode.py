"""Commands as what is published; pure."""

import json

from bridge import Kind, SendMessage

from .decode import MARK, Stamp, TopicForm

__all__ = ["payload"]


def payload(command: SendMessage, mark: Stamp, config: TopicForm) -> bytes:
    """Return a message. In JSON it bears its mark, and the author's name unless the bridge speaks itself."""
    text = command.content.text
    if config.payload == "text":
        return text.encode()
    body: dict[str, object] = {config.text_key: text, MARK: str(mark)}
    if command.speaker.account is not None:
        body = {config.name_key: command.speaker.name, **body}
    if command.kind is not Kind.TEXT:
        body["kind"] = command.kind
    if command.at is not None:
        body["at"] = command.at
    return json.dumps(body, ensure_ascii=False).encode()
