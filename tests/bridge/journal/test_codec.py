"""Events come back from their rows as they were."""

from dataclasses import replace

import pytest

from bridge.journal import codec
from bridge.model import (
    Block,
    Content,
    Kind,
    Mark,
    MessageEdited,
    MessageId,
    RoomId,
    Sender,
    Span,
    UserId,
)

from .test_journal import event


@pytest.mark.parametrize(
    "fact",
    [
        event(aliases=(MessageId("x"),), kind=Kind.EMOTE, reply_to=MessageId("m0"), at=1.5, replayed=True),
        MessageEdited(
            id=MessageId("e"),
            room=RoomId("r"),
            sender=Sender(UserId("u"), "n"),
            target=MessageId("m"),
            content=Content(
                (
                    Span(
                        "a",
                        frozenset({Mark.BOLD, Mark.CODE}),
                        "https://x/",
                        255,
                        UserId("u"),
                        Block(1, "py", 2, 3),
                    ),
                    Span("你好 👋"),
                )
            ),
        ),
    ],
)
def test_an_event_comes_back_from_its_row_as_it_was(fact):
    assert codec.decode(*codec.encode(fact)) == fact


def test_what_the_network_vouches_for_and_what_nobody_is_to_keep_come_back_too():
    said = event(unstored=True)
    back = codec.decode(*codec.encode(replace(said, sender=Sender(UserId("a"), "alice", proof="ada"))))
    assert back.sender.proof == "ada"
    assert back.unstored


def test_a_row_of_before_is_read():
    row = (
        b'{"id":"m1","aliases":[],"room":"one","sender":{"id":"a","name":"alice","account":null},'
        b'"content":{"spans":[{"text":"hello"}],"attachments":[]},"kind":"text","at":null,"replayed":false}'
    )
    assert codec.decode(codec.MESSAGE, row) == event()


def test_who_said_it_is_the_same_whatever_is_vouched_for():
    assert Sender(UserId("a"), "alice", proof="ada") == Sender(UserId("a"), "alice")
