"""Answers what is asked about evidence, where the archive is written."""

from collections.abc import Callable, Mapping
from typing import Any

from bridge.archive.process.questions import Inquiry
from bridge.archive.store import Reader, Round, Store
from bridge.errors import ArchiveError

from .checkpoints import checkpoint, last_round, rotate
from .keys import KeyFile
from .questions import KeepStamp, KeepWitness, LatestCheckpoint, MakeCheckpoint, RotateKey, SignedRound
from .verifier.arithmetic import digest

__all__ = ["CHANGES"]


def _make(store: Store, asked: MakeCheckpoint) -> SignedRound | None:
    made = checkpoint(store, KeyFile(store.file), asked.at)
    return made and _told(made)


def _rotate(store: Store, asked: RotateKey) -> str:
    return rotate(store, KeyFile(store.file), asked.at).fingerprint


def _latest(store: Store, _: LatestCheckpoint) -> SignedRound | None:
    with store.reader() as reader:
        made = last_round(reader)
    return made and _told(made)


def _keep_stamp(store: Store, asked: KeepStamp) -> None:
    from .stamps import StampQuestion, check_stamp, read_authority  # with the library for certificates

    with store.reader() as reader:
        made = _round(reader, asked.number)
    question = StampQuestion(digest(made.body), asked.nonce)
    check_stamp(asked.reply, question, read_authority(asked.authority))
    store.put_round(made._replace(stamp=asked.reply))


def _keep_witness(store: Store, asked: KeepWitness) -> None:
    with store.reader() as reader:
        made = _round(reader, asked.number)
    store.put_round(made._replace(witness=asked.witness))


def _round(reader: Reader, number: int) -> Round:
    found = reader.rounds(first=number, last=number)
    if not found:
        raise ArchiveError(f"the archive has no checkpoint {number:,}")
    return found[0]


def _told(made: Round) -> SignedRound:
    return SignedRound(
        made.number, made.at, digest(made.body).hex(), made.stamp is not None, made.witness or ""
    )


CHANGES: Mapping[type[Inquiry[Any]], Callable[[Store, Any], Any]] = {
    LatestCheckpoint: _latest,
    MakeCheckpoint: _make,
    RotateKey: _rotate,
    KeepStamp: _keep_stamp,
    KeepWitness: _keep_witness,
}
"""All in order, one after the other."""
