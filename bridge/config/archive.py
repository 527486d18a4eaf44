"""What is archived, as a person writes it: of one conversation, and for all of them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from .block import Model
from .evidence import Stamps, Witness
from .filing import DailyMail, TagName
from .mail import Mail
from .values import Duration, File, Line
from .words import nearest, quoted

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
    checkpoint: Annotated[
        Duration,
        Field(ge=60, description="How often it is signed what stands in the archive, once something does."),
    ] = 3600.0
    stamps: Annotated[
        Stamps | None, Field(description="An authority that says when a checkpoint was there (RFC 3161).")
    ] = None
    witness: Annotated[
        Witness | None,
        Field(description="A room that is told each checkpoint: best on a network that others run."),
    ] = None
    tags: Annotated[
        dict[TagName, Annotated[Duration, Field(gt=0)]],
        Field(
            description="How long what has a tag is kept, in place of `keep`: of several tags the longest. "
            "By default as long as the rest.",
            examples=[{"offer": "10y"}],
        ),
    ] = Field(default_factory=dict)
    searches: Annotated[
        dict[Line, Line],
        Field(
            description="Saved searches, each under a name; by default none.",
            examples=[{"offers": "tag:offer"}],
        ),
    ] = Field(default_factory=dict)
    mail: Annotated[
        Mail | None,
        Field(description="The server that sends the digest, if it is not that of `mail:` at the top."),
    ] = None
    digest: Annotated[
        DailyMail | None, Field(description="A daily mail with what saved searches newly found.")
    ] = None

    @model_validator(mode="after")
    def _has_what_its_digest_tells(self) -> "Archive":
        if self.digest is None:
            return self
        if not self.searches:
            raise ValueError("digest needs searches: what it tells of")
        for name in self.digest.searches or ():
            if name not in self.searches:
                raise ValueError(f"digest: there is no search {quoted(name)}{nearest(name, self.searches)}")
        return self

    def located(
        self, folder: Path, journal: Path, witness: Witness | None = None, mail: Mail | None = None
    ) -> "Archive":
        """Return the same with the file's whole name; `folder` is that of the configuration, `witness` the
        one whose room is known, `mail` what sends where the archive has nothing of its own.
        """
        beside = journal.with_name(f"{journal.stem}-archive{journal.suffix}")
        found = folder / self.file.expanduser() if self.file else beside
        stamps = self.stamps and self.stamps.located(folder)
        sends = self.mail.located(folder) if self.mail is not None else mail
        changed = {"file": found, "stamps": stamps, "witness": witness or self.witness, "mail": sends}
        return self.model_copy(update=changed)
