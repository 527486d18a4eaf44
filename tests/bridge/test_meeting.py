"""Where private talk, moderation, names of networks and profiles meet."""

import logging
from dataclasses import replace

import pytest

from bridge.config import ShowRules
from bridge.errors import JournalError, Rejected, RoomUnavailable
from bridge.journal.memory import MemoryJournal
from bridge.looks import Present
from bridge.model import (
    Approached,
    Change,
    Content,
    Mark,
    MemberChanged,
    RoomId,
    RoomState,
    RoomStateChanged,
    Sender,
    SetPresent,
    Span,
    UserId,
)
from tests.bridge.direct_world import able, ask, direct, key, private, told, until, user, whispers, write
from tests.bridge.test_direct import ANN, BOB, agreed, met
from tests.bridge.world import config, running

EVERYWHERE = ShowRules(moderators="everywhere")
MODES = {"left": "ask", "right": "ask"}


@pytest.fixture
def asking(tmp_path, left, right):
    able(left)
    able(right)
    return direct(tmp_path, MODES, show=EVERYWHERE)


def kick(network, room, who, speaker="", change=Change.KICKED):
    sender = Sender(user(who), who)
    network.announce(MemberChanged(room=RoomId(room), sender=sender, speaker=speaker, change=change))


async def test_who_is_muted_asks_nobody(asking, left, right):
    async with running(asking):
        await met(left, right)
        kick(right, "two", "ann", key("left", "ann"))
        before = len(whispers(left))
        write(left, "ann", "right", "bob", "psst")
        ask(left, "one", "ann", "!msg bob psst")
        assert "cannot be written to alone" in (await told(left, before + 2))[before]
        assert not whispers(right)


async def test_who_was_muted_meanwhile_cannot_agree_either(asking, left, right):
    async with running(asking):
        await met(left, right)
        write(right, "bob", "left", "ann", "psst")
        await told(left, 1)
        kick(right, "two", "ann", key("left", "ann"))
        ask(left, "one", "ann", "!accept bob")
        assert "cannot be written to alone" in (await told(left, 3))[2]


async def test_who_is_muted_says_nothing_in_a_talk(asking, left, right):
    async with running(asking):
        await agreed(left, right)
        left.say(ANN, "ann", "hello")
        await until(lambda: right.texts(BOB))
        kick(right, "two", "ann", key("left", "ann"))
        left.say(ANN, "ann", "so you kick me?")
        ask(left, "one", "ann", "!msg bob so you kick me?")
        await until(lambda: sum("cannot be done now" in whisper.text for whisper in whispers(left)) == 2)
        right.say(BOB, "bob", "yes")
        await until(lambda: left.texts(ANN) == ["yes"])
        assert right.texts(BOB) == ["hello"]


async def test_a_ban_of_somebody_from_elsewhere_is_not_one_of_a_namesake(asking, left, right):
    """Their account is named by the network as any other is, and its id may be that of a person."""
    async with running(asking):
        await agreed(left, right)
        kick(right, "two", "bob", key("left", "bob"), change=Change.BANNED)
        assert not any("talk no more" in whisper.text for whisper in whispers(right))
        left.say(ANN, "ann", "hello")
        await until(lambda: right.texts(BOB))


async def test_who_ignores_somebody_does_not_ask_them_any_more(asking, left, right):
    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
        ask(left, "one", "ann", "!ignore bob")
        await told(left, 2)
        ask(right, "two", "bob", "!accept ann")
        assert "Nobody is known" in (await told(right, 2))[1]


async def test_old_questions_do_not_keep_others_from_asking(asking, left, right, clock):
    async with running(asking, clock=clock):
        right.say("two", "bob", "hello")
        for number in range(11):
            left.say("one", f"ann{number}", "hello")
        await until(lambda: len(right.texts("two")) == 11)
        for number in range(10):
            write(left, f"ann{number}", "right", "bob", "psst")
        await until(lambda: len(whispers(right)) == 10)
        clock.move(8 * 86_400)
        write(left, "ann10", "right", "bob", "psst")
        await until(lambda: len(whispers(right)) == 11)


async def test_the_log_names_nobody_who_talks_alone(asking, tmp_path, left, right, caplog):
    caplog.set_level(logging.INFO)
    async with running(asking) as bridge:
        await agreed(left, right)
        left.say(ANN, "ann", "secret word")
        await until(lambda: right.texts(BOB))
        kick(left, ANN, "ann", change=Change.BANNED)
        kick(right, BOB, "ann", key("left", "ann"), change=Change.BANNED)
        assert not bridge.features.moderation.muted()
        right.errors += [RoomUnavailable("ann!x has left"), Rejected("not from ann!x"), Rejected("nor that")]
        for text in ("one", "two", "three"):
            left.say(ANN, "ann", text)
        await until(lambda: not right.errors)
        gone = RoomStateChanged(room=BOB, state=RoomState.REFUSED, reason="bob!x is somebody else now")
        right.announce(gone)
        await right.settled()
        await bridge.patrol()
        alone = config(tmp_path, {"lobby": ["right two", "right four"]})
        await bridge.reload(alone)
    for record in caplog.records:
        said = record.getMessage()
        assert not any(word in said for word in ("ann!", "bob!", "secret")), said


@pytest.mark.parametrize("again", ["reload", "restart"])
async def test_who_is_ignored_or_muted_stays_so_when_a_network_gets_another_name(asking, left, right, again):
    after = {
        name.replace("left", "west"): replace(
            network, name=name.replace("left", "west"), was="left" if name == "left" else None
        )
        for name, network in asking.networks.items()
    }
    lobby = asking.conversations["lobby"]
    rooms = tuple(replace(room, network=room.network.replace("left", "west")) for room in lobby.rooms)
    renamed = replace(asking, networks=after, conversations={"lobby": replace(lobby, rooms=rooms)})

    async def then():
        left.say("one", "ann", "are you there?")
        left.say("one", "eve", "hear me")
        left.say("one", "ann", "yes?")
        await until(lambda: "yes?" in right.texts("two"))
        assert "hear me" not in right.texts("two")
        before = len(whispers(right))
        write(right, "bob", "west", "ann", "psst")
        write(left, "ann", "right", "bob", "psst")
        await left.settled()
        assert not any("wants" in one.text for one in [*whispers(left), *whispers(right)[before:]])

    async with running(asking) as bridge:
        await met(left, right)
        left.say("one", "eve", "hello")
        await until(lambda: len(right.texts("two")) == 2)
        ask(left, "one", "ann", "!ignore bob")
        ask(right, "two", "bob", "!ignore ann")
        await told(left, 1)
        await told(right, 1)
        kick(right, "two", "eve", key("left", "eve"), change=Change.BANNED)
        if again == "reload":
            await bridge.reload(renamed)
            await until(lambda: left.connected)
            await then()
    if again == "restart":
        async with running(renamed):
            await then()
        async with running(renamed):
            write(left, "ann", "right", "bob", "psst")
            await left.settled()
            assert not any("wants" in one.text for one in whispers(right))


def profiled(network, room, account, profile, text):
    """Let an account say something under another name."""
    who = Sender(UserId(f"{user(account)}/{profile}"), f"{profile} (via {account})", user(account))
    network.happen(replace(network.saying(room, account, text), sender=who))


def profiled_ask(network, room, account, profile, text, to=""):
    who = Sender(UserId(f"{user(account)}/{profile}"), f"{profile} (via {account})", user(account))
    network.announce(Approached(room=RoomId(room), sender=who, text=text, to=to))


async def test_consent_is_of_the_account_whatever_name_it_speaks_under(asking, left, right):
    async with running(asking):
        await met(left, right)
        profiled_ask(left, "one", "ann", "mia", "!msg bob psst")
        assert "wants" in (await told(right, 1))[0]
        ask(right, "two", "bob", "!ignore ann")
        await told(right, 2)
        for profile in ("zoe", "kim"):
            profiled(left, "one", "ann", profile, "hello")
            profiled_ask(left, "one", "ann", profile, "!msg bob psst")
            profiled_ask(left, private("ann", "right", "bob"), "ann", profile, "psst", key("right", "bob"))
        await left.settled()
        assert len(whispers(right)) == 2


async def test_a_talk_is_that_of_the_account(asking, left, right):
    async with running(asking):
        await agreed(left, right)
        profiled(left, ANN, "ann", "mia", "hello")
        await until(lambda: right.texts(BOB))
        profiled(left, ANN, "ann", "mia", "!end")
        assert "talk no more" in (await told(right, 3))[2]


async def test_whoever_was_heard_under_a_profile_is_asked_as_the_account(asking, left, right):
    async with running(asking):
        right.say("two", "bob", "hello")
        profiled(left, "one", "ann", "mia", "hello")
        left.say("one", "ann", "hello")
        await until(lambda: len(right.texts("two")) == 2)
        write(right, "bob", "left", "ann/mia", "psst")
        ask(right, "two", "bob", "!msg ann psst")
        told_left = await told(left, 1)
        assert "wants" in told_left[0]
        assert {whisper.user for whisper in whispers(left)} == {user("ann")}


async def test_who_asks_under_a_profile_is_answered_as_the_account(asking, left, right):
    async with running(asking):
        await met(left, right)
        for number in range(12):
            profiled_ask(left, "one", "ann", f"p{number}", "!who")
        await left.settled()
        assert {whisper.user for whisper in whispers(left)} == {user("ann")}
        assert len(whispers(left)) == 5


async def test_a_mute_is_of_the_account_whatever_name_it_speaks_under(asking, left, right):
    async with running(asking):
        profiled(left, "one", "ann", "mia", "hello")
        await until(lambda: right.texts("two"))
        kick(right, "two", "mia", f"{key('left', 'ann')}/mia", change=Change.BANNED)
        profiled(left, "one", "ann", "zoe", "still here")
        left.say("one", "ann", "so am I")
        left.say("one", "bea", "good")
        await until(lambda: "good" in right.texts("two"))
        assert right.texts("two") == ["hello", "good"]


async def test_a_room_that_is_only_told_asks_nobody_in_the_name_of_the_ignored(tmp_path, left, right):
    able(left)
    able(right)
    made = direct(tmp_path, MODES, ["left one to", "right two"], ignore={"left": ("ann",)})
    async with running(made):
        right.say("two", "bob", "hello")
        await until(lambda: left.texts("one"))
        write(left, "ann", "right", "bob", "psst")
        assert "cannot be written to alone" in (await told(left, 1))[0]


async def test_what_was_said_in_a_talk_that_has_ended_asks_nobody_from_the_past(asking, left, right):
    async with running(asking):
        await agreed(left, right)
        right.confirming = False
        left.say(ANN, "ann", "last")
        await until(lambda: right.texts(BOB))
        ask(right, "two", "bob", "!end ann")
        await until(lambda: any("talk no more" in whisper.text for whisper in whispers(left)))
        left.say(ANN, "ann", "from the past", replayed=True)
        await left.settled()
        assert sum("wants" in whisper.text for whisper in whispers(right)) == 1


async def test_a_space_with_a_mark_of_its_own_hides_no_instruction(asking, left, right):
    async with running(asking):
        await met(left, right)
        left.say("one", "ann", Content((Span(" ", frozenset({Mark.BOLD})), Span("!msg bob secret"))))
        left.say("one", "ann", "over")
        await until(lambda: "over" in right.texts("two"))
        assert right.texts("two") == ["hello", "over"]


class Full(MemoryJournal):
    """A journal whose notes, and what is opened, cannot be written sometimes."""

    left = 1000

    def __init__(self, clock):
        super().__init__(clock)
        for beside, names in ((self.notes, ("keep", "drop")), (self.opened, ("keep",))):
            for name in names:
                setattr(beside, name, self.counted(getattr(beside, name)))

    def counted(self, write):
        def counting(*what):
            self.left -= 1
            if self.left < 0:
                raise JournalError("the disk is full")
            write(*what)

        return counting


@pytest.mark.parametrize("writes", range(7))
async def test_a_disk_that_is_full_while_two_agree_keeps_them_apart_for_a_while_alone(
    asking, left, right, writes
):
    journals = []

    def journal(_, clock):
        journals.append(Full(clock))
        return journals[0]

    async with running(asking, journal=journal):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
        journals[0].left = writes
        ask(right, "two", "bob", "!accept ann")
        await told(right, 2)
        journals[0].left = 1000
        write(left, "ann", "right", "bob", "psst")
        ask(right, "two", "bob", "!accept ann")
        write(right, "bob", "left", "ann", "here I am")
        await left.settled()
        left.say(ANN, "ann", "hello")
        await until(lambda: right.texts(BOB) == ["hello"])


async def test_nobody_is_there_before_they_speak_where_two_talk(asking, left, right):
    """A private room has no members to come and go, whatever the rooms of the map want."""
    shown = ShowRules(members="present")
    networks = {name: replace(network, show=shown) for name, network in asking.networks.items()}
    async with running(replace(asking, networks=networks)) as bridge:
        await agreed(left, right)
        left.present[ANN] = present = Present()
        present.add(user("ann"), "ann")
        await until(lambda: len(bridge.adapter("right").rooms) == 2)
        await bridge.patrol()
        kick(left, ANN, "ann", change=Change.LEFT)
        kick(left, ANN, "ann", change=Change.KICKED)
        await bridge.patrol()
        assert not [hint for hint in right.hints if isinstance(hint, SetPresent) and hint.room == BOB]


def renamed(network, room, who, other):
    change = MemberChanged(
        room=RoomId(room),
        sender=Sender(user(who), who),
        change=Change.RENAMED,
        name=other,
        id=user(other),
    )
    network.announce(change)


async def test_who_took_other_names_is_heard_again_when_the_ban_ends(asking, left, right):
    async with running(asking) as bridge:
        left.say("one", "eve", "hello")
        await until(lambda: right.texts("two"))
        kick(left, "one", "eve", change=Change.BANNED)
        for number in range(50):
            renamed(left, "one", f"eve{number - 1}" if number else "eve", f"eve{number}")
        left.say("one", "eve49", "not heard")
        await left.settled()
        assert len(bridge.features.moderation.muted()) == 2
        kick(left, "one", "eve", change=Change.UNBANNED)
        left.say("one", "eve49", "back")
        await until(lambda: right.texts("two") == ["hello", "back"])
        assert not bridge.features.moderation.muted()


async def test_who_is_ignored_is_so_by_another_nick_too(asking, left, right):
    async with running(asking):
        await met(left, right)
        ask(right, "two", "bob", "!ignore ann")
        await told(right, 1)
        renamed(left, "one", "ann", "anna")
        left.say("one", "anna", "hello")
        await until(lambda: len(right.texts("two")) == 2)
        write(left, "anna", "right", "bob", "psst")
        await told(left, 1)
        assert len(whispers(right)) == 1


async def test_who_is_let_in_again_without_having_left_can_ask(asking, left, right):
    async with running(asking):
        await met(left, right)
        kick(left, "one", "ann", change=Change.BANNED)
        kick(left, "one", "ann", change=Change.UNBANNED)
        write(left, "ann", "right", "bob", "psst")
        await until(lambda: any("wants" in whisper.text for whisper in whispers(right)))
