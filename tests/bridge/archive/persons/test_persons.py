"""A person is found, told what there is of them, and erased on all networks; the rest stays as it was."""

import io
import json
import zipfile

import pytest

from bridge.archive.chain import first_link, header_commitment, leaf_of, link_of, words_commitment
from bridge.archive.entries import EntryKind, Person
from bridge.archive.filing.holds import LegalHold
from bridge.archive.filing.questions import AddHold, ErasePeople, FindPeople, ListTags, PutTag, ReleaseHold
from bridge.archive.persons.export import export_person
from bridge.archive.persons.finding import KnownPerson
from bridge.archive.persons.traces import Trace
from bridge.archive.store import ScopeKind
from bridge.errors import ArchiveError
from tests.bridge.archive.filing.office import YEAR

ADA = KnownPerson(network="libera", id="ada!x", names=("ada", "ada_away"))
SECRET = "Xylophon"


def find(office, *who, networks=()):
    return [one.key for one in office.keeper.do(FindPeople(who, networks)).people]


def erase(office, *people, **more):
    return office.keeper.do(ErasePeople(people or (ADA,), **more))


@pytest.fixture
def talk(office):
    """Ada spoke on two networks; others answer, react, quote and name her."""
    office.keep(YEAR)
    said = office.say(f"{SECRET} one")
    office.copy(said, speaker="ada-on-libera")
    office.edit(said, f"{SECRET} two")
    office.file_of(said, "ab" * 32)
    office.say("quite so", who="bob", reply_to=office.name_of(said), quoted=f"{SECRET} one")
    spans = [{"text": "ada", "mention": "ada!x"}, {"text": ": hi"}]
    office.say("ada: hi", who="bob", spans=spans)
    office.say("", who="bob", kind=EntryKind.REACTION, target=office.name_of(said))
    office.say("", who="carl", kind=EntryKind.MEMBER, change="kicked", other=Person(id="ada!x", name="ada"))
    office.say(f"{SECRET} three", who="ada", network="matrix", conversation="lobby")
    office.say("", kind=EntryKind.MEMBER, who="ada", change="left")
    office.say("nothing to do with it", who="bob")
    return office


def verified(office):
    """Whether each chain follows from what is left of it."""
    with office.store.reader() as reader:
        for info in reader.conversations():
            link = first_link(info.chain)
            for row in reader.links(info.name, 1, info.position):
                header = header_commitment(row.header_salt, row.header)
                words = row.words_commitment or words_commitment(row.words_salt, row.words)
                link = link_of(link, row.leaf or leaf_of(row.position, header, words))
            if link != info.link:
                return False
    return True


def in_files(office, text):
    """Whether a text stands in any of the archive's files."""
    return any(
        text.encode() in path.read_bytes() for path in office.store.file.parent.rglob("*") if path.is_file()
    )


def test_whom_somebody_means(office):
    for who, network in (("ada", "libera"), ("ada", "matrix"), ("Bob", "libera"), ("bob", "matrix")):
        office.say("x", who=who, network=network)
    assert find(office, "libera/ada!x") == ["libera/ada!x"]
    assert find(office, "libera/ada!x", "matrix/ada!x") == ["libera/ada!x", "matrix/ada!x"]
    with pytest.raises(ArchiveError, match=r"any of these.*\n  libera/ada!x  \(ada\)\n  matrix/ada!x"):
        find(office, "ADA")
    with pytest.raises(ArchiveError, match='nobody in the archive is, or was, called "carl"'):
        find(office, "carl")
    with pytest.raises(ArchiveError, match="nobody"):
        find(office, "irc/carl")
    for wrong in ("bop", "libera/bop", "libera/Bob", "libera/bob!y"):
        with pytest.raises(ArchiveError, match=r"; did you mean .*libera/Bob!x \(Bob\)"):
            find(office, wrong)
    assert find(office, "irc/carl", networks=["irc"]) == ["irc/carl"], "whom the journal alone may know"


def test_what_they_said_goes_from_all_files_and_the_chains_stay_whole(talk):
    before = talk.states()
    report = erase(talk)
    assert (report.said, report.of_it, report.named, report.quoted) == (3, 2, 1, 2)
    assert report.conversations == {"sales": 6}
    assert (report.stay, report.held, report.dry_run) == (0, [], False)
    assert talk.texts() == ["quite so", "ada: hi", "nothing to do with it"]
    assert talk.states() == [
        "bare" if place in (0, 1, 2, 3, 7, 8) else state for place, state in enumerate(before)
    ]
    assert verified(talk)
    assert talk.texts("lobby") == [f"{SECRET} three"], "who they are elsewhere the owner has to say"
    with talk.store.reader() as reader:
        known = {(one.network, one.id) for one in reader.subjects(ScopeKind.PERSON)}
        assert known == {("libera", "bob!x"), ("libera", "carl!x"), ("matrix", "ada!x")}
        (told, *_) = [
            entry for entry in reader.entries() if entry.header and entry.header.kind is EntryKind.ERASURE
        ]
        assert (told.header.change, told.header.by, told.words.text) == ("person", None, "1-4, 8-9")


def test_with_what_others_quote_nothing_of_them_is_in_any_file(talk):
    theirs, others = talk.keep_file(1, b"a plan"), talk.keep_file(11, b"another")
    report = erase(talk, ADA, KnownPerson(network="matrix", id="ada!x"), mentions=True)
    assert (theirs.exists(), others.exists()) == (False, True)
    assert (report.quoted, report.quotes_taken) == (2, True)
    assert talk.texts() == ["nothing to do with it"]
    assert verified(talk)
    talk.close()
    for text in (SECRET, "ada!x", "ada-on-libera", "abababab"):
        assert not in_files(talk, text)


def test_a_dry_run_tells_the_same_and_takes_nothing(talk):
    before = talk.texts()
    dry = erase(talk, dry_run=True)
    assert talk.texts() == before
    assert (dry.said, dry.of_it, dry.named, dry.quoted, dry.dry_run) == (3, 2, 1, 2, True)


def test_what_is_held_stays_says_why_and_goes_with_the_hold(talk):
    talk.keeper.do(
        AddHold(LegalHold(name="case", reason="dispute with Ada", at=0.0, conversations=("lobby",)))
    )
    people = ADA, KnownPerson(network="matrix", id="ada!x")
    report = erase(talk, *people, mentions=True)
    (held,) = report.held
    assert (report.stay, held.hold, held.reason, held.entries) == (1, "case", "dispute with Ada", 1)
    assert talk.texts("lobby") == [f"{SECRET} three"]
    talk.work()
    assert talk.texts("lobby") == [f"{SECRET} three"]
    talk.keeper.do(ReleaseHold("case"))
    talk.work()
    assert talk.texts("lobby") == []
    assert verified(talk)
    talk.close()
    assert not in_files(talk, SECRET)
    assert not in_files(talk, "ada!x")


def test_by_what_a_network_vouches_for_somebody_is_one_under_all_ids(office):
    for place in range(3):
        office.say("x", who="", by=Person(id=f"nick{place}!x", name="nick", proof="ada-account"))
    office.say("y", who="bob")
    report = erase(office, KnownPerson(network="libera", id="ada-account"))
    assert report.said == 3
    assert office.texts() == ["y"]


def test_who_gave_a_tag_is_known_no_more(talk):
    talk.keeper.do(PutTag("offer", talk.which(5), "libera/ada!x", "ada"))
    erase(talk)
    (tag,) = talk.keeper.do(ListTags()).tags
    assert (tag.by, tag.name, tag.first) == ("", "", 5)


def test_they_are_told_what_there_is(talk):
    talk.keeper.do(PutTag("offer", talk.which(5), "libera/ada!x", "ada"))
    talk.remove(talk.say("never mind"))
    out = io.BytesIO()
    heard = []
    with talk.store.reader() as reader:
        counts = export_person(
            reader, [ADA], out, now=0.0, journal=[{"text": "你好"}], tell=lambda *told: heard.append(told)
        )
    assert counts == {Trace.SAID: 5, Trace.OF_IT: 2, Trace.NAMED: 1, Trace.QUOTED: 2}
    assert heard[-1] == (13, 13)
    with zipfile.ZipFile(out) as made:
        assert made.testzip() is None
        names = {
            "README.txt",
            "said.txt",
            "said.jsonl",
            "about.jsonl",
            "journal.jsonl",
            "desks.jsonl",
            "lists.jsonl",
            "tags.json",
        }
        assert set(made.namelist()) == names
        said = [json.loads(line) for line in made.read("said.jsonl").splitlines()]
        about = [json.loads(line) for line in made.read("about.jsonl").splitlines()]
        text = made.read("said.txt").decode()
        assert json.loads(made.read("journal.jsonl")) == {"text": "你好"}
        assert json.loads(made.read("tags.json"))[0]["tag"] == "offer"
        assert "libera/ada!x  ada, ada_away" in made.read("README.txt").decode()
    assert said[0]["header"]["by"] == {"id": "ada!x", "name": "ada"}
    assert said[0]["words"] == {"text": f"{SECRET} one"}
    assert "words" not in said[-2], "they were taken back"
    assert {one["trace"] for one in about} == {"of what they said", "names them", "quotes them"}
    lines = text.splitlines()
    assert lines[0] == f"2027-01-15 08:00:00  sales, libera #sales  <ada> {SECRET} one"
    assert lines[1].endswith(f"<ada> corrects: {SECRET} two")
    assert lines[2].endswith("<ada> (left)")
    assert lines[3].endswith("<ada> (the words went)")
