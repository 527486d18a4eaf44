"""Decides when the digest is sent: once a day, also over restarts.

Before a mail goes out, that it is about to is written down, and afterwards that it went. So it is sent at
most once a day: where nobody can tell whether it arrived, it is not sent again, and what it told of is told
again by that of the next day. What surely did not go out is tried again, until that takes its place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from bridge.config.filing import DailyMail
from bridge.config.mail import Mail
from bridge.mail import MailNotSent, MailUnsure, send_mail

from .digest import NewlyFound, digest_mail
from .notes import FiledNotes, FilingNotes, write_note

__all__ = [
    "DigestJob",
    "DigestNote",
    "DigestOutcome",
    "DigestResult",
    "begin_digest",
    "digest_note",
    "finish_digest",
]

_KIND, _KEY = "digest", ""
_FIRST, _LONGEST = 60.0, 3600.0
"""How long a mail that was not sent waits for the next try, in seconds: at first, and at most."""


class DigestResult(StrEnum):
    """What became of a digest."""

    BEGUN = "begun"
    SENT = "sent"
    NOTHING = "nothing new"
    FAILED = "failed"
    UNSURE = "unsure"


_TOLD = {
    DigestResult.SENT: "is not whole, or did not reach everybody",
    DigestResult.NOTHING: "may lack something",
    DigestResult.FAILED: "was not sent, and is tried again",
    DigestResult.UNSURE: "may not have gone out, and is not sent again",
}


class DigestNote(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of digests."""

    day: date
    """Whose was begun last."""
    result: DigestResult
    told: int
    """The last number of the archive that digests have told of."""
    until: int
    """That up to which the last one searched."""
    at: float
    """When that was begun, or tried last."""
    tries: int = 0
    trouble: str = ""
    """What the owner should know of it."""


@dataclass(frozen=True, slots=True)
class DigestOutcome:
    """How a job ended."""

    result: DigestResult
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class DigestJob:
    """A digest to be made and sent: in a thread, since it searches and waits for a server."""

    after: int
    until: int
    """It is about what has a number behind the one, up to the other."""
    day: date
    at: float

    def run(
        self,
        find: Callable[[str, str, int, int], NewlyFound],
        searches: Sequence[tuple[str, str]],
        mail: Mail,
        digest: DailyMail,
        name: str,
    ) -> DigestOutcome:
        """Search and send. `find` does a saved search, by its name and query, behind a number up to another;
        `name` is the archive's in a Message-ID.
        """
        found = [find(search, query, self.after, self.until) for search, query in searches]
        trouble = "; ".join(f"{one.search}: {one.trouble}" for one in found if one.trouble)
        if not any(one.count for one in found):
            return DigestOutcome(DigestResult.FAILED if trouble else DigestResult.NOTHING, trouble)
        message = digest_mail(found, mail, digest, self.at, f"digest-{self.day}-{name}")
        try:
            refused = send_mail(mail, message, digest.to)
        except MailNotSent as error:
            return DigestOutcome(DigestResult.FAILED, str(error))
        except MailUnsure as error:
            return DigestOutcome(DigestResult.UNSURE, str(error))
        left = [f"{address} did not get it: {why}" for address, why in refused.items()]
        return DigestOutcome(DigestResult.SENT, "; ".join([*left, trouble] if trouble else left))


def digest_note(notes: FiledNotes) -> DigestNote | None:
    """Return what is remembered of digests; None: there was none."""
    raw = notes.note(_KIND, _KEY)
    return msgspec.json.decode(raw, type=DigestNote) if raw is not None else None


def begin_digest(
    notes: FilingNotes, digest: DailyMail, now: float, latest: int, *, ours: bool
) -> DigestJob | None:
    """Return the digest that is due, after noting that it is begun; None: none is. `latest` is the last
    number of the archive. `ours`: one that is noted as begun is being done by this process.
    """
    today, last = _day_of(digest, now), digest_note(notes)
    if last is None:
        # The first tells of what is said from now on.
        first = DigestNote(day=today, result=DigestResult.NOTHING, told=latest, until=latest, at=now)
        write_note(notes, _KIND, _KEY, first)
        return None
    if last.result is DigestResult.BEGUN and not ours:
        why = f"nobody knows whether the digest of {last.day} went out: it was being sent when all ended"
        last = msgspec.structs.replace(last, result=DigestResult.UNSURE, trouble=why)
        write_note(notes, _KIND, _KEY, last)
    if last.result is DigestResult.BEGUN or today < last.day:
        return None
    tries = 0
    if today == last.day:
        if last.result is not DigestResult.FAILED or now < last.at + _wait(last.tries):
            return None
        tries = last.tries
    begun = DigestNote(
        day=today,
        result=DigestResult.BEGUN,
        told=last.told,
        until=latest,
        at=now,
        tries=tries,
        trouble=last.trouble,
    )
    write_note(notes, _KIND, _KEY, begun)
    return DigestJob(last.told, latest, today, now)


def finish_digest(notes: FilingNotes, outcome: DigestOutcome, now: float) -> None:
    """Note how the digest ended that was begun."""
    begun = digest_note(notes)
    if begun is None or begun.result is not DigestResult.BEGUN:
        return
    told = begun.until if outcome.result in (DigestResult.SENT, DigestResult.NOTHING) else begun.told
    failed = outcome.result is DigestResult.FAILED
    trouble = outcome.trouble and f"the digest of {begun.day} {_TOLD[outcome.result]}: {outcome.trouble}"
    ended = msgspec.structs.replace(
        begun,
        result=outcome.result,
        told=told,
        at=now,
        tries=begun.tries + 1 if failed else 0,
        trouble=trouble,
    )
    write_note(notes, _KIND, _KEY, ended)


def _wait(tries: int) -> float:
    return min(_FIRST * 2.0 ** min(tries - 1, 10), _LONGEST)


def _day_of(digest: DailyMail, now: float) -> date:
    """Return the day whose digest is due: today's, once its time has come."""
    here = datetime.fromtimestamp(now, ZoneInfo(digest.time_zone))
    come = here.timetz().replace(tzinfo=None) >= time.fromisoformat(digest.at)
    return here.date() if come else here.date() - timedelta(days=1)
