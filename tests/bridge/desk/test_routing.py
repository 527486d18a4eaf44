"""Who gets the next visitor."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.desk.routing import Candidate, Held, Offer, TakingTurns, Waiting, Why, offers, taken_back

TURNS = TakingTurns(assign="turns", capacity=2, answer_within=60.0, back_within=300.0)
FIRST = replace(TURNS, assign="first")
NOW = 1000.0


def agent(key: str, **values) -> Candidate:
    stands = {
        "there": True,
        "on": True,
        "away": False,
        "missing_since": None,
        "chats": 0,
        "asked": 0,
        "last_given": 0.0,
    }
    return Candidate(key, **stands | values)


def offered(rules, agents, chats):
    return list(offers(rules, agents, chats, NOW))


def lost(one, chat, now=NOW):
    """Why its agent cannot keep a chat."""
    return [back.why for back in taken_back(TURNS, {one.key: one}, [chat], now)]


def test_whoever_waits_longest_is_offered_first_to_whose_turn_it_is():
    agents = [agent("anna", last_given=20.0), agent("ben", last_given=10.0)]
    chats = [Waiting(7), Waiting(3), Waiting(9)]
    assert offered(TURNS, agents, chats) == [Offer(7, "ben"), Offer(3, "anna"), Offer(9, "anna")]
    assert offered(FIRST, agents, chats) == []


@pytest.mark.parametrize(
    "stands",
    [
        {"there": False},
        {"on": False},
        {"away": True},
        {"chats": 2},
        {"asked": 2},
        {"chats": 1, "asked": 1},
        {"program": True},
    ],
    ids=lambda stands: next(iter(stands)),
)
def test_nobody_is_offered_what_they_cannot_take(stands):
    assert offered(TURNS, [agent("anna", **stands)], [Waiting(1)]) == []
    assert offered(TURNS, [agent("anna", **stands), agent("ben")], [Waiting(1)]) == [Offer(1, "ben")]


def test_nobody_is_asked_twice_for_the_same_chat():
    agents = [agent("anna"), agent("ben")]
    assert offered(TURNS, agents, [Waiting(1, asked={"anna"})]) == [Offer(1, "ben")]
    assert offered(TURNS, agents, [Waiting(1, asked={"anna", "ben"}), Waiting(2)]) == [Offer(2, "anna")]
    assert offered(TURNS, [*agents, agent("carl")], [Waiting(1, asked={"anna", "ben"})]) == [Offer(1, "carl")]


def test_nobody_is_looked_at_once_all_agents_have_enough():
    def waiting():
        yield from (Waiting(1), Waiting(2))
        raise AssertionError("a line of thousands would be read for nothing")

    assert len(offered(TURNS, [agent("anna")], waiting())) == 2


def test_an_offer_goes_back_that_is_not_answered():
    offer = Held(1, "anna", offered_at=940.5)
    assert lost(agent("anna", asked=1), offer) == []
    assert lost(agent("anna", asked=1), offer, 1000.5) == [Why.SILENT]
    assert lost(agent("anna", asked=1), offer, 940.0) == [], "a clock is put right by a little"
    assert lost(agent("anna", asked=1), offer, 880.0) == [Why.SILENT], "or by far"


def test_an_offer_goes_back_when_its_agent_has_taken_others():
    offer = Held(1, "anna", offered_at=999.0)
    assert lost(agent("anna", chats=1, asked=3), offer) == []
    assert lost(agent("anna", chats=2, asked=1), offer) == [Why.FULL]
    assert lost(agent("anna", chats=2, asked=1), Held(1, "anna")) == [], "what they have they keep"


@pytest.mark.parametrize(
    ("stands", "why"),
    [
        ({"there": False, "missing_since": 985.0}, Why.GONE),
        ({"on": False}, Why.GONE),
        ({"away": True, "missing_since": 985.0}, Why.AWAY),
    ],
)
def test_an_offer_goes_back_when_its_agent_does(stands, why):
    assert lost(agent("anna", chats=1, **stands), Held(1, "anna", offered_at=999.0)) == [why]


def test_an_offer_outlives_a_connection():
    gone = agent("anna", there=False, missing_since=990.0, chats=1)
    assert lost(gone, Held(1, "anna", offered_at=999.0)) == []


def test_a_chat_goes_back_when_its_agent_is_missed_for_long():
    chat = Held(1, "anna")
    gone = agent("anna", there=False, missing_since=800.0, chats=1)
    assert lost(gone, chat, 1099.0) == []
    assert lost(gone, chat, 1100.0) == [Why.GONE]
    away = agent("anna", away=True, missing_since=800.0, chats=1)
    assert lost(away, chat, 2299.0) == [], "they may only read"
    assert lost(away, chat, 2300.0) == [Why.AWAY]
    assert lost(agent("anna", on=False, chats=1), chat, 9999.0) == [], "!off keeps what one has"


def test_a_program_keeps_what_it_took_and_is_not_waited_for():
    gone = agent("bot", there=False, missing_since=0.0, chats=1, program=True)
    assert lost(gone, Held(1, "bot")) == []
    assert lost(gone, Held(1, "bot", offered_at=999.0)) == [Why.GONE]


def test_who_comes_again_gets_the_agent_of_before():
    agents = [agent("anna", last_given=900.0), agent("ben")]
    assert offered(TURNS, agents, [Waiting(1, before="anna")]) == [Offer(1, "anna")]
    assert offered(FIRST, agents, [Waiting(1, before="anna")]) == [Offer(1, "anna")]
    assert offered(FIRST, agents, [Waiting(1, before="anna", asked={"anna"})]) == []
    busy = [agent("anna", chats=2), agent("ben")]
    assert offered(TURNS, busy, [Waiting(1, before="anna")]) == [Offer(1, "ben")]


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
            asked=st.integers(0, 1),
            last_given=st.floats(0, 1000),
            program=st.booleans(),
        )
        for key in KEYS
    )
)
chats_ = st.lists(
    st.tuples(st.none() | st.sampled_from(KEYS), st.frozensets(st.sampled_from(KEYS))), max_size=8
)


@given(st.sampled_from([TURNS, FIRST]), agents_, chats_)
def test_whatever_stands(rules, agents, rows):
    """Nobody gets more than they can take, each chat goes to one agent at most, who comes first is served
    first, and nobody waits in vain.
    """
    chats = [Waiting(number, before, asked) for number, (before, asked) in enumerate(rows)]
    has = {one.key: one.chats + one.asked for one in agents}
    found = offered(rules, agents, chats)
    given_to = {step.number: step.agent for step in found}
    assert len(given_to) == len(found)
    for chat in chats:
        able = [
            one.key
            for one in agents
            if one.is_available and one.key not in chat.asked and has[one.key] < rules.capacity
        ]
        chosen = given_to.get(chat.number)
        if chat.before in able:
            assert chosen == chat.before
        elif rules is FIRST or not able:
            assert chosen is None
        else:
            assert chosen in able
        if chosen is not None:
            has[chosen] += 1
