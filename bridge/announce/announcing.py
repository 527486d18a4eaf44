"""Announcing: who may, to how many and when, and what another has to agree to."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from bridge.clock import Clock
from bridge.config.announce import AnnounceRules
from bridge.config.words import nearest, quoted
from bridge.errors import HubbubError
from bridge.identity.speaker import key_of
from bridge.instructions import Asked
from bridge.kit.globs import fits_glob
from bridge.language import ENGLISH, N_, Locale
from bridge.model import Sender

from .book import AnnouncementBook
from .codes import APPROVE, ListCodes
from .hours import quiet_until
from .ledger import BY_MAIL, Subscription, SubscriptionLedger

__all__ = ["LONGEST", "OWNER", "Announcing", "ListPlan", "NetworkPlan"]

OWNER = "the owner"
"""Stands for an entry of `announcers`: whoever runs the bridge may announce."""
LONGEST = 2000
"""Characters of an announcement."""
_DAY = 86_400.0
_DRY = "--dry-run"
_AWAY, _ASLEEP = N_("{number} not reachable now"), N_("{number} asleep")


@dataclass(slots=True)
class NetworkPlan:
    """The people whom an announcement goes to on one network."""

    people: int = 0
    away: int = 0
    """Those who cannot be reached now: they are tried again."""
    asleep: int = 0
    """Those who have quiet hours now."""


@dataclass(slots=True)
class ListPlan:
    """To whom an announcement goes, and when."""

    list: str
    people: int = 0
    networks: dict[str, NetworkPlan] = field(default_factory=dict)
    """By name; BY_MAIL: by mail."""
    seconds: float = 0.0
    """How long it takes to tell those who can be told now, at the pace of the list."""
    last_wakes: float | None = None
    """When the last quiet hours end, in seconds since 1970; None: nobody has any now."""
    needs_approval: bool = False


class Announcing:
    """Takes announcements, and approvals of them. Raises HubbubError with a sentence for whoever announces,
    and sqlite3.Error.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- made in one place
        self,
        ledger: SubscriptionLedger,
        book: AnnouncementBook,
        codes: ListCodes,
        lists: Callable[[], Mapping[str, AnnounceRules]],
        reaches: Callable[[Subscription], bool],
        clock: Clock,
    ) -> None:
        """`lists` gives those of the map, `reaches` says whether somebody can be told something now."""
        self._ledger = ledger
        self._book = book
        self._codes = codes
        self._lists = lists
        self._reaches = reaches
        self._clock = clock

    def plan(self, name: str) -> ListPlan:
        """Say to whom an announcement would go, and when."""
        rules, now = self._rules(name), self._clock.now()
        plan, waking = ListPlan(name), Counter[str]()
        asleep = cache(lambda zone: quiet_until(rules.quiet, zone, now))
        for one in self._ledger.active(name):
            network = plan.networks.setdefault(one.network, NetworkPlan())
            network.people += 1
            until = asleep(one.zone or rules.time_zone)
            if until is not None:
                network.asleep += 1
                plan.last_wakes = max(until, plan.last_wakes or until)
            elif not self._reaches(one):
                network.away += 1
            else:
                waking[one.network] += 1
        plan.people = sum(one.people for one in plan.networks.values())
        plan.seconds = 60.0 * max(waking.values(), default=0) / rules.per_minute
        plan.needs_approval = plan.people > rules.approve_above
        return plan

    def announce(
        self, name: str, text: str, by_name: str, by_entry: str, spoken: Locale = ENGLISH
    ) -> tuple[int, ListPlan, str]:
        """Announce something to those who are subscribed, or let it wait for somebody else to agree. Returns
        its number, to whom it goes, and the code by which another agrees; empty: that is not needed.
        """
        rules, now, text = self._rules(name), self._clock.now(), text.strip()
        if not text or len(text) > LONGEST:
            raise HubbubError(
                spoken.gettext("An announcement has up to {number} characters.", number=LONGEST)
            )
        lately = self._book.of_the_day(name, now)
        if len(lately) >= rules.a_day:
            free = spoken.clock(lately[-rules.a_day] + _DAY, now)
            sentence = N_("That is too much for {list} within 24 hours. There is room for another at {time}.")
            raise HubbubError(spoken.gettext(sentence, list=name, time=free))
        plan = self.plan(name)
        if not plan.people:
            sentence = N_("Nobody is subscribed to {list}, and nobody else is told anything.")
            raise HubbubError(spoken.gettext(sentence, list=name))
        number = self._book.write(name, text, by_name=by_name, by_entry=by_entry, now=now)
        if plan.needs_approval:
            return number, plan, self._codes.code(APPROVE, number)
        self._book.begin(number, now)
        return number, plan, ""

    def approve(self, name: str, code: str, by_name: str, by_entry: str, spoken: Locale) -> None:
        """Let an announcement go out that waits for somebody else to agree."""
        rules, now = self._rules(name), self._clock.now()
        for one in self._book.waiting():
            if one.list != name or not self._codes.is_code(APPROVE, one.id, code):
                continue
            if now - one.at > rules.approve_within:
                self._book.expire(one.id)
                break
            if one.by_entry == by_entry:
                raise HubbubError(spoken.gettext("Somebody else has to agree: you announced it yourself."))
            self._book.begin(one.id, now, approved_by=by_name)
            return
        raise HubbubError(spoken.gettext("Nothing waits under this code, or no longer."))

    def expire(self) -> None:
        """Let go what nobody agreed to in time: every few seconds."""
        now, lists = self._clock.now(), self._lists()
        for one in self._book.waiting():
            if one.list not in lists or now - one.at > lists[one.list].approve_within:
                self._book.expire(one.id)

    def _rules(self, name: str) -> AnnounceRules:
        lists = self._lists()
        if name not in lists:
            raise HubbubError(
                f"there is no list {quoted(name)}{nearest(name, lists)}: a conversation is one with "
                "`announce: {}` in the map"
            )
        return lists[name]

    # In the rooms of a list

    def asked(self, asked: Asked, names: Sequence[str]) -> str:
        """Announce what somebody wants who may, in a room of these lists."""
        name, words, entry = self._meant(asked, names)
        dry, text = words.startswith(_DRY), words.removeprefix(_DRY).strip()
        if dry:
            then = asked.locale.gettext("Nobody was told yet: that was a dry run.")
            return f"{told_plan(self.plan(name), asked.locale, self._clock.now())}\n{then}"
        if not text:
            return self._how_the_last_went(name, asked.locale)
        _, plan, code = self.announce(name, text, asked.sender.name, entry, asked.locale)
        told = told_plan(plan, asked.locale, self._clock.now())
        then = asked.locale.gettext("It goes out.")
        if code:
            then = asked.locale.gettext(
                "It waits: somebody else who may announce agrees with `!approve {code}`.", code=code
            )
        return f"{told}\n{then}"

    def agreed(self, asked: Asked, names: Sequence[str]) -> str:
        """Let go out what somebody agrees to who may, in a room of these lists."""
        name, code, entry = self._meant(asked, names)
        self.approve(name, code, asked.sender.name, entry, asked.locale)
        then = asked.locale.gettext("It goes out.")
        return f"{told_plan(self.plan(name), asked.locale, self._clock.now())}\n{then}"

    def _meant(self, asked: Asked, names: Sequence[str]) -> tuple[str, str, str]:
        """Return the list that is meant, what is said of it, and the entry by which whoever asks may."""
        if not names or asked.alone:
            raise HubbubError(asked.locale.gettext("Say that in a room of the list."))
        name, words = names[0], asked.words
        if len(names) > 1:
            name, _, words = words.partition(" ")
            if name not in names:
                raise HubbubError(asked.locale.gettext("Say which: {lists}", lists=", ".join(names)))
        entry = entry_of(self._lists()[name], asked.network, asked.sender)
        if not entry:
            raise HubbubError(
                asked.locale.gettext("You may not announce here: whoever runs the bridge says who may.")
            )
        return name, words.strip(), entry

    def _how_the_last_went(self, name: str, spoken: Locale) -> str:
        last = next(iter(self._book.last(name)), None)
        if last is None:
            return spoken.gettext("Nothing was announced in {list} yet: `!announce TEXT` does.", list=name)
        counts = self._book.counts(last.id)
        return spoken.gettext(
            "The last one in {list}, by {name}: {told} were told, {owed} wait, {unreached} were not reached.",
            list=name,
            name=last.by_name,
            **{state: counts.get(state, 0) for state in ("told", "owed", "unreached")},
        )


def entry_of(rules: AnnounceRules, network: str, sender: Sender) -> str:
    """Return the entry of `announcers` by which somebody may announce; empty: they may not."""
    key = key_of(network, sender.id)
    for entry in rules.announcers:
        if fits_glob(entry, key) or fits_glob(entry, sender.id) or entry == sender.name:
            return entry
    return ""


def told_plan(plan: ListPlan, spoken: Locale, now: float) -> str:
    """Say to whom an announcement goes, and when."""
    people = spoken.ngettext("{number} person", "{number} people", plan.people)
    networks = []
    for network, one in sorted(plan.networks.items()):
        name = spoken.gettext("by mail") if network == BY_MAIL else network
        more = [
            spoken.gettext(sentence, number=number)
            for sentence, number in (
                (_AWAY, one.away),
                (_ASLEEP, one.asleep),
            )
            if number
        ]
        networks.append(f"{name} {one.people}" + (f" ({', '.join(more)})" if more else ""))
    lines = [f"{plan.list}: {people}" + (f" – {', '.join(networks)}" if networks else "")]
    if plan.seconds >= 60.0:
        lines.append(spoken.gettext("It takes about {number} minutes.", number=round(plan.seconds / 60)))
    if plan.last_wakes is not None:
        lines.append(
            spoken.gettext("The last quiet hours end at {time}.", time=spoken.clock(plan.last_wakes, now))
        )
    if plan.needs_approval:
        lines.append(spoken.gettext("These are so many that somebody else has to agree."))
    return "\n".join(lines)
