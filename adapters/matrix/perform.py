"""Commands carried out: each is one event, but for reactions, which are as many as change."""

import hashlib
import logging
from typing import assert_never

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
    Txn,
)

from .answers import Duplicate, NotThere
from .client import Client
from .decode import id_of, listed, mapping, text_of
from .encode import encode, is_key, reaction_of, redaction_of

__all__ = ["perform"]

log = logging.getLogger(__name__)

_PAGES = 20
"""Of a hundred reactions each, among which ours are looked for."""
_MOST_REACTIONS = 50
_VARIATIONS = str.maketrans("", "", "\ufe0e\ufe0f")


async def perform(client: Client, wire: str, own: str, command: Command, network: str) -> Part | None:
    """Do what a command says, where nothing of it is done yet. Raises AdapterErrors.

    To begin anew after it broke off, or to do it twice, gives the same.
    """
    match command:
        case SendMessage() | EditMessage():
            return Part(MessageId(await client.say(wire, encode(command, network), command.txn)))
        case DeleteMessage():
            await _redact(client, wire, command.target.id, command.txn, command.reason)
            return None
        case SetReactions():
            await _react(client, wire, own, command)
            return None
    assert_never(command)


async def _redact(client: Client, wire: str, event: str, txn: Txn, reason: str = "") -> None:
    """Take an event of ours back; what is gone already is fine."""
    try:
        await client.redact(wire, event, redaction_of(reason, txn), txn)
    except NotThere:
        return
    except RoomUnavailable as error:
        if await _is_there(client, wire, event):
            raise Rejected(str(error)) from None


async def _react(client: Client, wire: str, own: str, command: SetReactions) -> None:
    """Let our reactions be these: send what is missing, take back what is too much."""
    target, txn = command.target.id, command.txn
    wanted: dict[str, str] = {}
    for key in filter(is_key, command.emojis[:_MOST_REACTIONS]):
        wanted.setdefault(_bare(key), key)
    try:
        ours, shown = await _reactions(client, wire, target, own)
        for bare, key in wanted.items():
            if bare not in ours:
                # As others wrote it, for clients count only what is written alike as one reaction.
                content = reaction_of(target, shown.get(bare, key), txn)
                await _say_once(client, wire, content, _derived(txn, bare))
    except NotThere:
        return  # there is no such message any more
    except RoomUnavailable as error:
        if await _is_there(client, wire, target):
            raise Rejected(str(error)) from None
        return
    for bare, events in ours.items():
        for event in events[1:] if bare in wanted else events:
            await _redact(client, wire, event, _derived(txn, event))


async def _say_once(client: Client, wire: str, content: dict[str, object], txn: Txn) -> None:
    try:
        await client.say(wire, content, txn, "m.reaction")
    except Duplicate:
        log.debug("a reaction in %s is there already", wire)


async def _reactions(
    client: Client, wire: str, target: str, own: str
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Our own reactions to an event, and how everybody's are written; by what they are without variations.

    Among very many reactions not all are looked at: one of ours that is not found stays.
    """
    ours: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    start: str | None = None
    for _ in range(_PAGES):
        page = await client.reactions(wire, target, start)
        for event in map(mapping, listed(page.get("chunk"))):
            key = mapping(mapping(event.get("content")).get("m.relates_to")).get("key")
            if not isinstance(key, str) or not key:
                continue
            if event.get("sender") == own and (name := id_of(event.get("event_id"))):
                ours.setdefault(_bare(key), []).append(name)
            elif is_key(key):
                shown.setdefault(_bare(key), key)
        following = text_of(page.get("next_batch"))
        if not following or following == start:
            break
        start = following
    return ours, shown


async def _is_there(client: Client, wire: str, event: str) -> bool:
    """Whether an event is there with its content. Raises RoomUnavailable when we are not in the room.

    A refusal may be for the room or for the event alone: a room that forbids its members to react or to
    redact must not keep back what can be said in it.
    """
    seen = await client.event(wire, event)
    return seen is not None and "redacted_because" not in mapping(seen.get("unsigned"))


def _bare(key: str) -> str:
    """A reaction without variation selectors: most clients send some, others none, and mean the same."""
    return key.translate(_VARIATIONS)


def _derived(txn: Txn, what: str) -> Txn:
    """The txn of one request among those of a command: the same whenever it is made again."""
    return Txn(f"{txn}.{hashlib.blake2b(what.encode(), digest_size=8).hexdigest()}")
