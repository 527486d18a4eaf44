"""The rules by which visitors may send files."""

from typing import Annotated

from pydantic import Field

from bridge import Model, Size

__all__ = ["FileRules"]

_LARGEST = 100_000_000


class FileRules(Model):
    """The files that a desk takes from visitors."""

    types: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/webp",
        "application/pdf",
        "text/plain",
    )
    """Media types, by what is in a file; `image/*` is any picture."""
    most: Annotated[Size, Field(ge=1000, le=_LARGEST)] = 5_000_000
    """The size of one file."""
