"""Who gets the next visitor."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.desk.routing import Back, Candidate, Offer, Open, TakingTurns, Unanswered, Why, places, steps

TURNS = TakingTurns(assign="turns", capacity=2, answer_within=60.0, back_within=300.0)
FIRST = replace(TURNS, assign="first")


def agent(key: str, **values) -> Candidate:
    stands = {"there": True, "on": True, "away": False, "missing_since": None, "chats": 0, "last_given": 0.0}
    return Candidate(key, **stands | values)


def waiting(number: int, **values) -> Open:
    return Open(number, "waiting", 0.0, **values)


def done(rules, agents, chats, now=1000.0):
    return list(steps(rules, agents, chats, now))


def test_whoever_waits_longest_is_offered_first_to_whose_turn_it_is():
    agents = [agent("anna", last_given=20.0), agent("ben", last_given=10.0)]
    chats = [waiting(7), waiting(3), waiting(9)]
    assert done(TURNS, agents, chats) == [Offer(7, "ben"), Offer(3, "anna"), Offer(9, "anna")]
    assert done(FIRST, agents, chats) == []


@pytest.mark.parametrize(
    "stands",
    [{"there": False}, {"on": False}, {"away": True}, {"chats": 2}, {"program": True}],
    ids=lambda stands: next(iter(stands)),
)
def test_nobody_is_offered_what_they_cannot_take(stands):
    assert done(TURNS, [agent("anna", **stands)], [waiting(1)]) == []
    assert done(TURNS, [agent("anna", **stands), agent("ben")], [waiting(1)]) == [Offer(1, "ben")]


def test_an_offer_that_is_not_answered_goes_to_the_next_and_then_to_all():
    agents = [agent("anna", chats=1), agent("ben")]
    offered = Open(1, "offered", 940.5, "anna", asked={"anna"})
    assert done(TURNS, agents, [offered]) == []
    assert done(TURNS, agents, [offered], 1000.5) == [Back(1, "anna", Why.SILENT), Offer(1, "ben")]
    last = Open(1, "offered", 940.0, "ben", asked={"anna", "ben"})
    assert done(TURNS, agents, [last]) == [Back(1, "ben", Why.SILENT), Unanswered(1)]
    assert done(TURNS, agents, [waiting(1, asked={"anna", "ben"})]) == []
    assert done(TURNS, [*agents, agent("carl")], [waiting(1, asked={"anna", "ben"})]) == [Offer(1, "carl")]


@pytest.mark.parametrize(
    ("stands", "why"),
    [
        ({"there": False, "missing_since": 985.0}, Why.GONE),
        ({"on": False}, Why.GONE),
        ({"away": True, "missing_since": 985.0}, Why.AWAY),
    ],
)
def test_an_offer_goes_back_when_its_agent_does(stands, why):
    offered = Open(1, "offered", 999.0, "anna", asked={"anna"})
    assert done(TURNS, [agent("anna", chats=1, **stands)], [offered]) == [
        Back(1, "anna", why),
        Unanswered(1),
    ]


def test_an_offer_outlives_a_connection():
    offered = Open(1, "offered", 999.0, "anna", asked={"anna"})
    assert done(TURNS, [agent("anna", there=False, missing_since=990.0, chats=1)], [offered]) == []


def test_a_chat_goes_back_when_its_agent_is_missed_for_long():
    chat = Open(1, "talking", 0.0, "anna")
    ben = agent("ben")
    gone = agent("anna", there=False, missing_since=800.0, chats=1)
    assert done(TURNS, [gone, ben], [chat]) == []
    assert done(TURNS, [gone, ben], [chat], 1100.0) == [Back(1, "anna", Why.GONE), Offer(1, "ben")]
    assert done(FIRST, [gone, ben], [chat], 1100.0) == [Back(1, "anna", Why.GONE)]
    away = agent("anna", away=True, missing_since=800.0, chats=1)
    assert done(TURNS, [away], [chat], 1100.0) == []  # they may only read
    assert done(TURNS, [away], [chat], 2300.0) == [Back(1, "anna", Why.AWAY)]
    assert done(TURNS, [agent("anna", on=False, chats=1)], [chat], 9999.0) == []  # !off keeps what one has


def test_who_comes_again_gets_the_agent_of_before():
    agents = [agent("anna", last_given=900.0), agent("ben")]
    assert done(TURNS, agents, [waiting(1, before="anna")]) == [Offer(1, "anna")]
    assert done(FIRST, agents, [waiting(1, before="anna")]) == [Offer(1, "anna")]
    assert done(FIRST, agents, [waiting(1, before="anna", asked={"anna"})]) == []
    busy = [agent("anna", chats=2), agent("ben")]
    assert done(TURNS, busy, [waiting(1, before="anna")]) == [Offer(1, "ben")]


def test_places_in_the_queue():
    chats = [waiting(4), Open(5, "talking", 0.0, "anna"), Open(6, "offered", 0.0, "ben"), waiting(7)]
    assert places(chats) == {4: 1, 6: 2, 7: 3}


KEYS = ["anna", "ben", "carl"]
agents_ = st.tuples(
    *(
        st.builds(
            Candidate,
            st.just(key),
            there=st.booleans(),
            on=st.booleans(),
            away=st.booleans(),
            missing_since=st.none() | st.floats(0, 1000),
            chats=st.integers(0, 3),
            last_given=st.floats(0, 1000),
            program=st.booleans(),
        )
        for key in KEYS
    )
)
chats_ = st.lists(
    st.tuples(
        st.sampled_from(["waiting", "offered", "talking"]),
        st.floats(0, 1000),
        st.sampled_from(KEYS),
        st.none() | st.sampled_from(KEYS),
        st.sets(st.sampled_from(KEYS)),
    ),
    max_size=8,
)


@given(st.sampled_from([TURNS, FIRST]), agents_, chats_)
def test_whatever_stands(rules, agents, rows):
    """Nobody gets more than they can take, each chat has at most one agent, and nobody waits in vain."""
    chats = [
        Open(number, state, since, None if state == "waiting" else who, before, asked)
        for number, (state, since, who, before, asked) in enumerate(rows)
    ]
    has = {one.key: one.chats for one in agents}
    holder = {chat.number: chat.agent for chat in chats}
    found = done(rules, agents, chats)
    for step in found:
        match step:
            case Back(number, who):
                assert holder[number] == who
                holder[number], has[who] = None, has[who] - 1
            case Offer(number, who):
                assert holder[number] is None
                holder[number], has[who] = who, has[who] + 1
                taker = next(one for one in agents if one.key == who)
                assert taker.is_available
                assert has[who] <= rules.capacity
                assert who not in chats[number].asked
            case Unanswered(number):
                assert holder[number] is None
    if rules is TURNS:
        for chat in chats:
            lost = {step.agent for step in found if isinstance(step, Back) and step.number == chat.number}
            for one in agents:
                could = one.is_available and one.key not in {*chat.asked, *lost}
                assert holder[chat.number] is not None or not could or has[one.key] >= rules.capacity
