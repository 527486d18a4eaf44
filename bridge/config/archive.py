"""What is archived, as a person writes it: of one conversation, and for all of them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .block import Model
from .values import Duration, File

__all__ = ["Archive", "ArchiveRules"]


class ArchiveRules(Model):
    """What is archived of a conversation, and for how long."""

    keep: Annotated[Duration, Field(gt=0, examples=["90d", "2y"], description="How long it is kept.")]
    text: Annotated[
        bool,
        Field(description="Whether what people say is kept, or only that, when, where and by whom."),
    ] = True
    files: Annotated[
        bool, Field(description="Whether the files that people send are kept, or only what they are called.")
    ] = False

    @model_validator(mode="after")
    def _files_come_with_words(self) -> "ArchiveRules":
        if self.files and not self.text:
            raise ValueError("files: true needs text: true, since a file is part of what somebody said")
        return self


class Archive(Model):
    """The archive of the conversations that have `archive:` themselves; without one there is none."""

    file: Annotated[
        File | None,
        Field(
            description="The archive's file; relative to this one. By default it is beside the journal, and "
            "named after it with `-archive`. Files that are kept are in a folder beside it.",
            examples=["/srv/hubbub/archive.sqlite3"],
        ),
    ] = None
    search: Annotated[
        Literal["since_joined", "all", "nobody"],
        Field(
            description="What people in a room may find with `!search`: what was said `since_joined`, `all` "
            "of the conversation, or nothing (`nobody`)."
        ),
    ] = "since_joined"

    def located(self, folder: Path, journal: Path) -> "Archive":
        """Return the same with the file's whole name; `folder` is that of the configuration."""
        beside = journal.with_name(f"{journal.stem}-archive{journal.suffix}")
        found = folder / self.file.expanduser() if self.file else beside
        return self.model_copy(update={"file": found})
