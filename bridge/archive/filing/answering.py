"""Does what is asked about filing and people, with an archive that it writes: in the archive's process, or in
a command where no service runs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from bridge.archive.filing import questions as ask
from bridge.archive.keeping import POLICY
from bridge.archive.persons.erase import Erasure, ErasurePlan, carry_out, pending_erasures, plan_erasure
from bridge.archive.persons.finding import KnownPerson, alike, described, known_people, people_among
from bridge.archive.persons.traces import Trace
from bridge.archive.process.questions import Inquiry
from bridge.archive.store import Reader, Store
from bridge.clock import Clock
from bridge.config.filing import tag_name
from bridge.errors import ArchiveError

from .holds import Holds, LegalHold, add_hold, all_holds, release_hold
from .housekeeping import Housekeeping
from .post import Post
from .standing import standing
from .stretches import TalkStretch, meant
from .tags import Tagged, add_tag, all_tags, remove_tag
from .talks import erase_talk, note_tags, pending_talks, stretches_of

__all__ = ["FilingAnswers"]


class FilingAnswers:
    """Answers, and does a little of what is due whenever there is nothing else to do."""

    def __init__(self, store: Store, clock: Clock, tidy: Callable[[], None] = lambda: None) -> None:
        """`tidy` deletes the files that no entry has any more."""
        self._store = store
        self._clock = clock
        self._tidy = tidy
        self._housekeeping = Housekeeping(store, clock, tidy)
        self._post = Post(store, clock)
        self._holds = Holds.kept_in(store)
        self._reader: Reader | None = None
        self._rules = ask.FilingRules()
        self._trouble = ""
        store.spared = self._spared
        self.answers: Mapping[type[Inquiry[Any]], Callable[[Any], Any]] = {
            ask.Chores: self._chores,
            ask.IsFiled: self._is_filed,
            ask.PutTag: self._put_tag,
            ask.TakeTag: self._take_tag,
            ask.ListTags: self._list_tags,
            ask.AddHold: self._add_hold,
            ask.ReleaseHold: self._release_hold,
            ask.ListHolds: self._list_holds,
            ask.FindPeople: self._find_people,
            ask.ErasePeople: self._erase_people,
            ask.FileTalk: self._file_talk,
            ask.EraseTalk: self._erase_talk,
            ask.HowItStands: self._standing,
        }

    def do(self, question: Inquiry[Any]) -> Any:
        """Answer. Raises ArchiveError."""
        return self.answers[type(question)](question)

    def step(self) -> bool:
        """Do a little of what is due. Returns whether there is more to be done now. Whatever goes wrong is
        told where the archive's standing is, and tried again.
        """
        try:
            more = self._post.step()
            more = self._housekeeping.step() or more
        except ArchiveError as error:
            self._trouble = f"nothing expires now: {error}"
            self._housekeeping.changed()
            return False
        self._trouble = ""
        return more

    def close(self) -> None:
        """Let go of the archive."""
        self._store.spared = lambda _: ()
        self._post.close()
        if self._reader is not None:
            self._reader.close()

    def _open(self) -> Reader:
        if self._reader is None:
            self._reader = self._store.reader()
        return self._reader

    def _chores(self, asked: ask.Chores) -> bool:
        self.follow(asked.rules)
        return self.step()

    def follow(self, rules: ask.FilingRules) -> None:
        """Go by these rules from now on."""
        if rules == self._rules:
            return
        self._rules = rules
        self._housekeeping.follow(rules.tags)
        self._post.follow(rules)

    def _is_filed(self, asked: ask.IsFiled) -> bool:
        return bool(self._open().by_seq(asked.seq))

    # Tags

    def _put_tag(self, asked: ask.PutTag) -> ask.TagChange:
        tag, found = _tag(asked.tag), meant(self._open(), asked.which)
        now = self._clock.now()
        given = [self._tagged(tag, one, now, asked) for one in found]
        new = [one for one in given if add_tag(self._store, one)]
        self._renew()
        return _changed(tag, new, found)

    def _file_talk(self, asked: ask.FileTalk) -> int:
        found, now = list(stretches_of(self._open(), asked.talk)), self._clock.now()
        if found:
            note_tags(self._store, asked.talk, asked.tags)
        for tag in asked.tags:
            for one in found:
                add_tag(self._store, self._tagged(tag, one, now))
        self._renew()
        return sum(one.messages for one in found)

    def _tagged(self, tag: str, stretch: TalkStretch, now: float, asked: ask.PutTag | None = None) -> Tagged:
        return Tagged(
            tag=tag,
            conversation=stretch.first.conversation,
            first=stretch.first.number,
            last=stretch.last.number,
            first_position=stretch.first.position,
            last_position=stretch.last.position,
            at=now,
            by=asked.by if asked is not None else "",
            name=asked.name if asked is not None else "",
        )

    def _take_tag(self, asked: ask.TakeTag) -> ask.TagChange:
        tag, found = _tag(asked.tag), meant(self._open(), asked.which)
        there = [
            one
            for one in all_tags(self._store, tag)
            if any(
                one.conversation == stretch.first.conversation
                and one.first <= stretch.last.number
                and one.last >= stretch.first.number
                for stretch in found
            )
        ]
        theirs = [one for one in there if not asked.by or one.by == asked.by]
        for one in theirs:
            remove_tag(self._store, one)
        if theirs:
            self._renew()
            self._housekeeping.changed()
        change = _changed(tag, theirs, ())
        return msgspec.structs.replace(change, left=len(there) - len(theirs))

    def _list_tags(self, asked: ask.ListTags) -> ask.TagsKept:
        tag = _tag(asked.tag) if asked.tag else ""
        found = all_tags(self._store, tag)
        among = asked.conversations
        return ask.TagsKept(tags=[one for one in found if not among or one.conversation in among])

    # Holds

    def _add_hold(self, asked: ask.AddHold) -> ask.HoldsKept:
        hold = asked.hold
        if not hold.reason.strip():
            raise ArchiveError("say why it is held: --reason")
        if hold == LegalHold(name=hold.name, reason=hold.reason, at=hold.at):
            raise ArchiveError("say what is held: a conversation, a person, a tag, or from when until when")
        known = {info.name for info in self._open().conversations()} | set(self._store.notes(POLICY))
        if unknown := sorted(set(hold.conversations) - known):
            raise ArchiveError(f"the archive has no conversation {unknown[0]!r}: it has {_listed(known)}")
        people = tuple(one.key for one in self._people(hold.people))
        tags = tuple(map(_tag, hold.tags))
        add_hold(self._store, msgspec.structs.replace(hold, people=people, tags=tags, at=self._clock.now()))
        self._renew()
        return self._list_holds()

    def _release_hold(self, asked: ask.ReleaseHold) -> ask.HoldsKept:
        release_hold(self._store, asked.name)
        self._renew()
        self._housekeeping.changed()
        return self._list_holds()

    def _list_holds(self, _: ask.ListHolds | None = None) -> ask.HoldsKept:
        return ask.HoldsKept(holds=all_holds(self._store))

    def _renew(self) -> None:
        self._holds = Holds.kept_in(self._store)

    def _spared(self, numbers: Sequence[int]) -> Iterable[int]:
        """Say which of these entries keep their words though their author takes them back. What came in the
        same moment cannot be looked at yet: it stays, where anything is held, until the next whole look.
        """
        if not self._holds.all:
            return ()
        reader = self._open()
        found = {number: reader.entry(number) for number in numbers}
        return [
            number for number, entry in found.items() if entry is None or self._holds.holds(reader, entry)
        ]

    # People

    def _people(self, who: Sequence[str], networks: Iterable[str] = ()) -> list[KnownPerson]:
        return people_among(self._open(), who, networks)

    def _find_people(self, asked: ask.FindPeople) -> ask.PeopleFound:
        return ask.PeopleFound(people=self._people(asked.who, asked.networks))

    def _erase_people(self, asked: ask.ErasePeople) -> ask.ErasureReport:
        people, holds = {one.key for one in asked.people}, Holds.kept_in(self._store)
        plan = plan_erasure(self._open(), people, holds, mentions=asked.mentions)
        if not asked.dry_run:
            now = self._clock.now()
            carry_out(self._store, plan, Erasure(people=asked.people, mentions=asked.mentions, at=now))
            self._renew()
            self._tidy()
        reasons = {hold.name: hold.reason for hold in holds.all}
        report = _report(asked, plan, reasons)
        if plan.counts or plan.kept:
            return report
        known = known_people(self._open())
        near = [described(other) for one in asked.people for other in alike(one.key, known)]
        return msgspec.structs.replace(report, alike=near)

    def _erase_talk(self, asked: ask.EraseTalk) -> ask.TalkErased:
        plan = erase_talk(self._store, self._open(), asked.talk, Holds.kept_in(self._store))
        self._renew()
        self._tidy()
        return ask.TalkErased(gone=len(plan.whole) + len(plan.words), held=plan.held)

    # How it stands

    def _standing(self, _: ask.HowItStands) -> ask.FilingStanding:
        wrong = [sentence for sentence in (self._trouble, self._post.trouble()) if sentence]
        waiting = len(pending_erasures(self._store)) + len(pending_talks(self._store))
        return standing(self._open(), waiting=waiting, digest=self._post.told(), wrong=wrong)


def _tag(text: str) -> str:
    try:
        return tag_name(text)
    except ValueError as error:
        raise ArchiveError(f"a tag {error}") from None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _changed(tag: str, tagged: Sequence[Tagged], found: Sequence[TalkStretch]) -> ask.TagChange:
    return ask.TagChange(
        tag=tag,
        tagged=tagged,
        messages=max((one.messages for one in found), default=0),
        since=min((one.since for one in found), default=None),
        until=max((one.until for one in found), default=None),
    )


def _report(asked: ask.ErasePeople, plan: ErasurePlan, reasons: Mapping[str, str]) -> ask.ErasureReport:
    counts = plan.counts
    return ask.ErasureReport(
        people=asked.people,
        dry_run=asked.dry_run,
        said=counts[Trace.SAID],
        of_it=counts[Trace.OF_IT],
        named=counts[Trace.NAMED],
        quoted=counts[Trace.QUOTED],
        quotes_taken=asked.mentions,
        conversations=plan.conversations,
        held=[
            ask.HeldBack(hold=name, reason=reasons.get(name, ""), entries=count)
            for name, count in sorted(plan.held.items())
        ],
        stay=plan.kept,
        ids=sorted(plan.ids),
    )
