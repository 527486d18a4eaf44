"""Work that a browser does before it may begin a chat: a second for one, and much for who begins thousands.

It looks for a number so that SHA-256 of `SEED:NUMBER` begins with so many zero bits (hashcash). A seed is
good for one address and an hour, and once; we keep none before it is spent.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from bridge import SYSTEM, Clock

__all__ = ["Proofs"]

_GOOD = 3600.0
"""Seconds for which a seed is good: somebody reads, and fills in a form, meanwhile."""
_LONGEST = 100
"""Characters of a seed or an answer."""


class Proofs:
    """Sets tasks, and looks at answers."""

    def __init__(self, bits: int, clock: Clock = SYSTEM) -> None:
        """Ask for so many zero bits: each doubles the work."""
        self._bits = bits
        self._clock = clock
        self._key = secrets.token_bytes(32)
        """Of this run alone: what was spent before it is good for nothing now."""
        self._spent: dict[str, float] = {}
        """When each seed was spent, the first first."""

    def set(self, address: str) -> dict[str, object]:
        """Return a task for the browser of an address (its hash)."""
        stamp = f"{int(self._clock.monotonic()):x}.{secrets.token_hex(8)}"
        return {"seed": f"{stamp}.{self._seal(stamp, address)}", "bits": self._bits}

    def spend(self, address: str, proof: Mapping[str, object]) -> bool:
        """Whether somebody has done a task that was set for this address: once, and soon enough."""
        seed, answer = proof.get("seed"), proof.get("answer")
        if not (isinstance(seed, str) and isinstance(answer, str)) or len(seed) + len(answer) > _LONGEST:
            return False
        if not self._is_good(seed, address) or not self._is_solved(seed, answer):
            return False
        now = self._clock.monotonic()
        while self._spent and now - next(iter(self._spent.values())) > _GOOD:
            del self._spent[next(iter(self._spent))]
        if seed in self._spent:
            return False
        self._spent[seed] = now
        return True

    def _seal(self, stamp: str, address: str) -> str:
        return hmac.digest(self._key, f"{stamp} {address}".encode(), hashlib.sha256)[:16].hex()

    def _is_good(self, seed: str, address: str) -> bool:
        stamp, _, seal = seed.rpartition(".")
        if not hmac.compare_digest(seal.encode(errors="replace"), self._seal(stamp, address).encode()):
            return False
        return self._clock.monotonic() - int(stamp.partition(".")[0], 16) <= _GOOD

    def _is_solved(self, seed: str, answer: str) -> bool:
        digest = hashlib.sha256(f"{seed}:{answer}".encode(errors="replace")).digest()
        return int.from_bytes(digest) >> (256 - self._bits) == 0
