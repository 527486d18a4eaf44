"""One to many: asked for, confirmed, announced, and ended by a word, on scripted networks."""

import asyncio
from dataclasses import replace

import pytest

from bridge.announce.ledger import Subscriber, SubscriptionLedger
from bridge.announce.store import ListsFile, lists_file
from bridge.config import Filters
from bridge.config.announce import AnnounceRules
from bridge.looks import Present
from bridge.model import Change, MemberChanged, RoomId, Support
from tests.bridge.announce.audience import RULES
from tests.bridge.world import running


def ruled(listed, **rules):
    news = replace(listed.conversations["news"], announce=AnnounceRules(**RULES | rules))
    return replace(listed, conversations={**listed.conversations, "news": news})


def ledger(listed):
    file = ListsFile(lists_file(listed.journal), read_only=True)
    try:
        return SubscriptionLedger(file).all("news")
    finally:
        file.close()


async def answered(network, words, room="desk"):
    """What is answered in a room, where people cannot be told it alone."""
    async with asyncio.timeout(10):
        while True:
            for text in network.texts(room):
                if words in text:
                    return text
            await asyncio.sleep(0.001)


async def test_who_confirms_alone_is_told_and_nobody_else(listed, audience, irc, jabber):
    async with running(listed) as bridge:
        irc.say("lobby", "carol", "!subscribe news")
        first = await audience.told(irc, "carol", "Do you want to be told alone")
        code = first.partition("!confirm ")[2][:6]
        irc.say("lobby", "carol", f"!confirm {code}")
        await audience.told(irc, "carol", "Write that to me alone")
        audience.alone(irc, "dave", "!subscribe news")  # and never confirms
        audience.alone(irc, "eve", f"!confirm {code}")
        await audience.told(irc, "eve", "confirms nothing")
        audience.alone(irc, "carol", f"!confirm {code}")
        await audience.told(irc, "carol", "You get news from now on")
        await audience.subscribe(jabber, "grace", "news Europe/Berlin")
        irc.say("desk", "ann", "!announce We open at ten.\nCome!")
        await audience.told(irc, "ann", "news: 2 people – irc 1, jabber 1")
        await bridge.patrol()
        await bridge.patrol()
        for network, who in ((irc, "carol"), (jabber, "grace")):
            (told,) = audience.announcements(network, who, "We open at ten.\nCome!")
            assert told.endswith("(news: `!unsubscribe news` or STOP, to me alone, ends it)")
        assert not [who for who in ("dave", "eve", "ann") if audience.announcements(irc, who, "ten.\n")]
        assert not [text for text in jabber.texts("lobby") if "ten" in text]
    carol, dave, grace = ledger(listed)
    assert (carol.user, carol.asked_where, carol.confirmed_where) == (
        "carol!user@host",
        "irc lobby",
        "irc, alone",
    )
    assert (carol.asked_words, carol.confirmed_words) == ("!subscribe news", f"!confirm {code}")
    assert carol.room == "with carol"
    assert dave.confirmed_at is None
    assert grace.zone == "Europe/Berlin"
    assert lists_file(listed.journal).stat().st_mode & 0o777 == 0o600


WORDS = [
    "STOP",
    "stop.",
    "!stop",
    "!unsubscribe",
    "!unsubscribe news",
    "退订",
    "退订news",
    "！退订 news",
    "Stop it at last",
]


@pytest.mark.parametrize("word", WORDS)
async def test_a_word_ends_it_at_once_and_is_answered_once(listed, audience, irc, word):
    async with running(listed) as bridge:
        await audience.subscribe(irc, "carol")
        irc.say("desk", "ann", "!announce first")
        await audience.told(irc, "ann", "1 person")
        audience.alone(irc, "carol", word)
        await audience.told(irc, "carol", "You get nothing more of news.")
        audience.alone(irc, "carol", "!help")
        await audience.told(irc, "carol", "what can be asked here")
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "first\n")
        assert len(audience.announcements(irc, "carol", "nothing more of")) == 1
    (carol,) = ledger(listed)
    assert (carol.ended_words, carol.ended_where) == (word, "irc, alone")


@pytest.mark.parametrize("word", ["STOP", "!stop", "退订", "!unsubscribe news"])
async def test_it_ends_in_a_room_too_by_whom_nobody_hears(listed, audience, irc, word):
    """Muted by moderators, and left out by the owner's filters: both are heeded."""
    network = replace(listed.networks["irc"], filters=Filters(ignore=("dave",)))
    async with running(replace(listed, networks={**listed.networks, "irc": network})) as bridge:
        for who in ("carol", "dave"):
            await audience.subscribe(irc, who)
        bridge._router.muted.follow([("lobby", "irc", audience.sender("carol").id)])
        for who in ("carol", "dave"):
            irc.say("lobby", who, word)
            await audience.told(irc, who, "You get nothing more of news.")
    assert [one.ended_where for one in ledger(listed)] == ["irc lobby"] * 2


async def test_people_who_say_stop_to_each_other_end_nothing(listed, audience, irc):
    async with running(listed):
        await audience.subscribe(irc, "carol")
        for text in ("stop", "Stop that!", "STOP that", "please STOP"):
            irc.say("lobby", "carol", text)
        irc.say("lobby", "carol", "!who")
        await audience.told(irc, "carol", "lobby on jabber")
    assert ledger(listed)[0].is_active


async def test_who_may_not_announces_nothing(listed, audience, irc):
    async with running(listed) as bridge:
        await audience.subscribe(irc, "carol")
        irc.say("desk", "eve", "!announce cheap watches")
        await audience.told(irc, "eve", "You may not announce here")
        irc.say("lobby", "ann", "!announce cheap watches")
        await audience.told(irc, "ann", "in a room of the list")
        audience.alone(irc, "ann", "!announce cheap watches", room="desk")
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "cheap")


async def test_many_need_somebody_else_who_agrees_in_time(listed, audience, irc, clock):
    async with running(ruled(listed, approve_above=1), clock=clock) as bridge:
        for who in ("carol", "dave"):
            await audience.subscribe(irc, who)
        irc.say("desk", "ann", "!announce first")
        told = await audience.told(irc, "ann", "2 people")
        code = told.partition("!approve ")[2][:6]
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "first\n")
        irc.say("desk", "ann", f"!approve {code}")
        await audience.told(irc, "ann", "you announced it yourself")
        irc.say("desk", "eve", f"!approve {code}")
        await audience.told(irc, "eve", "You may not")
        irc.say("desk", "bob", f"!approve {code}")
        assert (await audience.told(irc, "bob", "2 people")).endswith("\nIt goes out.")
        await bridge.patrol()
        assert len(audience.announcements(irc, "carol", "first\n")) == 1
        irc.say("desk", "ann", "!announce second")
        code = (await audience.told(irc, "ann", "!approve", 2)).partition("!approve ")[2][:6]
        clock.move(3601)
        irc.say("desk", "bob", f"!approve {code}")
        await audience.told(irc, "bob", "Nothing waits under this code")
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "second\n")


async def test_a_dry_run_says_how_many_and_tells_nobody(listed, audience, irc, jabber, clock):
    quiet = ruled(listed, quiet="21:00-08:00", time_zone="Asia/Shanghai", approve_above=1)
    async with running(quiet, clock=clock) as bridge:
        await audience.subscribe(irc, "carol", "news Europe/Berlin")
        await audience.subscribe(jabber, "grace")  # in Shanghai it is eight in the evening
        clock.move(3600)
        irc.say("desk", "ann", "!announce --dry-run We open")
        told = await audience.told(irc, "ann", "news: 2 people")
        assert told.splitlines() == [
            "news: 2 people – irc 1, jabber 1 (1 asleep)",
            "The last quiet hours end at 2026-12-01 00:00 UTC.",
            "These are so many that somebody else has to agree.",
            "Nobody was told yet: that was a dry run.",
        ]
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "We open")


async def test_nobody_is_told_in_quiet_hours_or_too_much_in_a_day(listed, audience, irc, clock):
    async with running(ruled(listed, quiet="12:30-13:30", to_one=1), clock=clock) as bridge:
        await audience.subscribe(irc, "carol")
        clock.move(3600)  # one o'clock
        for text in ("first", "second"):
            irc.say("desk", "ann", f"!announce {text}")
        await audience.told(irc, "ann", "asleep", 2)
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "first\n")
        clock.move(1801)
        await bridge.patrol()
        assert audience.announcements(irc, "carol", "first\n")
        clock.move(3 * 3600)
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "second\n")
        clock.move(21 * 3600)
        await bridge.patrol()
        assert audience.announcements(irc, "carol", "second\n")


async def test_a_list_has_so_many_announcements_a_day(listed, audience, irc, clock):
    async with running(ruled(listed, a_day=1), clock=clock) as bridge:
        await audience.subscribe(irc, "carol")
        irc.say("desk", "ann", "!announce first")
        await audience.told(irc, "ann", "1 person")
        irc.say("desk", "ann", "!announce second")
        assert "room for another at 2026-12-01 12:00" in await audience.told(irc, "ann", "too much for news")
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "second\n")


async def test_who_is_away_is_told_when_they_are_there_and_once_over_a_restart(listed, audience, irc, clock):
    present = irc.present[RoomId("lobby")] = Present()
    async with running(listed, clock=clock) as bridge:
        present.add("carol!user@host", "carol")
        audience.alone(irc, "carol", "!subscribe news", room="lobby")
        code = (await audience.told(irc, "carol", "!confirm")).partition("!confirm ")[2][:6]
        audience.alone(irc, "carol", f"!confirm {code}", room="lobby")
        await audience.told(irc, "carol", "from now on")
        present.remove("carol!user@host")
        irc.say("desk", "ann", "!announce first")
        assert "(1 not reachable now)" in await audience.told(irc, "ann", "1 person")
        await bridge.patrol()
        present.add("carol!user@host", "carol")
        clock.move(61)
        await bridge.patrol()
        assert len(audience.announcements(irc, "carol", "first\n")) == 1
    async with running(listed, clock=clock) as bridge:
        clock.move(3600)
        await bridge.patrol()
        assert len(audience.announcements(irc, "carol", "first\n")) == 1
        present.remove("carol!user@host")
        irc.say("desk", "ann", "!announce second")
        await audience.told(irc, "ann", "(1 not reachable now)", 2)
        for _ in range(30):
            clock.move(6000)
            await bridge.patrol()
        present.add("carol!user@host", "carol")
        clock.move(6000)
        await bridge.patrol()
        assert not audience.announcements(irc, "carol", "second\n")
        irc.say("desk", "ann", "!announce")
        assert "1 were not reached" in await audience.told(irc, "ann", "The last one in news, by ann")


async def test_who_has_another_id_now_is_the_same_subscriber(listed, audience, irc):
    async with running(listed) as bridge:
        await audience.subscribe(irc, "carol")
        renamed = MemberChanged(
            room="lobby", sender=audience.sender("carol"), change=Change.RENAMED, name="caro",
            id=audience.sender("caro").id,
        )  # fmt: skip
        irc.announce(renamed)
        audience.alone(irc, "caro", "STOP")
        await audience.told(irc, "caro", "You get nothing more of news.")
        irc.say("desk", "ann", "!announce first")
        await audience.told(irc, "ann", "Nobody is subscribed")
        await bridge.patrol()


async def test_where_nobody_can_be_told_alone_nobody_subscribes(listed, audience, irc):
    irc.capabilities = replace(irc.capabilities, whisper=Support.NO)
    async with running(listed):
        irc.say("lobby", "carol", "!subscribe news")
        await answered(irc, "You cannot be told anything alone here", "lobby")
    assert not ledger(listed)


async def test_without_a_list_there_is_no_file_and_nothing_is_said(listed, audience, irc):
    plain = replace(listed, conversations={"lobby": listed.conversations["lobby"]})
    async with running(plain):
        irc.say("lobby", "carol", "!subscribe news")
        irc.say("lobby", "carol", "STOP")
        irc.say("lobby", "carol", "!who")
        await audience.told(irc, "carol", "lobby on jabber")
        assert len(audience.whispers(irc, "carol")) == 1
    assert not lists_file(plain.journal).exists()


@pytest.mark.parametrize(("per_minute", "first", "second"), [(6, 5, 6), (1200, 30, 30)])
async def test_a_network_has_a_pace_which_holds_up_no_other(
    listed, audience, irc, jabber, clock, per_minute, first, second
):
    async with running(ruled(listed, per_minute=per_minute, approve_above=99), clock=clock) as bridge:
        ledger = bridge.features.lists._parts.ledger
        for number in range(30):
            who = Subscriber("irc", f"u{number}!user@host", f"u{number}", f"with u{number}")
            entry = ledger.ask("news", who, now=clock.now(), words="", where="", language="en")
            ledger.confirm(entry.id, now=clock.now(), words="", where="")
        await audience.subscribe(jabber, "grace")
        irc.say("desk", "ann", "!announce first")
        await audience.told(irc, "ann", "31 people")
        await bridge.patrol()
        assert audience.announcements(jabber, "grace", "first\n")
        for count in (first, second):
            assert len([hint for hint in irc.hints if hint.text.startswith("first\n")]) == count
            clock.move(10)
            await bridge.patrol()


async def test_it_is_on_record_before_anybody_is_told(listed, audience, irc):
    """So that what ends the process then costs one too few, never one twice."""
    states = []

    def hinted(hint):
        if hint.text.startswith("first\n"):
            file = ListsFile(lists_file(listed.journal), read_only=True)
            states.extend(state for (state,) in file.rows("SELECT state FROM told"))
            file.close()

    async with running(listed) as bridge:
        await audience.subscribe(irc, "carol")
        irc._seen.hinted.append(hinted)
        irc.say("desk", "ann", "!announce first")
        await audience.told(irc, "ann", "1 person")
        await bridge.patrol()
    assert states == ["told"]
