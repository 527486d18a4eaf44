"""How the archive is made to stand as evidence, as a person writes it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from .block import Model
from .values import File, Line, WebAddress

__all__ = ["Stamps", "Witness"]


class Stamps(Model):
    """An authority that says when a checkpoint was there (RFC 3161)."""

    url: Annotated[
        WebAddress, Field(description="Where it is asked.", examples=["https://tsa.example.org/tsr"])
    ]
    ca: Annotated[
        File,
        Field(
            description="The authority's own certificate, or that of who vouches for it, in PEM; relative to "
            "this file.",
            examples=["authority.pem"],
        ),
    ]

    def located(self, folder: Path) -> "Stamps":
        """Return the same with the file's whole name; `folder` is that of the configuration."""
        return self.model_copy(update={"ca": folder / self.ca.expanduser()})


class Witness(Model):
    """A room that is told each checkpoint."""

    network: Annotated[Line, Field(description="Its network.")]
    room: Annotated[Line, Field(description="The room, as `conversations` has it.")]
