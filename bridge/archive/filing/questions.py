"""Questions to the archive's process about filing and about people, and its answers.

Points in time are in seconds since 1970, people are `network/id`. `by` is who asks in a room; empty: the
owner.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from bridge.archive.persons.finding import KnownPerson
from bridge.archive.process.questions import Inquiry

from .holds import LegalHold
from .tags import Tagged

__all__ = [
    "AddHold",
    "Chores",
    "ErasePeople",
    "EraseTalk",
    "ErasureReport",
    "FileTalk",
    "FilingRules",
    "FilingStanding",
    "FindPeople",
    "HeldBack",
    "HoldsKept",
    "HowItStands",
    "IsFiled",
    "KeptConversation",
    "ListHolds",
    "ListTags",
    "PeopleFound",
    "PutTag",
    "ReleaseHold",
    "TagChange",
    "TagsKept",
    "TakeTag",
    "TalkErased",
    "TalkMeant",
    "Which",
]


class FilingRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration says of filing."""

    tags: Mapping[str, float] = {}
    """For how many seconds what has a tag is kept."""
    searches: Mapping[str, str] = {}
    mail: Mapping[str, Any] | None = None
    """As in the configuration (`Mail`), with its password."""
    digest: Mapping[str, Any] | None = None


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are meant, in one of these ways."""

    conversations: tuple[str, ...] = ()
    """Only in these; empty: in all that have it."""
    seq: int = 0
    """What the journal has under this number."""
    first: int = 0
    last: int = 0
    """From one number of the archive to another; of one conversation."""
    since: float | None = None
    until: float | None = None
    """What was said in these conversations in this time."""
    before_seq: int = 0
    """The last stretch of talk in these conversations that came before this number of the journal."""


class TagChange(msgspec.Struct, frozen=True, kw_only=True):
    """What was tagged, or is no more."""

    tag: str
    tagged: Sequence[Tagged] = ()
    messages: int = 0
    """How many messages that are."""
    since: float | None = None
    until: float | None = None
    """When the first and the last of them were said."""
    left: int = 0
    """Of how much the tag was not taken, since somebody else gave it."""


class TagsKept(msgspec.Struct, frozen=True, kw_only=True):
    """What is tagged."""

    tags: Sequence[Tagged]


class HoldsKept(msgspec.Struct, frozen=True, kw_only=True):
    """The legal holds that there are."""

    holds: Sequence[LegalHold]


class PeopleFound(msgspec.Struct, frozen=True, kw_only=True):
    """Who is meant."""

    people: Sequence[KnownPerson]


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """What stays for a hold."""

    hold: str
    reason: str
    entries: int


class ErasureReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure took from the archive, or would take, and what stays."""

    people: Sequence[KnownPerson]
    dry_run: bool
    said: int = 0
    """So many entries by them went."""
    of_it: int = 0
    """So many copies and files of these."""
    named: int = 0
    """So many that told what was done to them."""
    quoted: int = 0
    """In so many messages others quote or name them."""
    quotes_taken: bool = False
    """Whether the words of these went too."""
    conversations: Mapping[str, int] = {}
    """Of how many entries something went, by conversation."""
    held: Sequence[HeldBack] = ()
    stay: int = 0
    """So many entries stay, since they are held; they go once no hold covers them."""
    ids: Sequence[tuple[str, str]] = ()
    """Under which ids they said what is erased, by network: more, where they are meant by what a network
    vouches for.
    """
    alike: Sequence[str] = ()
    """Who is called alike, in words, where the archive has nothing of them."""


class KeptConversation(msgspec.Struct, frozen=True, kw_only=True):
    """How a conversation stands in the archive."""

    name: str
    archived: bool
    """Whether anything more of it is archived."""
    entries: int
    bytes: int
    """About so many bytes of the file are its."""
    oldest: float | None
    newest: float | None
    keep: float | None
    """For how many seconds it is kept; None: nobody knows."""
    expires: float | None
    """When the oldest goes, if nothing else has it stay."""


class FilingStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How the archive stands."""

    file: str
    bytes: int
    entries: int
    conversations: Sequence[KeptConversation]
    holds: Sequence[LegalHold]
    tags: Mapping[str, int]
    """How many stretches have which tag."""
    opted_out: Sequence[str]
    """Who wants not to be archived: `network/id`."""
    waiting: int
    """So many erasures are not whole, since something is held."""
    digest: str
    """How the daily digest stands."""
    wrong: Sequence[str]
    """What is wrong, in sentences."""


class Chores(Inquiry[bool], frozen=True, array_like=True):
    """Do a little of what is due, by these rules. The answer is whether there is more to be done now."""

    answer: ClassVar[Any] = bool
    rules: FilingRules


class IsFiled(Inquiry[bool], frozen=True, array_like=True):
    """Whether what the journal has under a number is in the archive."""

    answer: ClassVar[Any] = bool
    seq: int


class PutTag(Inquiry[TagChange], frozen=True, array_like=True):
    """Tag something."""

    answer: ClassVar[Any] = TagChange
    tag: str
    which: Which
    by: str = ""
    name: str = ""


class TakeTag(Inquiry[TagChange], frozen=True, array_like=True):
    """Take a tag from something: who asks in a room can take only what they gave."""

    answer: ClassVar[Any] = TagChange
    tag: str
    which: Which
    by: str = ""


class ListTags(Inquiry[TagsKept], frozen=True, array_like=True):
    """List what is tagged."""

    answer: ClassVar[Any] = TagsKept
    tag: str = ""
    conversations: tuple[str, ...] = ()


class AddHold(Inquiry[HoldsKept], frozen=True, array_like=True):
    """Begin a legal hold; people may be called by their names."""

    answer: ClassVar[Any] = HoldsKept
    hold: LegalHold


class ReleaseHold(Inquiry[HoldsKept], frozen=True, array_like=True):
    """End a legal hold: what had to stay for it goes soon."""

    answer: ClassVar[Any] = HoldsKept
    name: str


class ListHolds(Inquiry[HoldsKept], frozen=True, array_like=True):
    """List the legal holds."""

    answer: ClassVar[Any] = HoldsKept


class FindPeople(Inquiry[PeopleFound], frozen=True, array_like=True):
    """Say who is meant: each one or a mistake that names the candidates."""

    answer: ClassVar[Any] = PeopleFound
    who: tuple[str, ...]
    networks: tuple[str, ...] = ()
    """Of these, also who was never heard can be named."""


class ErasePeople(Inquiry[ErasureReport], frozen=True, array_like=True):
    """Erase people, or say what that would take."""

    answer: ClassVar[Any] = ErasureReport
    people: tuple[KnownPerson, ...]
    dry_run: bool = False
    mentions: bool = False


class TalkMeant(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages are one talk (`talks.py`): those that have these names in the rooms of one network, said
    there or copied to it.
    """

    network: str
    person: str
    """Whose talk it is, by their id on that network: what others say there is said to them."""
    names: tuple[tuple[str, str], ...] = ()
    """Each a room of that network, and what a message is called there."""
    tag: str = ""
    """What is tagged so by the owner is meant too: it may be older than the names that are known."""
    conversations: tuple[str, ...] = ()
    """Where that tag counts."""


class TalkErased(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a talk that was to be erased: of how many entries something went, how many are held."""

    gone: int
    held: int


class FileTalk(Inquiry[int], frozen=True, array_like=True):
    """Tag all messages of a talk. The answer is how many there are."""

    answer: ClassVar[Any] = int
    talk: TalkMeant
    tags: tuple[str, ...]


class EraseTalk(Inquiry[TalkErased], frozen=True, array_like=True):
    """Erase a talk: what the person said in it, and the words that were said to them."""

    answer: ClassVar[Any] = TalkErased
    talk: TalkMeant


class HowItStands(Inquiry[FilingStanding], frozen=True, array_like=True):
    """Say how the archive stands."""

    answer: ClassVar[Any] = FilingStanding
