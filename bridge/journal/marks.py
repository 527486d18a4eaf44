"""What only the holder of a journal's key can make: the marks that our messages bear, and keys for others."""

import hashlib

from bridge.model import Txn

from .api import Recall
from .records import Delivery

__all__ = ["Keyed"]


class Keyed(Recall):
    """Gives and knows marks."""

    _key: bytes

    def txn(self, delivery: Delivery) -> Txn:
        number = f"{delivery.seq:x}.{delivery.room:x}.{delivery.progress.place:x}"
        return Txn(f"{number}.{self._hash(number)}")

    def is_ours(self, mark: str) -> bool:
        number, _, found = mark.rpartition(".")
        return found == self._hash(number)

    def secret(self, purpose: bytes) -> bytes:
        return hashlib.blake2b(purpose, key=self._key, digest_size=32).digest()

    def _hash(self, number: str) -> str:
        return hashlib.blake2b(number.encode(), key=self._key, digest_size=8).hexdigest()
