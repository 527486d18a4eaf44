"""What owners leave out and replace, on its way from one scripted network to another."""

from dataclasses import replace

import pytest

from bridge.config import Filters, Replacement, ShowRules
from bridge.model import (
    Change,
    MemberChanged,
    MessageId,
    RoomId,
    Support,
    TopicChanged,
    Whisper,
)
from bridge.relay import Observer
from tests.bridge.relay.test_whole import edit, person, reaction, removal
from tests.bridge.world import config, running

pytestmark = pytest.mark.usefixtures("either_journal")

ROOMS = {"lobby": ["left one", "right two"]}


def replacing(*pairs):
    return tuple(Replacement(find=find, put=put) for find, put in pairs)


def filtering(tmp_path, where="left", **keys):
    return config(tmp_path, ROOMS, filters={where: Filters(**keys)})


@pytest.fixture
def poor(right):
    """A network that can only talk."""
    no = Support.NO
    right.capabilities = replace(right.capabilities, reply=no, edit=no, delete=no, reaction=no)
    return right


@pytest.fixture(params=["network", "conversation", "room"])
def placed(request, tmp_path):
    """Gives a map in which filters stand at one of the places where they can."""

    def place(**keys):
        made, filters = config(tmp_path, ROOMS), Filters(**keys)
        left, lobby = made.networks["left"], made.conversations["lobby"]
        match request.param:
            case "network":
                return replace(made, networks={**made.networks, "left": replace(left, filters=filters)})
            case "conversation":
                return replace(made, conversations={"lobby": replace(lobby, filters=filters)})
            case _:
                rooms = (replace(lobby.rooms[0], filters=filters), lobby.rooms[1])
                return replace(made, conversations={"lobby": replace(lobby, rooms=rooms)})

    return place


async def test_filters_count_wherever_they_stand(placed, left, right):
    keys = {"ignore_text": ("spam",), "ignore_commands": ("!",), "ignore_names": ("bot$",)}
    told = {
        key: replacing(rule)
        for key, rule in (("replace_text", ("teh", "the")), ("replace_names", (r"\[m\]", "")))
    }
    async with running(placed(**keys, **told)) as bridge:
        left.say("one", "alice", "buy spam")
        left.say("one", "alice", "!roll")
        left.say("one", "xbot", "hello")
        left.say("one", "ada[m]", "teh end")
        await right.until(1)
        assert right.texts("two") == ["<ada> the end"]
        assert bridge.counts().dropped["ignored"] == 3


async def test_what_other_rooms_say_is_left_alone(tmp_path, left, right):
    async with running(filtering(tmp_path, ignore_text=("spam",), replace_text=replacing(("a", "b")))):
        right.say("two", "bob", "a spam")
        await left.until(1)
        assert left.texts("one") == ["<bob> a spam"]


async def test_what_one_conversation_leaves_out_is_heard_in_another(tmp_path, left, right):
    rooms = {"lobby": ["left one", "right two"], "logs": ["left one", "right logs"]}
    filters = {"lobby": Filters(ignore_commands=("!",), replace_text=replacing(("red", "blue")))}
    async with running(config(tmp_path, rooms, filters=filters)):
        left.say("one", "alice", "!red")
        left.say("one", "alice", "red")
        await right.until(3)
    assert right.texts("two") == ["<alice> blue"]
    assert right.texts("logs") == ["<alice> !red", "<alice> red"]


class Looking(Observer):
    name = "looking"

    def __init__(self):
        self.words = []

    async def see(self, events):
        self.words += [seen.event.content.text for seen in events]


async def test_what_is_left_out_is_not_taken_and_what_is_replaced_is_kept_as_it_was(tmp_path, left, right):
    looking = Looking()
    keys = {"ignore_text": ("spam",), "replace_text": replacing(("red", "blue"))}
    async with running(filtering(tmp_path, **keys), observers=[looking]):
        left.say("one", "alice", "spam")
        left.say("one", "alice", "red")
        await right.until(1)
        while not looking.words:
            await left.settled()
    assert looking.words == ["red"]


async def test_an_edit_of_what_was_left_out_is_said_as_it_is_now(tmp_path, left, poor):
    async with running(filtering(tmp_path, ignore_commands=("!",))):
        said = left.say("one", "alice", "!hello")
        left.happen(edit(said, "hello"))
        await poor.until(1)
        left.happen(edit(said, "!hello again", "e2"))
        left.happen(removal("one", said.id, "alice"))
        left.happen(reaction("one", said.id, "bob", "+1"))
        left.say("one", "alice", "end")
        await poor.until(2)
    assert poor.texts("two") == ["<alice> [edited] hello", "<alice> end"]


async def test_an_edit_into_what_is_left_out_leaves_what_was_said(tmp_path, left, poor):
    async with running(filtering(tmp_path, ignore_text=("spam",))):
        said = left.say("one", "alice", "hello to you all in here")
        await poor.until(1)
        left.happen(edit(said, "spam"))
        left.happen(edit(said, "hello to you two in here", "e2"))
        await poor.until(2)
    assert poor.texts("two") == ["<alice> hello to you all in here", "<alice> *you two in"]


async def test_a_correction_compares_what_people_saw(tmp_path, left, poor):
    async with running(filtering(tmp_path, replace_text=replacing(("colou?r", "hue")))):
        said = left.say("one", "alice", "the color of the tea is fine today")
        await poor.until(1)
        left.happen(edit(said, "the colour of the tea is fine today"))  # nobody sees a difference
        left.happen(edit(said, "the color of the tea is great today", "e2"))
        await poor.until(2)
    assert poor.texts("two") == ["<alice> the hue of the tea is fine today", "<alice> *great"]


async def test_answers_quote_what_people_saw(tmp_path, left, poor):
    keys = {"replace_text": replacing(("red", "blue")), "replace_names": replacing(("lic", "nn"))}
    async with running(filtering(tmp_path, **keys)):
        said = left.say("one", "alice", "red tea")
        for text in ("1", "2", "3"):
            left.say("one", "bob", text)
        left.say("one", "bob", "yes", reply_to=said.id)
        left.say("one", "bob", "no", reply_to=MessageId("unknown"), quoted="red hot")
        await poor.until(6)
    assert poor.texts("two")[4:] == ["<bob> [re anne: blue tea] yes", "<bob> [re: blue hot] no"]


async def test_an_answer_to_what_was_left_out_does_not_quote_it(tmp_path, left, poor):
    async with running(filtering(tmp_path, ignore_text=("spam",))):
        said = left.say("one", "mallory", "buy spam")
        left.say("one", "bob", "no", reply_to=said.id, quoted="buy spam")
        await poor.until(1)
    assert poor.texts("two") == ["<bob> no"]


async def test_nobody_passes_for_another_by_what_is_replaced(tmp_path, left, right):
    keys = {
        "replace_text": replacing(("X", "<bob> "), (";", "\\0")),
        "replace_names": replacing(("[aeiou]", "")),
    }
    rules = config(tmp_path, ROOMS, filters={"left": Filters(**keys)})
    right.capabilities = replace(right.capabilities, lines=True)
    async with running(rules):
        right.say("two", "Hbbb", "hi")
        left.say("one", "alice", "one\nXtwo")
        left.say("one", "bib", "here")
        left.say("one", "bob", "here too")
        left.say("one", "Hubbub", "I am not it")
        left.say("one", "Hibbib", "nor I")
        await right.until(5)
    assert right.texts("two")[0] != "<lc> one\n<bob> two"
    names = [text.partition("> ")[0] for text in right.texts("two")]
    assert len(set(names)) == 5, names
    assert "<bb" in names


async def test_instructions_are_followed_though_they_do_not_cross(tmp_path, left, right):
    left.capabilities = replace(left.capabilities, whisper=Support.FULL)
    async with running(filtering(tmp_path, ignore_commands=("!",))) as bridge:
        left.say("one", "carol", "!who")
        left.say("one", "carol", "!roll")
        left.say("one", "carol", "end")
        await right.until(1)
        while not (whispers := [hint for hint in left.hints if isinstance(hint, Whisper)]):
            await left.settled()
        assert right.texts("two") == ["<carol> end"]
        assert "two on right" in whispers[0].text
        assert bridge.counts().dropped["ignored"] == 1


async def test_who_is_left_out_is_not_answered(tmp_path, left, right):
    left.capabilities = replace(left.capabilities, whisper=Support.FULL)
    async with running(filtering(tmp_path, ignore_names=("^carol$",), ignore_commands=("!",))) as bridge:
        left.say("one", "carol", "!who")
        left.say("one", "dave", "end")
        await right.until(1)
        assert not [hint for hint in left.hints if isinstance(hint, Whisper)]
        assert bridge.counts().dropped["ignored"] == 1


async def test_topics_and_who_comes_and_goes(tmp_path, left, right):
    keys = {
        "replace_names": replacing((r"_+$", "")),
        "replace_text": replacing(("red", "blue")),
        "ignore_text": ("spam",),
    }
    made = config(tmp_path, ROOMS, filters={"left": Filters(**keys)}, show=ShowRules(members="note"))
    async with running(made) as bridge:
        left.happen(TopicChanged(id=MessageId("t1"), room=RoomId("one"), sender=person("ann_"), topic="spam"))
        left.happen(TopicChanged(id=MessageId("t2"), room=RoomId("one"), sender=person("ann_"), topic="red"))
        await right.until(1)
        left.announce(MemberChanged(room=RoomId("one"), sender=person("eve__"), change=Change.JOINED))
        await bridge.patrol()
        await right.until(2)
    assert "ann " in right.texts("two")[0]
    assert "blue" in right.texts("two")[0]
    assert right.texts("two")[1].endswith("eve came")


async def test_a_long_text_is_said_whole_in_parts(tmp_path, left, right):
    right.capabilities = replace(right.capabilities, text_limit=60)
    words = " ".join(f"red{number}" for number in range(60))
    async with running(filtering(tmp_path, replace_text=replacing(("red", "blue")))):
        left.say("one", "alice", words)
        left.say("one", "alice", "end")
        while "<alice> end" not in right.texts("two"):
            await left.settled()
    told = " ".join(text.removeprefix("<alice> ") for text in right.texts("two")[:-1])
    assert told == words.replace("red", "blue")


async def test_a_new_map_counts_for_what_is_said_from_then_on(tmp_path, left, right):
    before = config(tmp_path, ROOMS)
    async with running(before) as bridge:
        left.say("one", "ada[m]", "red")
        await right.until(1)
        rules = Filters(replace_text=replacing(("red", "blue")), replace_names=replacing((r"\[m\]", "")))
        lobby = before.conversations["lobby"]
        await bridge.reload(replace(before, conversations={"lobby": replace(lobby, filters=rules)}))
        left.say("one", "ada[m]", "red")
        await right.until(2)
        await bridge.reload(before)
        left.say("one", "ada[m]", "red")
        await right.until(3)
    assert right.texts("two") == ["<ada[m]> red", "<ada> blue", "<ada[m]> red"]


async def test_a_new_name_is_nobody_else_s_to_leave_out(tmp_path, left, right):
    """Who is left out is decided by the names that people have at home, also while words are held back."""
    keys = {"ignore_names": ("^bot$",), "replace_names": replacing(("robot", "bot"))}
    made = config(tmp_path, ROOMS, filters={"left": Filters(**keys)}, show=ShowRules(hold_back=0.1))
    async with running(made):
        left.say("one", "bot", "no")
        left.say("one", "robot", "yes")
        await right.until(1)
    assert right.texts("two") == ["<bot> yes"]


async def test_the_rest_of_a_message_is_told_as_its_beginning(tmp_path, left, right):
    """Also when the words are replaced otherwise meanwhile: none of it is lost, and none said twice."""
    right.capabilities = replace(right.capabilities, text_limit=40, window=1)
    words = " ".join(f"wonderful{number:02}" for number in range(12))
    without, lobby = config(tmp_path, ROOMS), config(tmp_path, ROOMS).conversations["lobby"]
    shorter = Filters(replace_text=replacing(("wonderful", "w")))
    right.confirming = False
    async with running(without) as bridge:
        left.say("one", "ann", words)
        await right.until(1)
        await bridge.reload(replace(without, conversations={"lobby": replace(lobby, filters=shorter)}))
        right.release()
        await right.settled()
        left.say("one", "ann", "wonderful")
        await right.settled()
    said = [text.removeprefix("<ann> ") for text in right.texts("two")]
    assert " ".join(said[:-1]).split() == words.split()
    assert said[-1] == "w"
