"""What the ledger of lists has of people is told to them, and erased, whether or not anything is archived."""

import asyncio
import json
import zipfile

import pytest
from click.testing import CliRunner

from bridge.announce.codes import ListCodes
from bridge.announce.ledger import BY_MAIL, Subscriber, SubscriptionLedger
from bridge.announce.persons import LedgerPersons
from bridge.announce.restoring import go_on_from_lists
from bridge.announce.store import ListsFile, lists_file
from bridge.announce.subscribing import Subscribing
from bridge.cli.person import person
from bridge.cli.subscribers import subscribers
from bridge.control.abilities import Abilities
from bridge.control.filing_requests import EraseRequest
from bridge.control.server import Control
from bridge.model import RoomId, UserId
from bridge.testing import HandClock
from tests.bridge.world import running

CAROL = "irc/carol!user@host"


@pytest.fixture
def file(tmp_path):
    file = ListsFile(tmp_path / "j-lists.sqlite3")
    yield file
    file.close()


@pytest.fixture
def ledger(file):
    return SubscriptionLedger(file)


def subscribe(ledger, network, user, name="news"):
    who = Subscriber(network, UserId(user), user, RoomId("a room"))
    made = ledger.ask(
        name, who, now=1.0, words=f"words of {user}", where=f"where {user}", language="de", zone="UTC"
    )
    ledger.confirm(made.id, now=2.0, words=f"yes of {user}", where=f"there {user}")
    return made.id


def test_nothing_of_somebody_is_left_but_that_there_was_somebody(file, ledger, tmp_path):
    number = subscribe(ledger, BY_MAIL, "Ann@example.org")
    other = subscribe(ledger, "irc", "ann@example.org")
    persons = LedgerPersons(file, HandClock(9.0))
    assert [one.id for one in persons.of({(BY_MAIL, "ann@example.org")})] == [number]
    assert persons.erase({(BY_MAIL, "ann@example.org")}) == 1
    assert persons.of({(BY_MAIL, "ann@example.org"), (BY_MAIL, "")}) == []
    left = ledger.entry(number)
    assert (left.list, left.asked_at, left.confirmed_at) == ("news", 1.0, 2.0)
    assert {left.user, left.name, left.language, left.asked_where, left.confirmed_words} == {""}
    assert [one.id for one in ledger.active("news")] == [other]
    assert b"Ann@" not in b"".join(one.read_bytes() for one in tmp_path.iterdir())


def test_who_had_another_id_before_is_found_by_the_one_of_now(file, ledger):
    subscribe(ledger, "irc", "ann!a@b")
    subscribe(ledger, "irc", "anna!a@b")
    ledger.move("irc", UserId("ann!a@b"), UserId("anna!a@b"), name="anna", now=3.0)
    assert LedgerPersons(file, HandClock(9.0)).erase({("irc", "anna!a@b")}) == 2
    assert not any("ann" in f"{one}" for one in ledger.all("news"))


def test_an_address_that_was_erased_is_not_asked_again(file, ledger):
    asked = []
    answers = Subscribing(
        ledger,
        ListCodes(b"secret"),
        lambda: {"news": None},
        lambda one: asked.append(one.user) or True,
        HandClock(9.0),
    )
    subscribe(ledger, BY_MAIL, "Ann@example.org")
    LedgerPersons(file, HandClock(9.0)).erase({(BY_MAIL, "Ann@example.org")})
    ledger.tidy(1e9)
    for address in ("ann@example.org", "ben@example.org"):
        answers.by_mail("news", address, where="shop", language="en")
    assert asked == ["ben@example.org"]


def test_who_was_erased_since_a_backup_is_erased_in_it_too(file, ledger, tmp_path):
    subscribe(ledger, BY_MAIL, "ann@example.org")
    copy = tmp_path / "copy"
    file._base.execute("VACUUM INTO ?", (str(copy),))
    LedgerPersons(file, HandClock(9.0)).erase({(BY_MAIL, "ann@example.org")})
    go_on_from_lists(copy, file.path)
    restored = ListsFile(copy)
    assert SubscriptionLedger(restored).is_erased(BY_MAIL, UserId("ANN@example.org"))
    restored.close()
    assert b"ann@" not in copy.read_bytes()


def test_who_asked_and_was_erased_since_a_backup_is_not_asked_again_after_it(file, ledger, tmp_path):
    copy = tmp_path / "copy"
    file._base.execute("VACUUM INTO ?", (str(copy),))
    subscribe(ledger, BY_MAIL, "ann@example.org")
    LedgerPersons(file, HandClock(9.0)).erase({(BY_MAIL, "ann@example.org")})
    go_on_from_lists(copy, file.path)
    restored = ListsFile(copy)
    assert SubscriptionLedger(restored).is_erased(BY_MAIL, UserId("ann@example.org"))
    restored.close()


def test_who_is_erased_while_somebody_reads_is_gone_from_the_log_when_they_are_done(file, ledger, tmp_path):
    subscribe(ledger, BY_MAIL, "ann@example.org")
    reader = ListsFile(file.path, read_only=True)
    reader._base.execute("BEGIN")
    reader.rows("SELECT * FROM subscription")
    LedgerPersons(file, HandClock(9.0)).erase({(BY_MAIL, "ann@example.org")})
    reader.close()
    file.scrub_rest()
    assert b"ann@" not in b"".join(one.read_bytes() for one in tmp_path.iterdir())


async def hubbub(listed, command, *words):
    def call():
        ran = CliRunner().invoke(command, [*words, "--journal", str(listed.journal)])
        return ran.output if ran.exception is None else str(ran.exception)

    return " ".join((await asyncio.to_thread(call)).split())


async def test_an_owner_erases_a_subscriber_where_nothing_is_archived(listed, audience, irc):
    async with running(listed, lambda bridge: Control(Abilities(bridge, None)).listening()):
        await audience.subscribe(irc, "carol")
        await audience.subscribe(irc, "dora")
        told = await hubbub(listed, person, "erase", CAROL, "--dry-run")
        assert f"{CAROL} What would go: 1 of their entries in the ledger of lists" in told
        assert "in the ledger of lists 1 entry: that somebody asked, confirmed and ended it" in told
        assert "○" not in await hubbub(listed, subscribers, "news")
        told = await hubbub(listed, person, "erase", CAROL, "--yes")
        assert "What went: 1 of their entries in the ledger of lists" in told
        told = await hubbub(listed, subscribers, "news")
        assert told.startswith("○ somebody who was erased: asked 2")
        assert told.endswith("1 subscriber of news now.")
        assert "carol" not in told
        assert json.loads(await hubbub(listed, subscribers, "news", "--json"))[0]["user"] == ""
        audience.alone(irc, "carol", "!subscribe news")  # they may, and do so by their own word
        assert "Do you want" in await audience.told(irc, "carol", "!confirm", 2)


async def test_an_owner_erases_an_address(listed):
    async with running(listed) as bridge:
        file = ListsFile(lists_file(listed.journal))
        subscribe(SubscriptionLedger(file), BY_MAIL, "Ann@example.org")
        answer = await Abilities(bridge, None).do(EraseRequest(who=["mail:ann@example.org"]), "owner")
        assert answer.subscriptions == 1
        assert [(one.network, one.id) for one in answer.archive.people] == [("", "ann@example.org")]
        assert SubscriptionLedger(file).active("news") == []
        file.close()


def test_a_person_is_given_what_the_ledger_has(tmp_path, monkeypatch, file, ledger):
    subscribe(ledger, BY_MAIL, "Ann@example.org")
    subscribe(ledger, BY_MAIL, "ben@example.org")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bridge.yaml").write_text(
        'journal: j.sqlite3\nnetworks: {irc: {protocol: "bridge.testing:ScriptedAdapter", server: irc}}\n'
        'conversations: {news: {irc: "#news", announce: {announcers: [ada]}}}\n'
    )
    ran = CliRunner().invoke(person, ["export", "mail:ann@example.org", "--to", "ann.zip"])
    assert ran.exception is None, ran.output
    assert "what there is of mail:ann@example.org:\n          1  in the ledger" in ran.output
    with zipfile.ZipFile("ann.zip") as made:
        (entry,) = made.read("lists.jsonl").decode().splitlines()
    assert json.loads(entry)["confirmed_words"] == "yes of Ann@example.org"
