"""Keeps what was signed: rounds, and the heads of the chains that each was over."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Head", "Round", "heads_about", "heads_of", "read_rounds", "write_round"]


class Round(NamedTuple):
    """What was signed at once."""

    number: int
    """From 1."""
    at: float
    body: bytes
    signature: bytes
    stamp: bytes | None = None
    """An authority's stamp over the body, raw as it came (RFC 3161)."""
    witness: str | None = None
    """Where it was posted."""


class Head(NamedTuple):
    """How far a chain went."""

    conversation: int
    position: int
    link: bytes


_ROUND = "SELECT number, at, body, signature, stamp, witness FROM round "


def read_rounds(database: sqlite3.Connection, *, first: int = 1, last: int | None = None) -> list[Round]:
    """Return rounds in order, from the one number to the other."""
    where = "WHERE number >= ? AND number <= ? ORDER BY number"
    found = database.execute(_ROUND + where, (first, 1 << 62 if last is None else last))
    return [Round(*row) for row in found]


def heads_of(database: sqlite3.Connection, number: int) -> list[Head]:
    """Return the heads of a round, in the order of their conversations' numbers."""
    where = "SELECT conversation, position, link FROM head WHERE round = ? ORDER BY conversation"
    return [Head(*row) for row in database.execute(where, (number,))]


def heads_about(database: sqlite3.Connection, conversation: int) -> list[tuple[int, Head]]:
    """Return the heads of one conversation, each with the number of its round, in order."""
    where = "SELECT round, conversation, position, link FROM head WHERE conversation = ? ORDER BY round"
    return [(row[0], Head(*row[1:])) for row in database.execute(where, (conversation,))]


def write_round(database: sqlite3.Connection, made: Round, heads: Sequence[Head]) -> None:
    """Write a round, or what became of it since: its stamp and its witness."""
    database.execute(
        "INSERT INTO round VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET "
        "stamp = excluded.stamp, witness = excluded.witness",
        made,
    )
    rows = [(made.number, *head) for head in heads]
    database.executemany("INSERT OR IGNORE INTO head VALUES (?, ?, ?, ?)", rows)
