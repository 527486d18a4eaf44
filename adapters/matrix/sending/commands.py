"""Carries out commands: each is one event, but reactions are as many as change."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from adapters.matrix.client.api import MatrixClient
from adapters.matrix.client.errors import Duplicate, Forbidden, NotMatrix, NotThere
from adapters.matrix.encode import encode, is_key, reaction_of, redaction_of, topic_of
from adapters.matrix.files.content import Uploaded, fields, fields_of
from adapters.matrix.session import Session
from adapters.matrix.untrusted import id_of, listed, mapping, text_of
from bridge import (
    Command,
    DeleteMessage,
    EditMessage,
    MessageId,
    Part,
    Rejected,
    RoomUnavailable,
    SendMessage,
    SetReactions,
    SetTopic,
    Txn,
)

from .reactions import Ours, bare

__all__ = ["Voice", "perform"]

log = logging.getLogger(__name__)

_PAGES = 20
"""Pages of a hundred reactions each, in which ours are looked for; one that is not found stays."""
_MOST_REACTIONS = 50


@dataclass(frozen=True, slots=True)
class Voice:
    """One of us: our own account, or somebody from elsewhere who has one here."""

    client: MatrixClient
    user: str


async def perform(
    voice: Voice, session: Session, wire: str, command: Command, uploaded: Uploaded | None = None
) -> Part | None:
    """Let one of us do what a command says, as far as it is not done yet. Raises AdapterErrors; Forbidden
    does not tell what is forbidden.

    Done again, after it broke off or twice, it gives the same.
    """
    client = voice.client
    match command:
        case SendMessage():
            return Part(MessageId(await _say(client, session, wire, command, uploaded)))
        case EditMessage():
            file = await _file_of(client, session, wire, command.target.id)
            return Part(MessageId(await client.say(wire, encode(command, file), command.txn)))
        case DeleteMessage():
            await _remove(voice, wire, command)
            return None
        case SetReactions():
            await _set_reactions(voice, session, wire, command)
            return None
        case SetTopic():
            return Part(MessageId(await _set_topic(client, session, wire, command)))
    assert_never(command)


async def _say(
    client: MatrixClient, session: Session, wire: str, command: SendMessage, uploaded: Uploaded | None
) -> str:
    """Send a message; where the server takes no thread on its root, as a reply to that."""
    file = fields(command.file, uploaded) if command.file is not None and uploaded is not None else {}
    content = encode(command, file)
    try:
        name = await client.say(wire, content, command.txn)
    except Rejected:
        if command.thread is None:
            raise
        content["m.relates_to"] = {"m.in_reply_to": content["m.relates_to"]["m.in_reply_to"]}
        name = await client.say(wire, content, command.txn)
    session.reactions.said(name)
    session.files.said(name, file)
    return name


async def _file_of(client: MatrixClient, session: Session, wire: str, event: str) -> Mapping[str, Any]:
    """Return the fields of the file of a message of ours; the server knows those from before our start."""
    file = session.files.of(event)
    if file is None:
        file = fields_of(mapping(mapping(await client.event(wire, event)).get("content")))
        session.files.said(event, file)
    return file


async def _set_topic(client: MatrixClient, session: Session, wire: str, command: SetTopic) -> str:
    try:
        return await client.set_state(wire, "m.room.topic", topic_of(command.topic, command.txn))
    except Forbidden as error:
        raise Forbidden(
            f"{command.room} does not let {session.own} set its topic: raise its power level there ({error})",
            error.retry_after,
        ) from None


async def _remove(voice: Voice, wire: str, command: DeleteMessage) -> None:
    """Remove a message of ours, and then its edits: the server would keep their words."""
    client = voice.client
    target, txn = command.target.id, command.txn
    edits: Sequence[Any] = ()
    try:
        edits = await client.edits(wire, target)
    except (RoomUnavailable, Rejected, NotMatrix) as error:
        log.debug("the edits of %s in %s are not known: %s", target, wire, error)
    await _redact(client, wire, target, txn, command.reason)
    for event in map(mapping, edits):
        name = id_of(event.get("event_id"))
        if name and event.get("sender") == voice.user:
            await _redact(client, wire, name, _derived(txn, name), command.reason)


async def _redact(client: MatrixClient, wire: str, event: str, txn: Txn, reason: str = "") -> None:
    """Redact an event of ours; one that is gone already is fine."""
    try:
        await client.redact(wire, event, redaction_of(reason, txn), txn)
    except NotThere:
        return
    except Forbidden:
        if await _is_there(client, wire, event):
            raise


async def _set_reactions(voice: Voice, session: Session, wire: str, command: SetReactions) -> None:
    """Make our reactions these; after an error, ours are looked up the next time."""
    target = command.target.id
    try:
        ours = session.reactions.take(target, voice.user)
        if ours is None:
            ours = await _look(voice, session, wire, target)
        now = await _change(voice.client, session, wire, command, ours)
    except NotThere:
        return  # the message is gone
    except Forbidden:
        if await _is_there(voice.client, wire, target):
            raise
        return
    if all(now.values()):
        session.reactions.keep(target, voice.user, now)


async def _change(
    client: MatrixClient, session: Session, wire: str, command: SetReactions, ours: Ours
) -> Ours:
    """Send what is missing, redact what is too much. Returns what is left; no event: it is not known."""
    target, txn = command.target.id, command.txn
    now: Ours = {}
    for key in filter(is_key, command.emojis[:_MOST_REACTIONS]):
        if (name := bare(key)) in now:
            continue
        now[name] = ours.get(name, [])[:1]
        if not now[name]:
            content = reaction_of(target, session.reactions.written(key), txn)
            try:
                now[name] = [await client.say(wire, content, _derived(txn, name), "m.reaction")]
            except Duplicate:
                continue
    for name, events in ours.items():
        for event in events[1:] if name in now else events:
            await _redact(client, wire, event, _derived(txn, event))
    return now


async def _look(voice: Voice, session: Session, wire: str, target: str) -> Ours:
    """Return our own reactions to an event, as the server has them ("Relationships API")."""
    ours: Ours = {}
    start: str | None = None
    for _ in range(_PAGES):
        page = await voice.client.reactions(wire, target, start)
        for event in map(mapping, listed(page.get("chunk"))):
            key = mapping(mapping(event.get("content")).get("m.relates_to")).get("key")
            name = id_of(event.get("event_id"))
            if not name or not isinstance(key, str):
                continue
            if event.get("sender") == voice.user:
                ours.setdefault(bare(key), []).append(name)
            elif is_key(key):
                session.reactions.seen(key)
        following = text_of(page.get("next_batch"))
        if not following or following == start:
            break
        start = following
    return ours


async def _is_there(client: MatrixClient, wire: str, event: str) -> bool:
    """Whether an event still has its content. Raises Forbidden when we are not in the room."""
    seen = await client.event(wire, event)
    return seen is not None and "redacted_because" not in mapping(seen.get("unsigned"))


def _derived(txn: Txn, what: str) -> Txn:
    """Return the txn of one request of a command: the same whenever the request is made again."""
    return Txn(f"{txn}.{hashlib.blake2b(what.encode(), digest_size=8).hexdigest()}")
