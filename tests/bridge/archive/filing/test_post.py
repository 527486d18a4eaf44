"""Saved searches find what is new, and the mail about it goes out beside whoever writes the archive."""

import asyncio

import pytest

from bridge.archive.filing.daily import DigestResult, digest_note
from bridge.archive.filing.questions import FilingRules, HowItStands, PutTag
from bridge.archive.filing.searching import find_new
from tests.bridge.mail.postbox import Postbox

from .office import DAY


def rules(port, **searches):
    mail = {"server": "127.0.0.1", "port": port, "security": "none", "from": "h@x.org"}
    digest = {"to": ["ada@example.org"], "at": "07:00"}
    return FilingRules(searches=searches, mail=mail, digest=digest)


def test_what_is_new_is_found_and_marked(office):
    old = office.say("报价 old")
    numbers = [office.say(f"我们的新报价是{count}") for count in range(3)]
    office.say("something else")
    office.keeper.do(PutTag("Offer", office.which(numbers[1])))
    with office.store.reader() as reader:
        found = find_new(reader, "offers", "报价", old, reader.last())
        assert (found.count, [hit.number for hit in found.hits]) == (3, numbers)
        assert found.hits[0].pieces == (("我们的新", False), ("报价", True), ("是0", False))
        assert (found.hits[0].where, found.hits[0].by) == ("sales, libera", "ada")
        assert find_new(reader, "x", "报价", old, numbers[0]).count == 1
        assert [hit.number for hit in find_new(reader, "x", "tag:OFFER", 0, 99).hits] == [numbers[1]]
        assert find_new(reader, "x", "-only", 0, 99).trouble.startswith("Say also what to look for")


def test_of_much_that_is_new_the_first_are_shown(office):
    for count in range(260):
        office.say(f"offer {count}")
    with office.store.reader() as reader:
        found = find_new(reader, "offers", "offer", 10, reader.last())
    assert (found.count, len(found.hits), found.hits[0].number) == (250, 50, 11)


async def until(office, result):
    """Do what is due until the digest has come so far."""
    async with asyncio.timeout(30):
        while (note := digest_note(office.store)) is None or note.result is not result:
            office.clock.move(11)
            await asyncio.to_thread(office.work)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("again", [False, True])
async def test_it_goes_out_each_day_also_when_the_server_was_away(office, again):
    box = Postbox()
    office.say("an offer of before")
    if again:
        office.keeper.follow(rules(1, offers="offer"))
        await until(office, DigestResult.NOTHING)
        office.say("an offer of 100")
        office.clock.move(DAY)
        await until(office, DigestResult.FAILED)
        assert "is tried again" in office.keeper.do(HowItStands()).wrong[0]
    async with box.open() as port:
        office.keeper.follow(rules(port, offers="offer", rest="nothing"))
        if not again:
            await until(office, DigestResult.NOTHING)
            office.say("an offer of 100")
            office.clock.move(DAY)
        await until(office, DigestResult.SENT)
        await asyncio.to_thread(office.later, DAY)
        await until(office, DigestResult.NOTHING)
    ((_, _, message),) = box.taken
    assert message["Subject"].startswith("Hubbub: 1 new hit – ")
    assert "an offer of 100" in message.get_body(("plain",)).get_content()
    standing = office.keeper.do(HowItStands())
    assert not standing.wrong
    assert standing.digest.startswith("daily at 07:00 UTC to ada@example.org; the last, of ")
