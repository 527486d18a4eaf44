"""What is asked of Hubbub, and what it says itself, is no talk of people."""

import importlib
import pkgutil

import msgspec

import bridge
from bridge.archive.asides import INSTRUCTIONS, is_aside
from bridge.archive.entries import EntryKind, Header, Person, Words
from bridge.archive.filing.questions import PutTag, Which
from bridge.archive.search.reach import Readable
from bridge.archive.store import Store
from bridge.clock import SYSTEM
from bridge.instructions import Instruction
from tests.bridge.archive.filing.office import Office
from tests.bridge.archive.search.talk import found, said

ADA, HUBBUB = Person(id="ada!x", name="ada"), Person(id="", name="Hubbub")


def aside(text, by=ADA):
    return is_aside(Header(kind=EntryKind.MESSAGE, at=1.0, network="irc", by=by), Words(text=text))


def test_what_is_one():
    assert all(aside(text) for text in ("!tag offer", "!Search x", "!help"))
    assert aside("From now on, what is said here is archived.", HUBBUB)
    assert not any(aside(text) for text in ("hello", "!important", "tag !tag", "!", "! tag"))


def test_every_instruction_is_known():
    for module in pkgutil.walk_packages(bridge.__path__, "bridge."):
        if module.name.startswith(("bridge.archive", "bridge.instructions", "bridge.features")):
            importlib.import_module(module.name)
    below = everything_below(Instruction)
    names = {one.name for one in below if hasattr(one, "name") and one.__module__.startswith("bridge.")}
    assert names | {"help"} == INSTRUCTIONS


def everything_below(cls):
    return {cls, *(one for below in cls.__subclasses__() for one in everything_below(below))} - {Instruction}


def test_it_is_not_among_what_a_tag_is_given_to(tmp_path):
    office = Office(tmp_path / "archive.sqlite3")
    try:
        office.say("From now on, what is said here is archived.", by=HUBBUB)
        office.say("!tag")
        first = office.say("I offer 100")
        office.say("!search offer")
        last = office.say("agreed")
        office.say("!tag two words")
        change = office.keeper.do(PutTag("whole", Which(conversations=("sales",), before_seq=99)))
        assert change.messages == 2
        (tagged,) = change.tagged
        assert (tagged.first, tagged.last) == (first, last)
    finally:
        office.close()


def test_nor_what_somebody_in_a_room_finds(tmp_path):
    store = Store(tmp_path / "archive.sqlite3", SYSTEM)
    try:
        asked = said("!tag offer")
        own = said("the offer: ask Ann for it")
        own = own._replace(header=msgspec.structs.replace(own.header, by=HUBBUB))
        store.add([said("the offer"), asked, own])
        assert found(store, "offer", reach=Readable("talk", "irc", "#talk")) == ["the offer"]
        store.add([said("", left_out="opted out")])
        assert found(store, "from:ann", reach=Readable("talk", "irc", "#talk")) == ["the offer"]
    finally:
        store.close()
