"""One talk inside a conversation is filed under tags, found by them, and erased; chains verify as before."""

from bridge.archive.entries import Copy, EntryKind, Person
from bridge.archive.filing.holds import LegalHold
from bridge.archive.filing.questions import AddHold, EraseTalk, FileTalk, ReleaseHold, TalkMeant
from bridge.archive.filing.tags import all_tags, numbers_of
from bridge.archive.store import ScopeKind
from tests.bridge.archive.filing.office import YEAR
from tests.bridge.archive.persons.test_persons import in_files, verified

SECRET = "Zwergspinne"
NAMES = tuple(("sales", f"12.{n}") for n in range(1, 6))
TALK = TalkMeant(network="shop", person="12", names=NAMES, tag="chat-12", conversations=("sales",))


def visitor(office, name, text, chat="12"):
    by = Person(id=chat, name=f"{chat} {SECRET}", proof="mail:ann@example.org")
    return office.say(text, network="shop", room="sales", id=name, by=by)


def agent(office, text, copy=None):
    """What an agent says in the lobby, and what it is called where the visitor has it."""
    said = office.say(text, who="anna", network="libera")
    if copy is not None:
        became = Copy(network="shop", room="sales", ids=(copy,), speaker="anna")
        office.say("", who="", kind=EntryKind.COPY, target=office.name_of(said), id="", seq=0, copy=became)
    return said


def talk(office):
    """Two visitors and an agent, who also talks to colleagues."""
    office.keep(YEAR)
    return [
        visitor(office, "12.1", f"{SECRET}: which sizes?"),
        agent(office, f"for {SECRET}: all", "12.3"),
        agent(office, "what a day"),
        visitor(office, "13.1", "and I?", chat="13"),
        agent(office, f"still {SECRET}", "12.4"),
        visitor(office, "12.5", f"thanks, {SECRET}"),
    ]


def tagged(office, tag="chat-12"):
    """The texts that a search by a tag has to find."""
    with office.store.reader() as reader:
        found = numbers_of(reader, tag).get("sales", ())
        entries = [
            entry for first, last in found for entry in reader.entries(after=first - 1, before=last + 1)
        ]
    return [one.words.text for one in entries if one.header.kind is EntryKind.MESSAGE]


def test_all_of_one_talk_is_filed_and_nothing_else(office):
    talk(office)
    assert office.keeper.do(FileTalk(TALK, ("chat-12", "customer-4711"))) == 4
    texts = [f"{SECRET}: which sizes?", f"for {SECRET}: all", f"still {SECRET}", f"thanks, {SECRET}"]
    assert tagged(office) == tagged(office, "customer-4711") == texts
    assert len(all_tags(office.store, "chat-12")) == 2  # two stretches, in between others talk
    assert office.keeper.do(FileTalk(TALK, ("chat-12",))) == 4
    assert len(all_tags(office.store, "chat-12")) == 2
    nothing = TalkMeant(network="shop", person="14", names=(("sales", "14.1"),))
    assert office.keeper.do(FileTalk(nothing, ("chat-14",))) == 0


def test_a_talk_is_erased_with_what_was_said_to_them(office):
    talk(office)
    office.keeper.do(FileTalk(TALK, ("chat-12",)))
    erased = office.keeper.do(EraseTalk(TALK))
    assert erased.held == 0
    assert office.texts() == ["what a day", "and I?"]
    office.work()
    assert not in_files(office, f"{SECRET}: which")
    assert not in_files(office, f"for {SECRET}")
    assert not all_tags(office.store)
    with office.store.reader() as reader:
        assert not reader.subject(ScopeKind.PERSON, "shop", "12")
        assert reader.subject(ScopeKind.PERSON, "shop", "13")
    assert verified(office)


def test_what_is_filed_is_erased_after_its_names_are_forgotten(office):
    talk(office)
    office.keeper.do(FileTalk(TALK, ("chat-12",)))
    later = TalkMeant(network="shop", person="12", tag="chat-12", conversations=("sales",))
    office.keeper.do(EraseTalk(later))
    assert office.texts() == ["what a day", "and I?"]


def test_a_hold_keeps_a_talk_until_it_is_released(office):
    talk(office)
    office.keeper.do(FileTalk(TALK, ("chat-12",)))
    office.keeper.do(AddHold(LegalHold(name="case-7", reason="dispute", at=0.0, tags=("chat-12",))))
    erased = office.keeper.do(EraseTalk(TALK))
    assert (erased.gone, bool(erased.held)) == (0, True)
    office.work()
    assert len(tagged(office)) == 4
    office.keeper.do(ReleaseHold("case-7"))
    office.work()
    assert office.texts() == ["what a day", "and I?"]
    assert verified(office)
