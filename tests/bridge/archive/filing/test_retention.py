"""What has to go goes in time, and nothing else does; what is held stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.archive.entries import EntryKind
from bridge.archive.filing.holds import LegalHold
from bridge.archive.filing.questions import AddHold, HowItStands, ListHolds, PutTag, ReleaseHold, TakeTag
from bridge.archive.filing.retention import _windows
from bridge.archive.store import Head, Round
from bridge.errors import ArchiveError

from .office import DAY, YEAR


def test_what_is_kept_for_a_time_goes_after_it(office):
    office.keep(30 * DAY)
    office.keep(YEAR, "lobby")
    office.say("old")
    office.say("elsewhere", conversation="lobby")
    office.later(20 * DAY)
    office.say("new")
    office.later(9.9 * DAY)
    assert office.texts() == ["old", "new"]
    office.later(0.2 * DAY)
    assert office.texts() == ["new"]
    office.later(20 * DAY)
    assert office.states() == ["bare", "bare"]
    assert office.texts("lobby") == ["elsewhere"]


def test_an_hour_is_the_longest_that_it_stays_over_its_time(office):
    office.keep(30 * DAY)
    office.say("old")
    office.later(30 * DAY - 1)
    assert office.texts() == ["old"]
    office.later(3600)
    assert office.texts() == []


def test_many_go_in_steps_and_others_have_their_turn(office):
    office.keep(DAY)
    for number in range(1300):
        office.say(f"text {number}")
    office.clock.move(2 * DAY)
    steps = 0
    while office.keeper.step():
        steps += 1
    assert steps >= 3
    assert set(office.states()) == {"bare"}


def test_a_room_whose_network_wants_less_is_kept_less(office):
    office.keep(YEAR)
    office.store.put_note("retention", "matrix\n!room", str(7 * DAY).encode())
    office.say("there", network="matrix", room="!room")
    office.say("here")
    office.later(8 * DAY)
    assert office.texts() == ["here"]


def test_what_has_a_tag_is_kept_as_long_as_the_tag_says(office):
    office.keep(30 * DAY, tags={"offer": YEAR, "draft": 2 * DAY, "deal": 2 * YEAR})
    offer, _, draft, deal = (office.say(text) for text in ("offer", "talk", "draft", "deal"))
    office.edit(offer, "better offer")
    for tag, number in (("Offer", offer), ("draft", draft), ("offer", deal), ("deal", deal), ("x", draft)):
        office.keeper.do(PutTag(tag, office.which(number)))
    office.later(3 * DAY)
    assert office.texts() == ["offer", "talk", "deal", "better offer"]
    office.later(30 * DAY)
    assert office.texts() == ["offer", "deal", "better offer"]
    office.later(YEAR)
    assert office.texts() == ["deal"]
    office.later(YEAR)
    assert office.texts() == []


def test_without_its_tag_it_goes_as_all_the_rest(office):
    office.keep(30 * DAY, tags={"offer": YEAR})
    offer = office.say("offer")
    office.keeper.do(PutTag("offer", office.which(offer)))
    office.later(31 * DAY)
    assert office.texts() == ["offer"]
    office.keeper.do(TakeTag("offer", office.which(offer)))
    office.work()
    assert office.texts() == []


def test_a_shorter_time_in_the_configuration_counts_for_what_is_there(office):
    office.keep(YEAR)
    office.say("old")
    office.later(40 * DAY)
    office.keep(30 * DAY)
    office.work()
    assert office.texts() == []


def test_the_beginning_of_a_chain_is_cut_where_it_was_signed(office):
    office.keep(30 * DAY)
    for number in range(10):
        office.say(f"text {number}")
    with office.store.reader() as reader:
        (info,) = reader.conversations()
        link = next(reader.links("sales", 5, 5))
    office.store.put_round(Round(1, office.clock.now(), b"{}", b"x"), [Head(info.number, 5, link.check)])
    office.later(31 * DAY)
    with office.store.reader() as reader:
        (info,) = reader.conversations()
        assert info.start == 5
        assert [entry.position for entry in reader.entries("sales")][:2] == [6, 7]


def hold(name="case", reason="a dispute", **more):
    return LegalHold(name=name, reason=reason, at=0.0, **more)


@pytest.mark.parametrize(
    ("held", "stays"),
    [
        ({"conversations": ("sales",)}, ["ada 1", "bob 1", "ada 2"]),
        ({"people": ("libera/ada!x",)}, ["ada 1", "ada 2", "elsewhere"]),
        ({"people": ("ada",), "conversations": ("sales",)}, ["ada 1", "ada 2"]),
        ({"tags": ("Offer",)}, ["bob 1"]),
        ({"since": 1_800_000_000.0 + DAY / 2}, ["ada 2"]),
        ({"until": 1_800_000_000.0 + DAY / 2}, ["ada 1", "bob 1", "elsewhere"]),
    ],
)
def test_what_is_held_stays_until_it_is_released(office, held, stays):
    office.keep(30 * DAY)
    office.keep(30 * DAY, "lobby")
    office.say("ada 1")
    bob = office.say("bob 1", who="bob")
    office.say("elsewhere", conversation="lobby")
    office.clock.move(DAY)
    office.say("ada 2")
    office.keeper.do(PutTag("offer", office.which(bob)))
    office.keeper.do(AddHold(hold(**held)))
    office.later(YEAR)
    assert office.texts() + office.texts("lobby") == stays
    office.keeper.do(ReleaseHold("case"))
    office.work()
    assert office.texts() + office.texts("lobby") == []


def test_words_that_are_taken_back_while_they_are_held_go_once_they_are_not(office):
    office.keep(YEAR)
    said = office.say("I offer 100")
    edited = office.edit(said, "I offer 200")
    office.keeper.do(AddHold(hold(people=("ada",))))
    other = office.say("never mind", who="bob")
    office.remove(said)
    office.remove(other, who="bob")
    assert office.texts() == ["I offer 100", "I offer 200"]
    office.later(2 * DAY)
    assert office.texts() == ["I offer 100", "I offer 200"]
    office.keeper.do(ReleaseHold("case"))
    office.work()
    assert office.texts() == []
    assert [office.entry(number).state.name for number in (said, edited)] == ["WORDLESS", "WORDLESS"]


def test_what_was_said_and_taken_back_in_one_moment_stays_where_something_is_held(office):
    office.keep(YEAR)
    office.keeper.do(AddHold(hold(people=("libera/ada!x",)))) if office.say("first") else None
    from bridge.archive.entries import Header, Person, Words
    from bridge.archive.store import NewEntry

    ada, at = Person(id="ada!x", name="ada"), office.clock.now()
    both = [
        NewEntry("sales", Header(kind=EntryKind.MESSAGE, at=at, network="libera", room="#s", id="m", by=ada),
                 Words(text="quick")),
        NewEntry("sales", Header(kind=EntryKind.REMOVAL, at=at, network="libera", room="#s", id="r", by=ada,
                                 target="m"), Words()),
    ]  # fmt: skip
    office.store.add(both)
    assert office.texts() == ["first", "quick"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (hold(), "say what is held"),
        (hold(reason=" ", tags=("x",)), "say why"),
        (hold(conversations=("salse",)), "no conversation 'salse': it has sales"),
        (hold(people=("carol",)), 'called "carol"'),
        (hold(tags=("a b",)), "a tag must be one word"),
        (hold("first", tags=("x",)), "there is a hold 'first' already"),
    ],
)
def test_a_hold_that_is_wrong_is_refused(office, wrong, sentence):
    office.say("x")
    office.keeper.do(AddHold(hold("first", conversations=("sales",))))
    with pytest.raises(ArchiveError, match=sentence):
        office.keeper.do(AddHold(wrong))
    with pytest.raises(ArchiveError, match="there is no hold 'second': there is first"):
        office.keeper.do(ReleaseHold("second"))
    assert [one.name for one in office.keeper.do(ListHolds()).holds] == ["first"]


def test_how_it_stands(office):
    office.keep(30 * DAY)
    office.say("x")
    office.say("y")
    office.keeper.do(PutTag("offer", office.which(1, 2)))
    found = office.keeper.do(HowItStands())
    (sales,) = found.conversations
    assert (sales.name, sales.archived, sales.entries, sales.keep) == ("sales", True, 2, 30 * DAY)
    office.say("z")
    assert sales.expires == sales.oldest + 30 * DAY
    assert found.bytes >= sales.bytes > 0
    assert found.tags == {"offer": 1}
    assert not found.wrong


@given(
    st.sets(st.integers(1, 50), min_size=1, max_size=4),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_a_look_sees_what_came_of_age_since_the_one_before(times, said, before, since):
    now = before + since
    of_age = any(before < said + keep <= now for keep in times)
    seen = any(
        (low is None or low <= said) and said < high for low, high in _windows(times, now + 0.5, before + 0.5)
    )
    assert seen or not of_age
    assert not seen or any(before <= said + keep <= now + 1 for keep in times) or len(times) > 1
