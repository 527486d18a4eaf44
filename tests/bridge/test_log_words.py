"""The log holds nothing of what people say, and names the delivery in every line of a message's way."""

import logging
from dataclasses import replace

import pytest

from bridge.compose.composer import Composer
from bridge.errors import FormRefused, RateLimited, Rejected, RoomUnavailable, TemporaryFailure
from bridge.model import (
    Approached,
    Attachment,
    Change,
    Content,
    MemberChanged,
    MessageEdited,
    MessageId,
    NameChanged,
    ReactionsChanged,
    Removed,
    RoomId,
    RoomState,
    RoomStateChanged,
    Sender,
    Support,
    TopicChanged,
    TypingChanged,
    UserId,
    plain,
)
from bridge.model.registry import EVENTS
from bridge.testing import ScriptedAdapter
from bridge.whose import keys_of
from tests.bridge.world import running

WORDS = "xyzzy"
ANN = Sender(UserId("ann!user@host"), "ann")
ONE = RoomId("one")


def all_that_happens(left):
    """One of every kind that an adapter can emit, with words wherever people put some."""
    said = left.saying("one", "ann", f"{WORDS} hello", quoted=WORDS)
    about = {"room": ONE, "sender": ANN, "target": said.id}
    file = Attachment(f"https://127.0.0.1:9/{WORDS}.png", f"{WORDS}.png")
    talk = [
        said,
        left.saying("one", "ann", plain(f"{WORDS} again"), reply_to=said.id),
        left.saying("one", "ann", Content(plain(WORDS).spans, attachments=(file,))),
        left.saying("one", "ann", "\n".join([WORDS] * 900)),
        MessageEdited(id=MessageId("e"), content=plain(f"{WORDS} better"), **about),
        ReactionsChanged(id=MessageId("r"), emojis=(WORDS,), **about),
        Removed(id=MessageId("x"), reason=WORDS, **about),
        TopicChanged(id=MessageId("t"), room=ONE, sender=ANN, topic=WORDS),
        NameChanged(id=MessageId("n"), room=ONE, sender=ANN, name=WORDS),
    ]
    beside = [
        Approached(room=ONE, sender=ANN, text=WORDS),
        TypingChanged(room=ONE, sender=ANN, typing=True),
        MemberChanged(room=ONE, sender=ANN, change=Change.KICKED, reason=WORDS, by=ANN),
        RoomStateChanged(room=ONE, state=RoomState.JOINED),
    ]
    assert {type(event) for event in (*talk, *beside)} == set(EVENTS)
    return talk, beside


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
@pytest.mark.parametrize(
    "error",
    [
        None,
        Rejected("not that"),
        Rejected("not that", alone=True),
        TemporaryFailure("busy"),
        FormRefused("no form"),
        RateLimited("slower", retry_after=0.01),
        RoomUnavailable("no voice", retry_after=0.01),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("support", [Support.FULL, Support.NO])
async def test_nothing_that_people_say(pair, left, right, clock, caplog, level, error, support):
    """Whatever is done with it: shown as it is, as words, refused, tried again, or given up."""
    caplog.set_level(level)
    right.capabilities = replace(
        right.capabilities, text_limit=400, edit=support, reaction=support, delete=support, topic=support
    )
    talk, beside = all_that_happens(left)
    async with running(pair, clock=clock) as bridge:
        for event in talk:
            if error is not None:
                right.errors.append(error)
            left.happen(event)
            await left.settled()
        for event in beside:
            left.announce(event)
        for _ in range(20):
            await clock.hurry(right.settled())
            clock.move(30.0)
        await bridge.patrol()
        count = bridge.counts()
    assert count.taken["left"] >= len(talk)
    assert right.said or count.given_up["right"]
    lines = [logging.Formatter().format(record) for record in caplog.records]
    assert not [line for line in lines if WORDS in line]
    assert not [record for record in caplog.records if WORDS in str(keys_of(record))]


async def test_every_line_of_a_message_names_its_delivery(pair, left, right, clock, caplog):
    """Taken, refused, tried again, delivered: one number leads to all of it, and says which room it was."""
    caplog.set_level(logging.DEBUG)
    async with running(pair, clock=clock):
        right.errors += [TemporaryFailure("busy"), FormRefused("no form")]
        left.say("one", "ann", "first")
        await clock.hurry(right.until(1))
        right.errors.append(Rejected("too rude"))
        left.say("one", "ann", "second")
        await right.settled()
    told = {}
    for record in caplog.records:
        if (number := keys_of(record).get("delivery")) is not None:
            told.setdefault(number, []).append((keys_of(record)["room"], record.getMessage()))
    first, second = (told[number] for number in sorted(told))
    assert first[1:3] == [
        ("two", "right two did not take a message, trying again: busy"),
        ("two", "right two did not take a message, trying again: no form"),
    ]
    assert [(room, line[:9]) for room, line in (first[0], first[3])] == [
        ("one", "left one:"),
        ("two", "right two"),
    ]
    assert second[1:] == [("two", "a message to right two is given up: too rude")]


async def test_nor_where_an_adapter_or_our_own_code_breaks_over_them(
    pair, left, right, clock, caplog, monkeypatch
):
    """An exception may quote what it could not do: its kind and its place are told, and nothing else."""
    caplog.set_level(logging.INFO)

    def breaks(*_):
        raise KeyError(WORDS)

    async with running(pair, clock=clock) as bridge:
        for where in (ScriptedAdapter, Composer):
            with monkeypatch.context() as broken:
                broken.setattr(where, "send_now" if where is ScriptedAdapter else "next", breaks)
                left.say("one", "ann", f"{WORDS} hello")
                await left.settled()
                for _ in range(5):
                    await clock.hurry(right.settled())
                    clock.move(30.0)
        assert bridge.counts().given_up["right"] >= 2
    lines = [logging.Formatter().format(record) for record in caplog.records]
    assert not [line for line in lines if WORDS in line]
    assert len([line for line in lines if line.endswith("KeyError") and "in breaks" in line]) >= 2
