"""What every block of the configuration is."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from .around import Around, Idle
from .claim import Claim

__all__ = ["Model"]


class Model(BaseModel):
    """A block of the configuration: strict about keys, immutable once read, secrets never printed.

    The docstring of a key is its sentence in the schema and in docs/settings.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    example: ClassVar[str] = ""
    """How people write a room, of the block of a room: `#lobby`."""

    def does_nothing(self, around: Around) -> Idle:
        """Yield what stands here, in the block of a room, and does nothing as things are, each key with what
        to do.
        """
        yield from ()

    def claims(self) -> Mapping[str, Claim]:
        """Return what a network has for itself, so that two of one map cannot both have it, each under the
        key that names it: a port at which it listens, a name by which a server knows it.
        """
        return {}
