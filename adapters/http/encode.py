"""Commands as programs read them: the JSON of matterbridge's API, and of webhooks."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from bridge import (
    Command,
    DeleteMessage,
    EditMessage,
    File,
    Kind,
    MessageId,
    SendMessage,
    Speaker,
    Txn,
    Unsupported,
)

__all__ = ["greeting", "line", "message", "name_of", "posted", "webhook"]

_EVENTS = {Kind.TEXT: "", Kind.EMOTE: "user_action", Kind.NOTICE: ""}
_US = "Hubbub"
"""The name that speaks where nobody else does: the words name whom they are from."""

_GIVEN = ("text", "username", "userid", "avatar", "event", "gateway", "parent_id")
"""The fields that a program chooses for its own message."""
_EMPTY: dict[str, object] = {
    "text": "",
    "channel": "",
    "username": "",
    "userid": "",
    "avatar": "",
    "account": "",
    "event": "",
    "protocol": "",
    "gateway": "",
    "parent_id": "",
    "timestamp": "",
    "id": "",
    "Extra": None,
}
"""The fields of matterbridge's `config.Message`, in its order."""


def name_of(txn: Txn) -> MessageId:
    """Return what a message is called: no dots, which a signature takes for the end of a name."""
    return MessageId("msg_" + str(txn).replace(".", "_"))


def message(command: Command, now: float, data: bytes = b"") -> dict[str, object]:
    """Return a command as matterbridge's `config.Message`; `data` is what its file holds. A message whose
    `id` was there before is the same one, with the words that it has now.

    Raises Unsupported.
    """
    match command:
        case SendMessage():
            fields = _fields(command, name_of(command.txn), command.at or now)
            fields["text"] = command.content.text
            fields["event"] = _EVENTS[command.kind]
            fields["parent_id"] = command.answered.part.id if command.answered is not None else ""
            if command.file is not None:
                fields["Extra"] = {"file": [_file(command.file, data)]}
            return fields
        case EditMessage():
            fields = _fields(command, command.target.id, now)
            return fields | {"text": command.content.text, "event": _EVENTS[command.kind]}
        case DeleteMessage():
            return _fields(command, command.target.id, now) | {"event": "msg_delete"}
        case _:
            raise Unsupported(f"programs are not told of {type(command).__name__}")


def _fields(command: Command, name: MessageId, at: float) -> dict[str, object]:
    network, user = _who(command.speaker)
    username = command.speaker.name if command.speaker.key else _US
    return {
        **_EMPTY,
        "username": username,
        "userid": user,
        "account": network,
        "protocol": network,
        "gateway": command.room,
        "timestamp": _time(at),
        "id": name,
    }


def _who(speaker: Speaker) -> tuple[str, str]:
    """Return whose network somebody is on, and what that calls them."""
    network, _, user = speaker.key.partition("/")
    return network, user


def _file(file: File, data: bytes) -> dict[str, object]:
    return {
        "Name": file.name,
        "Data": base64.b64encode(data).decode(),
        "Comment": "",
        "URL": "",
        "Size": file.size,
        "Avatar": False,
        "SHA": file.digest,
        "NativeID": "",
    }


def greeting(now: float) -> dict[str, object]:
    """Return what a stream begins with."""
    return {**_EMPTY, "event": "api_connected", "timestamp": _time(now)}


def posted(given: Mapping[str, object], network: str, name: str, now: float) -> dict[str, object]:
    """Return what a program posted as it is answered, without the bytes of its files, and shown to others."""
    return {
        **_EMPTY,
        **{key: said if isinstance(said := given.get(key), str) else "" for key in _GIVEN},
        "channel": "api",
        "protocol": "api",
        "account": network,
        "timestamp": _time(now),
        "id": name,
    }


def webhook(command: Command, fields: Mapping[str, object]) -> tuple[str, bytes]:
    """Return a command's `webhook-id`, and its body. Sent again, a command has the same id as long as it says
    the same.
    """
    kind = {SendMessage: "created", EditMessage: "edited", DeleteMessage: "removed"}[type(command)]
    said = json.dumps({key: value for key, value in fields.items() if key != "timestamp"}, sort_keys=True)
    name = f"{name_of(command.txn)}_{hashlib.sha256(said.encode()).hexdigest()[:8]}"
    body = {"type": f"message.{kind}", "timestamp": fields["timestamp"], "data": fields}
    return name, line(body).encode()


def line(fields: Mapping[str, object]) -> str:
    """Return it in one line of JSON."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
