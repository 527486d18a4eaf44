"""Checkpoints: once in a while the heads of all chains that moved are signed, and so all entries before them.

A round's body is JSON, and what is signed are its bytes: `round` (its number, from 1), `at`, `previous` (the
SHA-256 digest of the body before), `gateway` (a random name of this archive), `key` (the public half of the
key that signs it), `size` and `root` (of the tree over the heads, `chain.root_of`, in the order of their
conversations' numbers). One with `next_key` says which key signs from then on, and is over no chain.
"""

import json
import secrets
from collections.abc import Sequence

from bridge.archive.chain import audit_path, head_of, root_of
from bridge.archive.store import ConversationInfo, Head, Reader, Round, Store
from bridge.errors import ArchiveError

from .keys import KeyFile, SigningKey
from .verifier.arithmetic import digest
from .verifier.reading import UnreadablePart, read_json

__all__ = [
    "body_of",
    "checkpoint",
    "gateway",
    "key_that_signs",
    "last_round",
    "path_of",
    "rotate",
    "unstamped",
]

_KIND = "evidence"
_AT_ONCE = 20
"""So many rounds are read at once, with their stamps."""
_SIGNED = "signed"
"""The note that has the last round's number, and up to where each chain was signed: what spares a look at all
of them. Where it is behind, something is signed twice, which does no harm.
"""


def checkpoint(store: Store, keys: KeyFile, at: float) -> Round | None:
    """Sign all chains that moved since the last time. Returns what was signed; None: none moved.

    `at` is in seconds since 1970. Raises ArchiveError.
    """
    number, signed = _signed(store)
    with store.reader() as reader:
        infos, last = reader.conversations(), _last(reader, number)
    moved = [one for one in infos if one.position > signed.get(one.number, 0)]
    if not moved:
        return None
    leaves = [head_of(one.chain, one.position, one.link) for one in moved]
    key = keys.key(key_that_signs(last))
    made = _made(store, key, last, at, size=len(leaves), root=root_of(leaves).hex())
    store.put_round(made, [Head(one.number, one.position, one.link) for one in moved])
    _note(store, made.number, signed | {one.number: one.position for one in moved})
    return made


def rotate(store: Store, keys: KeyFile, at: float) -> SigningKey:
    """Let another key sign from now on, which the one before signs. Returns it. Raises ArchiveError."""
    number, signed = _signed(store)
    with store.reader() as reader:
        last = _last(reader, number)
    key, follower = keys.key(key_that_signs(last)), keys.follower()
    made = _made(store, key, last, at, size=0, next_key=follower.public.hex())
    store.put_round(made)
    keys.follow()
    _note(store, made.number, signed)
    return follower


def last_round(reader: Reader) -> Round | None:
    """Return what was signed last; None: nothing was yet."""
    return _last(reader, _read(reader.note(_KIND, _SIGNED))[0])


def unstamped(reader: Reader) -> int:
    """Return how many of the last checkpoints no stamp is over: one covers all before it."""
    made, count = last_round(reader), 0
    last = made.number if made is not None else 0
    while found := reader.rounds(first=max(1, last - _AT_ONCE + 1), last=last):
        for one in reversed(found):
            if one.stamp is not None:
                return count
            count += 1
        last -= _AT_ONCE
    return count


def key_that_signs(last: Round | None) -> bytes | None:
    """Return the public half of the key that has to sign behind a round. Raises ArchiveError."""
    if last is None:
        return None
    try:
        body = read_json(last.body)
        return bytes.fromhex(str(body.get("next_key", body.get("key"))))
    except (UnreadablePart, ValueError) as error:
        raise ArchiveError(
            f"checkpoint {last.number} of the archive is damaged: put the archive back from a backup"
        ) from error


def gateway(store: Store) -> str:
    """Return the random name of this archive, which says nothing about it."""
    if (known := store.note(_KIND, "gateway")) is None:
        known = secrets.token_hex(16).encode()
        store.put_note(_KIND, "gateway", known)
    return known.decode()


def body_of(**said: str | float) -> bytes:
    """Return the bytes that are signed."""
    return json.dumps({"version": 1, **said}, sort_keys=True, separators=(",", ":")).encode()


def path_of(
    conversation: ConversationInfo, heads: Sequence[Head], chains: dict[int, bytes]
) -> tuple[int, list[bytes]]:
    """Return the place of a conversation's head in the tree, from 0, and its audit path. `chains`: the ids of
    the chains, by the numbers of their conversations.
    """
    leaves = [head_of(chains[head.conversation], head.position, head.link) for head in heads]
    number = [head.conversation for head in heads].index(conversation.number)
    return number, audit_path(leaves, number)


def _made(store: Store, key: SigningKey, last: Round | None, at: float, **said: str | float) -> Round:
    number = 1 if last is None else last.number + 1
    before = "" if last is None else digest(last.body).hex()
    said |= {"round": number, "at": at, "previous": before, "gateway": gateway(store)}
    body = body_of(key=key.public.hex(), **said)
    return Round(number, at, body, key.sign(body))


def _last(reader: Reader, number: int) -> Round | None:
    found = reader.rounds(first=number) or reader.rounds()
    return found[-1] if found else None


def _signed(store: Store) -> tuple[int, dict[int, int]]:
    return _read(store.note(_KIND, _SIGNED))


def _read(note: bytes | None) -> tuple[int, dict[int, int]]:
    try:
        known = json.loads(note or b"{}")
        return int(known["round"]), {int(one): int(place) for one, place in known["places"].items()}
    except (ValueError, AttributeError, TypeError, KeyError):
        return 1, {}


def _note(store: Store, number: int, signed: dict[int, int]) -> None:
    store.put_note(_KIND, _SIGNED, json.dumps({"round": number, "places": signed}).encode())
