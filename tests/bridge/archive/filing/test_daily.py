"""The daily digest: when it is due, what becomes of it, and what it says."""

import asyncio
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from bridge.archive.filing.daily import (
    DigestOutcome,
    DigestResult,
    begin_digest,
    digest_note,
    finish_digest,
)
from bridge.archive.filing.digest import DigestHit, NewlyFound, digest_mail
from bridge.config.filing import DailyMail
from bridge.config.mail import Mail
from tests.bridge.mail.postbox import Postbox

DAILY = DailyMail(to=("ada@example.org",), at="07:00", time_zone="Europe/Berlin")
SEARCHES = (("offers", "tag:offer"),)


class Drawer:
    """Notes, as the store keeps them."""

    def __init__(self):
        self.kept = {}

    def note(self, kind, key):
        return self.kept.get((kind, key))

    def put_note(self, kind, key, value):
        self.kept[kind, key] = value
        if value is None:
            del self.kept[kind, key]

    def notes(self, kind):
        return {key: value for (found, key), value in self.kept.items() if found == kind}


def at(day, hour, minute=0, month=11):
    """A moment by the clocks of UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC).timestamp()


def begin(notes, now, latest, *, ours=True):
    return begin_digest(notes, DAILY, now, latest, ours=ours)


def end(notes, now, result, trouble=""):
    finish_digest(notes, DigestOutcome(result, trouble), now)


@pytest.fixture
def drawer():
    notes = Drawer()
    assert begin(notes, at(1, 12), 100) is None, "the first tells of what comes from now on"
    return notes


def test_it_is_due_once_a_day_at_its_time(drawer):
    assert begin(drawer, at(2, 5, 59), 110) is None
    job = begin(drawer, at(2, 6), 110)
    assert (job.after, job.until, str(job.day)) == (100, 110, "2026-11-02")
    assert begin(drawer, at(2, 6, 1), 111) is None, "it is on its way"
    end(drawer, at(2, 6, 1), DigestResult.SENT)
    assert begin(drawer, at(2, 22), 120, ours=False) is None, "also after a restart"
    job = begin(drawer, at(3, 6), 130)
    assert (job.after, job.until) == (110, 130)


def test_its_time_is_that_of_people_also_in_summer(drawer):
    assert begin(drawer, at(1, 4, 59, month=12), 110) is not None, "of yesterday, when nothing ran"
    end(drawer, at(1, 5, month=12), DigestResult.NOTHING)
    notes = Drawer()
    begin(notes, at(1, 12, month=7), 1)
    assert begin(notes, at(2, 4, 59, month=7), 2) is None
    assert begin(notes, at(2, 5, month=7), 2) is not None


def test_of_days_off_there_is_one_digest(drawer):
    job = begin(drawer, at(9, 12), 500)
    assert (job.after, job.until, str(job.day)) == (100, 500, "2026-11-09")
    end(drawer, at(9, 12), DigestResult.SENT)
    assert begin(drawer, at(9, 23), 501) is None


def test_what_surely_did_not_go_out_is_tried_again_later_and_later(drawer):
    now, waits = at(2, 6), []
    begin(drawer, now, 110)
    for _ in range(9):
        end(drawer, now, DigestResult.FAILED, "421 not now")
        failed = now
        while begin(drawer, now, 111) is None:
            now += 1
        waits.append(now - failed)
    end(drawer, now, DigestResult.FAILED, "421 not now")
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (60, 3600)
    assert "2026-11-02 was not sent, and is tried again" in digest_note(drawer).trouble
    job = begin(drawer, at(3, 6), 120)
    assert (job.after, job.until, str(job.day)) == (100, 120, "2026-11-03"), "nothing is left out"
    end(drawer, at(3, 6), DigestResult.SENT)
    assert not digest_note(drawer).trouble


@pytest.mark.parametrize("killed", [True, False])
def test_what_may_have_gone_out_is_not_sent_again_and_told_of_again(drawer, killed):
    begin(drawer, at(2, 6), 110)
    if not killed:
        end(drawer, at(2, 6), DigestResult.UNSURE, "it did not say")
    assert begin(drawer, at(2, 6, 5), 111, ours=False) is None
    assert "2026-11-02" in digest_note(drawer).trouble
    job = begin(drawer, at(3, 6), 120, ours=False)
    assert (job.after, job.until) == (100, 120)


def finding(count):
    """Stands for a search, which is tried elsewhere: it finds one hit for each number."""

    def find(name, query, after, until):
        hits = [
            DigestHit(
                number, at(1, 23, 30), "sales, libera", "b<b>ob", (("a new ", False), ("<offer>", True))
            )
            for number in range(after + 1, until + 1)
        ]
        return NewlyFound(name, query, hits[:count], len(hits))

    return find


async def test_it_arrives_with_text_and_html(drawer):
    box = Postbox()
    async with box.open() as port:
        mail = Mail.model_validate(
            {"server": "127.0.0.1", "port": port, "security": "none", "from": "h@x.org"}
        )
        job = begin(drawer, at(2, 6), 103)
        outcome = await asyncio.to_thread(job.run, finding(2), SEARCHES, mail, DAILY, "a1b2")
    assert outcome == DigestOutcome(DigestResult.SENT)
    ((sender, to, message),) = box.taken
    assert (sender, to) == ("h@x.org", ["ada@example.org"])
    assert message["Subject"] == "Hubbub: 3 new hits – 2026-11-02"
    assert message["Message-ID"] == "<digest-2026-11-02-a1b2@x.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "offers (tag:offer): 3 new hits\n\n  2026-11-02 00:30  sales, libera\n" in text
    assert "    <b<b>ob> a new <offer>\n" in text
    assert "and 1 more: hubbub search tag:offer" in text
    html = message.get_body(("html",)).get_content()
    assert "<b>b&lt;b&gt;ob</b>: a new <mark" in html
    assert "&lt;offer&gt;</mark>" in html


async def test_where_nothing_is_new_nothing_is_sent_and_a_search_that_fails_is_told(drawer):
    mail = Mail.model_validate({"server": "127.0.0.1", "port": 1, "security": "none", "from": "h@x.org"})
    job = begin(drawer, at(2, 6), 103)
    assert job.run(finding(0), (), mail, DAILY, "").result is DigestResult.NOTHING
    wrong = NewlyFound("offers", "tag:", trouble="a tag is missing")
    outcome = job.run(lambda *_: wrong, SEARCHES, mail, DAILY, "")
    assert outcome == DigestOutcome(DigestResult.FAILED, "offers: a tag is missing")


def test_a_name_that_holds_a_line_break_is_no_header():
    found = [NewlyFound("x\r\nBcc: eve@example.org", "q", count=1)]
    mail = Mail.model_validate({"server": "127.0.0.1", "security": "none", "from": "h@x.org"})
    raw = digest_mail(found, mail, DAILY, at(2, 6), "n").as_bytes()
    assert message_from_bytes(raw, policy=policy.default)["Bcc"] is None
