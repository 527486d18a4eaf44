"""The contract catches each adapter that does not keep it, and tells its author what to do."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from unittest import SkipTest

import pytest

from bridge.model import (
    Authorship,
    DeleteMessage,
    EditMessage,
    MessageId,
    Part,
    Receipt,
    SetReactions,
    SetTopic,
    Support,
)
from bridge.testing import AdapterContract, HandClock, ScriptedAdapter, ScriptedNetwork
from bridge.testing.contract.place import ALICE
from tests.bridge.dishonest import hearing, sending
from tests.bridge.scripted_place import ROOM, new_network, new_place, shelf


@dataclass(frozen=True)
class Dishonest:
    """One adapter that does not keep the contract, and what its author reads."""

    adapter: type[ScriptedAdapter]
    test: str
    """Which part of the contract it fails."""
    sentence: str
    """How what its author reads begins, or a part of it."""
    network: Callable[[ScriptedNetwork], object] = lambda _: None
    """What the network is like."""


def record(**fields):
    """The network's record says this."""

    def change(network):
        network.capabilities = replace(network.capabilities, **fields)

    return change


def slow(network):
    """It confirms later."""
    network.confirming = False


def refusing(network):
    network.refusals[ROOM] = "the door is shut: ask its owner"


NO_EDITS = record(edit=Support.NO)
UNSEEN = "the record says {} to {}, it was done, and ann saw nothing of it: send it as the network's clients"


def unseen(adapter, what, field, says="FULL", network=lambda _: None):
    """What the record claims does not arrive."""
    return Dishonest(adapter, f"what_is_claimed_of_{what}", UNSEEN.format(says, field), network)


MANY = "many_at_once_both_ways_are_all_there_and_in_order"
HELD = "what_was_not_durable_comes_again_or_is_said_to_be_missing"
MISSED = "what_is_missed_is_read_or_said_to_be_missing"
SENT = "what_is_sent_is_confirmed_and_heard_and_not_emitted"
HEARD = "what_people_say_is_emitted"
END = "the_end_of_the_server_ends_the_run"
ALONE = "without_a_connection_nothing_is_sent_and_only_adapter_errors_are_raised"
FOUND = "what_was_sent_is_found_and_nothing_else"
PAST = "what_the_owner_wants_to_have_read_is_what_was_said"
ROOMS = "what_cannot_be_a_room_is_refused_with_a_sentence"
TWICE = "two_equal_texts_are_two_messages"
CANCELLED = "a_cancelled_run_ends_soon_and_can_be_followed_by_another"
LOOP = "nothing_holds_the_loop"
EDITS = "what_is_claimed_of_edits_and_removals"

DISHONEST = [
    # what comes in
    Dishonest(
        hearing.AcknowledgesEarly,
        HELD,
        "the next run says that nothing was missed: acknowledge nothing to the network before that future is"
        " done, and remember no position but what emit.position() says",
    ),
    Dishonest(hearing.DropsWhenBusy, MANY, "none may be dropped, whatever it waits for"),
    Dishonest(hearing.TurnsAround, MANY, "what people said is emitted in another order, or not all"),
    Dishonest(
        hearing.EmitsItsEcho,
        SENT,
        "the adapter emits its own words: what the network shows us of what we said",
    ),
    Dishonest(
        hearing.NamesByText, TWICE, "somebody said the same twice, which is two messages, each with its id"
    ),
    Dishonest(
        hearing.NamesAnew, HELD, "a message that is emitted again has the id that it had the first time"
    ),
    Dishonest(
        hearing.PastIsLive,
        MISSED,
        "what is read from the past is replayed=True, and says when it was said (at)",
    ),
    Dishonest(
        hearing.PastHasNoTime,
        MISSED,
        "what is read from the past is replayed=True, and says when it was said",
    ),
    Dishonest(
        hearing.ForgetsThePast, MISSED, "JOINED has caught_up=True only where all of it was emitted, in order"
    ),
    Dishonest(
        hearing.BeginsAtTheBeginning, "a_first_visit_starts_at_now", "a room without a position starts at now"
    ),
    Dishonest(hearing.StaysConnected, CANCELLED, "peer tells of a connection that has ended"),
    Dishonest(
        hearing.NamesNoPort, CANCELLED, "it is an Endpoint, whose server is a host, a colon and a port"
    ),
    Dishonest(hearing.ShowsNoCertificate, CANCELLED, "a server that speaks TLS has shown a certificate"),
    Dishonest(hearing.KeepsForAWhile, CANCELLED, "retention returned 'a while': seconds, or None"),
    Dishonest(hearing.IsHalfOpen, CANCELLED, "history_is_open returned 1: a bool, or None"),
    Dishonest(hearing.HalfACharacter, HEARD, "content.spans[0].text holds half a character, or NUL"),
    Dishonest(
        hearing.OtherRoom, HEARD, "a MessageCreated of its adapter is refused: the map has no such room"
    ),
    Dishonest(hearing.WrongScope, HEARD, "its scope is 'sent lobby', which is no room of the map, nor empty"),
    Dishonest(hearing.EmotesAreText, "an_emote_is_emitted_as_one", "an emote is emitted otherwise"),
    # runs
    Dishonest(
        hearing.NeverJoins,
        HEARD,
        "the room was never JOINED: emit RoomStateChanged(room=..., state=RoomState.JOINED)",
    ),
    Dishonest(ScriptedAdapter, HEARD, "lobby is REFUSED: the door is shut: ask its owner", refusing),
    Dishonest(hearing.GivesUp, HEARD, "run ended (the password has no letters): the room was never JOINED"),
    Dishonest(
        hearing.IsDeaf,
        CANCELLED,
        "run goes on 2 s after it was cancelled: it has to let CancelledError through",
    ),
    Dishonest(hearing.Raises, END, "run raised EOFError('stream closed'): the core can do nothing with that"),
    Dishonest(hearing.JoinsOnce, CANCELLED, "the room was never JOINED: emit RoomStateChanged(room="),
    Dishonest(
        hearing.EmitsTooLate,
        CANCELLED,
        "its adapter emits after the end of its connection: that is refused",
    ),
    Dishonest(hearing.Returns, END, "run returned at the end of its server: it ends with ConnectionLost"),
    Dishonest(
        hearing.LooksAtNothing, END, "look finds all well where there is no server: it raises ConnectionLost"
    ),
    Dishonest(
        hearing.TakesAnyRoom,
        ROOMS,
        "'' is no room, and room_id takes it, or says nothing: it raises ValueError",
    ),
    Dishonest(hearing.Elsewhere, ROOMS, "room_id makes another room of what it made itself"),
    Dishonest(
        hearing.LooksIn,
        "looking_disturbs_nobody",
        "look disturbs the service that runs (ConnectionLost: not connected)",
    ),
    # what is sent
    Dishonest(
        sending.SendsInReverse,
        MANY,
        "what was sent arrives in another order, with 16 on the way at once (window)",
    ),
    Dishonest(
        sending.FlowsOver,
        MANY,
        "the record has a window of 16, and with so many commands on the way one of them failed"
        " (TemporaryFailure: slow down): say a smaller window, or wait in send until there is place",
    ),
    Dishonest(
        sending.failing(AttributeError("'NoneType' object has no attribute 'write'")),
        ALONE,
        "send_now raised AttributeError(\"'NoneType' object has no attribute 'write'\"): the core can do"
        " nothing with that; raise the one of bridge.errors that says what to do next (ConnectionLost where"
        " the connection is",
    ),
    Dishonest(sending.failing(TimeoutError()), ALONE, "send_now raised TimeoutError()"),
    Dishonest(
        sending.ConfirmsAtOnce,
        ALONE,
        "a command without a connection is confirmed: it fails with ConnectionLost",
    ),
    Dishonest(
        sending.ConfirmsAtOnce,
        SENT,
        "a message was confirmed, and ann did not hear it: confirm what the network",
    ),
    Dishonest(
        sending.ConfirmsNothing,
        SENT,
        "a command was never confirmed: each one ends with a Receipt or with an",
    ),
    Dishonest(sending.ConfirmsWithNone, SENT, "a command was confirmed with None, which is no Receipt"),
    Dishonest(
        sending.LeavesOpen,
        CANCELLED,
        "run is over, and a command's future is still open: what was on its way ends",
        slow,
    ),
    Dishonest(
        sending.BlocksSending,
        LOOP,
        "whenever a message is sent, and all networks share the loop: await what takes",
    ),
    Dishonest(sending.BlocksHearing, LOOP, "whenever a message is heard, and all networks share the loop"),
    Dishonest(sending.Escapes, "user_text_is_only_text", "what a person wrote arrives changed: escape it"),
    # what the record claims
    unseen(sending.ignoring(EditMessage), "edits_and_removals", "edit"),
    unseen(
        sending.ignoring(EditMessage), "edits_and_removals", "edit", "PARTIAL", record(edit=Support.PARTIAL)
    ),
    unseen(sending.ignoring(DeleteMessage), "edits_and_removals", "delete"),
    unseen(sending.ignoring(SetReactions), "reactions_and_the_topic", "reaction"),
    unseen(sending.ignoring(SetTopic), "reactions_and_the_topic", "topic"),
    unseen(sending.losing(answered=None), "messages", "reply"),
    unseen(sending.losing(thread=None), "messages", "thread"),
    unseen(sending.LosesMentions, "messages", "mention"),
    unseen(sending.losing(at=None), "messages", "times", "True"),
    unseen(sending.HidesTyping, "typing_and_reading", "typing"),
    unseen(sending.HidesReading, "typing_and_reading", "read"),
    unseen(sending.HidesWhispers, "whispers", "whisper"),
    Dishonest(
        sending.WhispersToAll,
        "what_is_claimed_of_whispers",
        "somebody is told what is for somebody else alone",
    ),
    Dishonest(
        sending.WhispersInTheRoom,
        "what_is_claimed_of_whispers",
        "what is for one person is said in the room",
    ),
    Dishonest(
        sending.losing(file=None), "what_is_claimed_of_files", "a message with one file has one attachment"
    ),
    Dishonest(
        sending.LosesCaptions,
        "what_is_claimed_of_files",
        "the record says that a file has words with it (captions)",
    ),
    Dishonest(
        sending.NoSource,
        "what_people_send_can_be_fetched",
        "a file cannot be fetched where source says: mxc://nowhere",
    ),
    Dishonest(
        sending.LosesMarks,
        "every_mark_that_is_claimed_arrives",
        "the record has <Mark.BOLD: 'bold'> among its marks, and",
    ),
    Dishonest(
        sending.LosesBlocks,
        "every_feature_that_is_claimed_arrives",
        "among its features, and it does not arrive",
    ),
    Dishonest(
        sending.CutsText,
        "the_longest_text_arrives_whole",
        "the record promises 60000 bytes: of so much text, all 'x', 100",
    ),
    Dishonest(
        sending.CutsMarked,
        "the_longest_text_arrives_whole",
        "a change of marks costs 0 bytes at most (mark_cost)",
    ),
    Dishonest(
        sending.CutsLines,
        "every_feature_that_is_claimed_arrives",
        "a message holds several lines (lines), and they do not",
    ),
    Dishonest(
        sending.SaysNoAndDoesIt,
        EDITS,
        "the record says NO to edit, and EditMessage was confirmed: raise Unsupported, or say in the"
        " record what the network can do",
        NO_EDITS,
    ),
    Dishonest(
        sending.SaysNoLater,
        EDITS,
        "the record says NO to edit, and EditMessage was refused with Temp",
        NO_EDITS,
    ),
    Dishonest(
        sending.SaysNoAndSendsIt, EDITS, "it was refused with Unsupported, and yet it arrived", NO_EDITS
    ),
    Dishonest(
        sending.SaysNoLater,
        EDITS,
        "the record says FULL to edit, and it failed (TemporaryFailure: not now): say",
    ),
    # who speaks
    Dishonest(
        sending.losing(speaker=ALICE),
        "who_speaks_by_themselves_has_their_name_and_no_event_is_made_of_it",
        "what a speaker says is not shown under their name",
        record(authorship=Authorship.PUPPET),
    ),
    Dishonest(
        sending.ignoring(EditMessage),
        "who_speaks_by_themselves_changes_what_they_said_and_is_found",
        "ann saw no MessageEdited",
        record(authorship=Authorship.PUPPET),
    ),
    Dishonest(
        sending.finding(lambda _, txns: dict.fromkeys(txns, Receipt(Part(MessageId("c1"))))),
        "who_speaks_by_themselves_changes_what_they_said_and_is_found",
        "find_sent says who said it (Part.speaker is Speaker.account)",
        record(authorship=Authorship.PUPPET),
    ),
    # questions
    Dishonest(
        sending.finding(lambda _, txns: {}), FOUND, "the record says FULL to doubt, and find_sent leaves open"
    ),
    Dishonest(
        sending.finding(lambda _, txns: dict.fromkeys(txns)),
        FOUND,
        "find_sent says None of a message that arrived",
    ),
    Dishonest(
        sending.finding(lambda _, txns: dict.fromkeys(txns, Receipt(None))),
        FOUND,
        "find_sent has a receipt for what was never sent, so it would be lost: look for the txn",
    ),
    Dishonest(
        sending.NamesNothing, FOUND, "find_sent has a name for a message, and the receipt of send has none"
    ),
    Dishonest(sending.finding(sending.oops), FOUND, "find_sent raised KeyError('txn')"),
    Dishonest(
        sending.PastIsOurs,
        PAST,
        "past returns what others said, under the ids that it had live, replayed=True",
    ),
    Dishonest(
        sending.StillThere,
        "who_goes_by_another_name_is_not_present_by_the_old_one",
        "who goes by another name is still present by the old one",
    ),
]


@pytest.fixture(scope="module")
async def files():
    async with shelf() as files:
        yield files


async def keeps(name, network, kind=ScriptedAdapter):
    """Put an adapter to one part of the contract, while time flies."""
    clock = HandClock()
    async with new_place(network, kind, clock) as place:
        await clock.hurry(getattr(AdapterContract(), name)(place))


@pytest.mark.parametrize("case", DISHONEST, ids=lambda case: f"{case.adapter.__name__}-{case.test[:30]}")
async def test_the_author_reads_what_to_do(case, files):
    network = new_network(files)
    case.network(network)
    with pytest.raises(AssertionError, match=re.escape(case.sentence)):
        await keeps(f"test_{case.test}", network, case.adapter)


PARTS = [name for name in dir(AdapterContract) if name.startswith("test_")]


@pytest.mark.parametrize("name", PARTS)
async def test_an_honest_adapter_keeps_it_while_time_flies(name, files):
    with contextlib.suppress(SkipTest):
        await keeps(name, new_network(files))


def test_every_part_of_the_contract_catches_somebody():
    assert {f"test_{case.test}" for case in DISHONEST} == set(PARTS)
